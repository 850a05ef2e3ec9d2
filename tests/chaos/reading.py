"""Reads the maps as any Hazelcast client can, waits until all is quiet, and knows which member holds what."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hazelcast.asyncio import HazelcastClient
from hazelcast.errors import SplitBrainProtectionError

from tests.chaos.checking import Maps

QUIET_LOOKS = 3
LOOK_SECONDS = 0.3
READING_SECONDS = 120.0
"""While 50,000 events are decoded, no heartbeat is heard."""


class RawMaps:
    """A plain client of a cluster."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def quiet(self, *, timeout_seconds: float = 60.0) -> bool:
        """Whether nothing is pending any more, for a few looks in a row; False where the time is up before."""
        deadline = time.monotonic() + timeout_seconds
        pending = await self._client.get_map("pending-events")
        looks = 0
        while looks < QUIET_LOOKS:
            if time.monotonic() > deadline:
                return False
            try:
                looks = looks + 1 if await pending.size() == 0 else 0
            except SplitBrainProtectionError:  # a member that was cut off has not joined the others yet
                looks = 0
            await asyncio.sleep(LOOK_SECONDS)
        return True

    async def read(self, prefix: str = "") -> Maps:
        """All that the checker looks at, of the meters, districts and events whose names begin so."""
        generations = await self._content("view-generations")

        async def named(name: str) -> dict[str, Any]:
            content = await self._content(generations.get(name, {}).get("live", name))
            return {key: value for key, value in content.items() if key.startswith(prefix)}

        async def about(name: str) -> dict[str, Any]:
            content = await self._content(name)
            return {key: value for key, value in content.items() if value["eventId"].startswith(prefix)}

        return Maps(
            pending=await named("pending-events"),
            store=await about("event-store"),
            completed=await named("completed-events"),
            meters=await named("meter-view"),
            districts=await named("district-view"),
            letters=await about("dead-letter-events"),
            decisions=await about("dead-letter-decisions"),
        )

    async def _content(self, name: str) -> dict[str, Any]:
        entries = await (await self._client.get_map(name)).entry_set()
        return {str(key): json.loads(value.to_string()) for key, value in entries}

    async def held_by(self, address: str, prefix: str, count: int) -> list[str]:
        """Aggregate ids whose lanes that member holds, each in a lane of its own as far as it goes."""
        partitions = self._client.partition_service
        host, port = address.split(":")
        members = self._client.cluster_service.get_members(
            lambda member: (member.address.host, member.address.port) == (host, int(port))
        )
        found: dict[int, str] = {}
        for number in range(2_000):
            name = f"{prefix}-{number}"
            lane = await partitions.get_partition_id(name)
            if members and partitions.get_partition_owner(lane) == members[0].uuid:
                found.setdefault(lane, name)
            if len(found) == count:
                break
        return list(found.values())


@asynccontextmanager
async def raw_maps(cluster_name: str, addresses: Sequence[str]) -> AsyncIterator[RawMaps]:
    """A client that finds its members, whichever of them are up."""
    client = await HazelcastClient.create_and_start(
        cluster_name=cluster_name,
        cluster_members=list(addresses),
        cluster_connect_timeout=60.0,
        heartbeat_timeout=READING_SECONDS,
    )
    try:
        yield RawMaps(client)
    finally:
        await client.shutdown()
