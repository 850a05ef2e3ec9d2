"""The log into a running cluster that keeps its events in memory: all of it is there afterwards, or nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Iterator
from itertools import islice

from hazelgate.client.hazelcast.cluster import HazelcastCluster, ImportAnswer
from hazelgate.operations.transfer.cluster import ClusterLog
from hazelgate.operations.transfer.lines import ImportRefused, LogUnreadable, StoredEvent, Tell
from hazelgate.sourcing.errors import HazelgateError
from hazelgate.sourcing.ids import cursor, is_stored_id

PAGE_EVENTS = 1_000
MAX_PAGE_BYTES = 4 * 2**20

_logger = logging.getLogger(__name__)


async def import_into(cluster: HazelcastCluster, events: Iterable[StoredEvent], tell: Tell) -> tuple[int, int]:
    """
    Take a log in, in its order. Meanwhile the cluster takes no other events; broken off, it is empty again.

    A cluster that has events has to have exactly these, and nothing is done.

    Returns:
        How many were new, and how many were there.

    Raises:
        ImportRefused: The cluster has other events, or can't take these in.
        LogUnreadable: From `events`, or they are not in the order of the log.
        PipelineUnavailable: The cluster went away.
    """
    if problem := (await cluster.stats()).store_problem:
        raise ImportRefused(f"{problem}: try again when that is over; nothing was imported")
    if await ClusterLog(cluster).total():
        return 0, await _compared(cluster, events, tell)
    import_id = (await _asked(cluster.import_events({"op": "begin"}))).id
    taken, pages = 0, _pages(_in_order(events))
    try:
        while page := await asyncio.to_thread(next, pages, None):
            head: dict[str, str | int] = {"op": "take", "id": import_id, "before": taken}
            answer = await cluster.import_events(head, [(event.hash.encode(), event.raw) for event in page])
            if answer.refused is not None:
                raise ImportRefused(f"lines {page[0].line} to {page[-1].line}: {answer.refused}; nothing was imported")
            taken = answer.events
            tell(taken)
        await _asked(cluster.import_events({"op": "end", "id": import_id, "events": taken}))
    except BaseException:
        await asyncio.shield(_undo(cluster, import_id))
        raise
    return taken, 0


async def _asked(answering: Awaitable[ImportAnswer]) -> ImportAnswer:
    answer = await answering
    if answer.refused is not None:
        raise ImportRefused(f"{answer.refused}; nothing was imported")
    return answer


async def _undo(cluster: HazelcastCluster, import_id: str) -> None:
    try:
        await cluster.import_events({"op": "undo", "id": import_id})
    except HazelgateError as error:
        _logger.warning("the cluster undoes the import within a minute by itself: %s", error)


def _in_order(events: Iterable[StoredEvent]) -> Iterator[StoredEvent]:
    last = ""
    for event in events:
        record = event.record
        if not (is_stored_id(record.event_id) and is_stored_id(record.aggregate_id) and event.hash):
            raise LogUnreadable(f"line {event.line}: the record has no proper ids, or no hash; nothing was imported")
        if record.cursor != cursor(record.position, record.lane):
            raise LogUnreadable(f"line {event.line}: the cursor is not that of its position; nothing was imported")
        if record.cursor <= last:
            raise LogUnreadable(
                f"line {event.line} does not come behind the one before, as it does in the log: export again; "
                "nothing was imported"
            )
        last = record.cursor
        yield event


def _pages(events: Iterator[StoredEvent]) -> Iterator[list[StoredEvent]]:
    page: list[StoredEvent] = []
    size = 0
    for event in events:
        if len(page) == PAGE_EVENTS or (page and size + len(event.raw) > MAX_PAGE_BYTES):
            yield page
            page, size = [], 0
        page.append(event)
        size += len(event.raw)
    if page:
        yield page


async def _compared(cluster: HazelcastCluster, events: Iterable[StoredEvent], tell: Tell) -> int:
    """How many there are, the same here and there."""
    theirs, same = iter(events), 0
    async for page in ClusterLog(cluster).pages():
        for here, there in zip(page, await asyncio.to_thread(list, islice(theirs, len(page))), strict=False):
            if (here.hash, here.raw) != (there.hash, there.raw):
                raise ImportRefused(
                    f"the cluster has events already, and another one in the place of line {there.line} "
                    f"(event {there.record.event_id}): import into a cluster that has none; nothing was imported"
                )
            same += 1
        tell(same)
    more = next(theirs, None)
    if more is not None or await ClusterLog(cluster).total() != same:
        raise ImportRefused(
            f"the cluster has {await ClusterLog(cluster).total()} events already, and they are not those of the file: "
            "import into a cluster that has none; nothing was imported"
        )
    return same
