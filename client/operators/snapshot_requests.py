"""Snapshots of views: what may be asked of a cluster about them. `manifests` has what one says of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.operators.manifests import Listing
from hazelgate.sourcing.errors import PipelineUnavailable, SnapshotRefused

POLL_SECONDS = 0.1


class AttemptStatus(StrEnum):
    """How far the taking of a snapshot is."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class Attempt(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One snapshot being taken, or taken, or not."""

    id: str
    status: AttemptStatus
    started_at: str
    entries: int = 0
    """How many entries were written so far."""
    ended_at: str | None = None
    error: str | None = None


class _Answer(msgspec.Struct, frozen=True):
    refused: str | None = None
    id: str = ""
    location: str = ""
    attempts: list[Attempt] = []
    listing: Listing | None = None


_decode_answer = msgspec.json.Decoder(_Answer).decode


class Snapshots:
    """What may be asked of the snapshots of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def create(self, views: Sequence[str] = ()) -> str:
        """
        Begin to take a snapshot of views; without names, of all that are complete. Returns its id.

        Raises:
            SnapshotRefused: The members keep none, one is being taken, or there is no such view.
        """
        return (await self._ask(op="snapshot", views=list(views))).id

    async def location(self) -> str:
        """
        Where the members keep them.

        Raises:
            SnapshotRefused: They keep none.
        """
        return (await self._ask(op="snapshots", list=False)).location

    async def listing(self) -> Listing:
        """What there is, as the members see it."""
        listing = (await self._ask(op="snapshots", list=True)).listing
        return Listing(location="") if listing is None else listing

    async def attempts(self) -> list[Attempt]:
        """How the taking of the last ones went, newest first."""
        return (await self._ask(op="snapshots", list=False)).attempts

    async def find(self, snapshot_id: str) -> Attempt:
        """
        How far the taking of a snapshot is.

        Raises:
            SnapshotRefused: It is not remembered.
        """
        for attempt in await self.attempts():
            if attempt.id == snapshot_id:
                return attempt
        raise SnapshotRefused(f"nobody remembers that snapshot {snapshot_id} was taken")

    async def wait(self, snapshot_id: str) -> Attempt:
        """The attempt when it has ended. A cluster that is away for a moment is waited for."""
        while True:
            try:
                attempt = await self.find(snapshot_id)
                if attempt.status is not AttemptStatus.RUNNING:
                    return attempt
            except PipelineUnavailable:
                pass
            await asyncio.sleep(POLL_SECONDS)

    async def _ask(self, **request: Any) -> _Answer:
        answer = _decode_answer(await self._cluster.maintain_views(msgspec.json.encode(request)))
        if answer.refused is not None:
            raise SnapshotRefused(answer.refused)
        return answer
