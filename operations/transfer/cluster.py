"""The log as a running cluster has it, in memory or in PostgreSQL: page after page, while events may come in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.operations.transfer.lines import StoredEvent, decode_record
from hazelgate.sourcing.envelope import EVENT_IDS, EVENT_STORE, IdRecord
from hazelgate.sourcing.errors import PipelineUnavailable
from hazelgate.sourcing.ids import cursor

PAGE_EVENTS = 1_000
SETTLING_SECONDS = 5.0
"""An event that another member stores may come this much later than its place in the log says."""

_LAST_LANE = 99_999
_decode_id_record = msgspec.json.Decoder(IdRecord).decode


class ClusterLog:
    """
    What is in the log when this is made.

    Args:
        cluster: A connected one.
        settling_seconds: How long its members may take to store what they have begun.
    """

    def __init__(self, cluster: Cluster, *, settling_seconds: float = SETTLING_SECONDS) -> None:
        self._cluster = cluster
        self._settling_seconds = settling_seconds
        self._began = time.monotonic()
        self._end = cursor(time.time_ns() // 1_000, _LAST_LANE) + "\0"

    async def total(self) -> int:
        """About how many events there are: for a bar."""
        counted = await self._cluster.query(EntryQuery(map_name=EVENT_STORE, index="cursor", limit=0, count=True))
        return counted.count or 0

    async def pages(self) -> AsyncIterator[list[StoredEvent]]:
        """
        All of them, in the order of the log, page by page.

        Raises:
            PipelineUnavailable: An event was stored so late that it is not among them.
        """
        await asyncio.sleep(max(0.0, self._began + self._settling_seconds - time.monotonic()))
        seen = 0
        start: str | None = None
        while True:
            page = await self._cluster.query(
                EntryQuery(
                    map_name=EVENT_STORE,
                    index="cursor",
                    ranges=(KeyRange(start, self._end),),
                    limit=PAGE_EVENTS,
                )
            )
            raws = [bytes(each.entry) for each in page.entries]
            seen += len(raws)
            yield await self._with_hashes(raws)
            if len(raws) < PAGE_EVENTS:
                break
            start = f"{page.entries[-1].index_value}\0"
        await self._require_all(seen)

    async def _with_hashes(self, raws: list[bytes]) -> list[StoredEvent]:
        records = [decode_record(raw) for raw in raws]
        found = await self._cluster.read(EVENT_IDS, [record.event_id for record in records]) if records else []
        events = []
        for raw, record, id_record in zip(raws, records, found, strict=True):
            if id_record is None:
                raise PipelineUnavailable(f"event {record.event_id} is stored and its id is not there: try again")
            events.append(StoredEvent(_decode_id_record(id_record).hash, raw, record))
        return events

    async def _require_all(self, seen: int) -> None:
        counted = await self._cluster.query(
            EntryQuery(map_name=EVENT_STORE, index="cursor", ranges=(KeyRange(end=self._end),), limit=0, count=True)
        )
        if counted.count != seen:
            raise PipelineUnavailable(
                f"{counted.count} events are stored, and {seen} were seen: some were stored while the log was read, "
                "and late. Try again, with the pipelines drained (`hazelgate pipeline drain`) where it happens again"
            )
