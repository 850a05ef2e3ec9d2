"""
What a reader has missed, read in the log, and then what happens.

Nothing is missed in between, because the reader opens its inbox first, and reads the log up to a place that lies behind
everything from before. From there on the inbox has all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import msgspec

from hazelgate.client.cluster import Cluster, LogPositions
from hazelgate.client.following.changes import EntryChange, ViewFollower
from hazelgate.client.following.feed import Feed, taken
from hazelgate.client.following.inbox import Gap
from hazelgate.client.following.interests import EventsOf
from hazelgate.client.reading.filters import Filter, all_of, condition
from hazelgate.client.reading.queries import EntryPage, EntryQuery, KeyRange
from hazelgate.client.views.frontiers import Frontier, end_of
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord
from hazelgate.sourcing.errors import HazelgateError, PipelineUnavailable

MOST_CHANGED_ENTRIES = 100_000
"""Of one view, between a cursor and now. Reading the view again costs less then."""

_PAGE = 250
_MOST_SCANNED = 10_000
_PAGES_HERE = 40
_RETRY_SECONDS = 0.25
_FIRST_PAUSE_SECONDS = 0.002
_LONGEST_PAUSE_SECONDS = 0.1

T = TypeVar("T")

_decode = msgspec.json.Decoder(EventRecord).decode


@dataclass(frozen=True, slots=True)
class Told:
    """An event that a reader gets, and how far the reader has come with it."""

    record: EventRecord
    frontier: Frontier


@dataclass(frozen=True, slots=True)
class ToldChange:
    """The change of an entry that a reader gets, and how far the reader has come with it."""

    change: EntryChange
    frontier: Frontier


@dataclass(frozen=True, slots=True)
class _Part:
    """Events of the log, all of which lie before `end`."""

    records: list[EventRecord]
    end: Frontier


async def events_since(feed: Feed, wanted: EventsOf, after: Frontier) -> AsyncGenerator[Told | Gap, None]:
    """
    Every event behind a place, in the order of each lane, then those that happen.

    A reader that is slow, or a cluster that is away for a while, makes it wait and leaves out nothing. There is a gap
    where the log does not have what lies behind the place, and where an event was lost on its way in front of others of
    its lane: the stream begins again before it.
    """
    place, passed = after, _Passed(feed)
    while True:
        inbox = feed.open(wanted, heals=True)
        try:
            async with aclosing(_missed(feed, place, passed, wanted.types, wanted.aggregate_id)) as parts:
                async for part in parts:
                    if isinstance(part, Gap):
                        place = part.frontier or place
                        yield part
                        continue
                    for record in part.records:
                        place = place.moved(record.cursor)
                        yield Told(record, place)
                    place = part.end
            async with aclosing(taken(inbox)) as happenings:
                async for happening in happenings:
                    if isinstance(happening, Gap):
                        break
                    record = happening.record
                    if not place.has(record.cursor, record.lane, record.position):
                        place = _with(happening.frontier, place)
                        passed.heard(record, place)
                        yield Told(record, place)
                else:
                    return
        finally:
            feed.leave(inbox)


async def changes_since(feed: Feed, follower: ViewFollower, after: Frontier) -> AsyncGenerator[ToldChange | Gap, None]:
    """
    Every entry that has changed behind a place, once and as it is now, then each change that happens.

    Entries come in the order of their last events. So a reader that breaks off has all that lies before its cursor.
    """
    place, passed = after, _Passed(feed)
    while True:
        inbox = feed.open(follower.wanted, heals=True)
        try:
            touched: dict[str, tuple[EventRecord, int]] = {}
            end = place
            async with aclosing(_missed(feed, place, passed, follower.event_types)) as parts:
                async for part in parts:
                    if isinstance(part, Gap):
                        place = end = part.frontier or place
                        touched.clear()
                        yield part
                        continue
                    end = part.end
                    if len(touched) <= MOST_CHANGED_ENTRIES:
                        for record in part.records:
                            for key in follower.keys(record):
                                _, count = touched.pop(key, (record, 0))
                                touched[key] = (record, count + 1)
            if len(touched) > MOST_CHANGED_ENTRIES:
                reason = f"more than {MOST_CHANGED_ENTRIES:,} entries have changed since: read the view again"
                place = end
                yield Gap(end.base, reason, end)
                touched.clear()
            async with aclosing(_as_they_are(feed.cluster, follower, touched, place)) as changes:
                async for told in changes:
                    place = told.frontier
                    yield told
            place = end
            async with aclosing(taken(inbox)) as happenings:
                async for happening in happenings:
                    if isinstance(happening, Gap):
                        break
                    record = happening.record
                    if place.has(record.cursor, record.lane, record.position):
                        continue
                    try:
                        found = await follower.changes(happening)
                    except PipelineUnavailable:
                        break  # and read in the log, once it is there again
                    behind = _with(happening.frontier, place)
                    passed.heard(record, behind)
                    for number, change in enumerate(found, start=1):
                        # Who breaks off between two entries of one event gets both again.
                        yield ToldChange(change, behind if number == len(found) else place)
                    place = behind
                else:
                    return
        finally:
            feed.leave(inbox)


async def _as_they_are(
    cluster: Cluster, follower: ViewFollower, touched: dict[str, tuple[EventRecord, int]], place: Frontier
) -> AsyncGenerator[ToldChange, None]:
    items = list(touched.items())
    for start in range(0, len(items), _PAGE):
        chunk = items[start : start + _PAGE]
        entries = await _patiently(partial(cluster.read, follower.view_name, [key for key, _ in chunk]))
        for number, ((key, (record, count)), raw) in enumerate(zip(chunk, entries, strict=True), start=start + 1):
            is_last = number == len(items) or items[number][1][0].cursor != record.cursor
            behind = place.moved(record.cursor) if is_last else place
            change = follower.since(key, record, count, raw)
            if change is not None:
                yield ToldChange(change, behind)
            place = behind


class _Passed:
    """
    Tells whether a reader has passed an event over.

    What was heard says that everything before it in its lane was heard, too. Where the process finds that events were
    lost, that may not be so.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._losses = feed.losses
        self._heard: set[str] = set()
        """The cursors of what was heard behind the reader's base."""
        self._base = ""

    def heard(self, record: EventRecord, place: Frontier) -> None:
        """The reader has got one more, and is there now."""
        if place.base != self._base:
            self._base = place.base
            self._heard = {each for each in self._heard if each > place.base}
        self._heard.add(record.cursor)

    def look(self, records: Sequence[EventRecord], place: Frontier) -> bool:
        """Whether one of these events of the log lies where the reader has come by, and the reader has not got it."""
        return self._feed.losses != self._losses and any(
            each.cursor > place.base
            and place.has(each.cursor, each.lane, each.position)
            and each.cursor not in self._heard
            for each in records
        )

    def looked(self) -> None:
        """What was lost is behind the reader now."""
        self._losses = self._feed.losses


async def _missed(
    feed: Feed,
    after: Frontier,
    passed: _Passed,
    types: frozenset[str] | None,
    aggregate_id: str | None = None,
) -> AsyncGenerator[_Part | Gap, None]:
    """The events behind a place, up to one that lies behind everything from before this call."""
    place = after
    cluster = feed.cluster
    pages = _Pages(feed, types, aggregate_id)
    where = await _patiently(cluster.log_positions)
    target = where.reached
    gap = _gap(place, where)
    if gap is None:
        place = Frontier(where.log, place.base, place.ahead)
    else:
        place = Frontier(where.log, end_of(where.settled))
        yield Gap(place.base, gap, place)
    pause = _FIRST_PAUSE_SECONDS
    while True:
        end = end_of(where.settled)
        while place.base < end:
            records, reached = await pages.read(place.base, end)
            if passed.look(records, place):
                place = Frontier(place.log, place.base)
                yield Gap(place.base, _PASSED_OVER, place)
            new = [each for each in records if not place.has(each.cursor, each.lane, each.position)]
            place = place.moved(reached)
            yield _Part(new, place)
        if where.settled >= target:
            passed.looked()
            return
        await asyncio.sleep(pause)
        pause = min(_LONGEST_PAUSE_SECONDS, pause * 2)
        where = await _patiently(cluster.log_positions)
        if where.log != place.log:
            place = Frontier(where.log, end_of(where.settled))
            yield Gap(place.base, _OTHER_LOG, place)
            target = where.reached


class _Pages:
    """
    Some events of the log, page by page.

    The members look for them, up to a bound. Where there are few among many, a part of the log is looked at here, so
    that no question takes long and each gets on.
    """

    def __init__(self, feed: Feed, types: frozenset[str] | None, aggregate_id: str | None) -> None:
        self._feed = feed
        self._types = types
        self._aggregate_id = aggregate_id
        conditions: list[Filter] = [] if types is None else [condition(["eventType"], "in", sorted(types))]
        if aggregate_id is not None:
            conditions.append(condition(["aggregateId"], "eq", aggregate_id))
        self._filter = all_of(conditions)
        self._looked_at_here = 0
        """How many pages more are looked at here, before the members are asked again."""

    async def read(self, base: str, end: str) -> tuple[list[EventRecord], str]:
        """The next of them behind a place, and the place up to which there are no others."""
        limit, is_here = _PAGE, self._looked_at_here > 0
        while True:
            query = EntryQuery(
                map_name=EVENT_STORE,
                index="cursor",
                ranges=(KeyRange(f"{base}\0", end),),
                limit=limit,
                filter=None if is_here else self._filter,
                max_scanned=None if is_here or self._filter is None else _MOST_SCANNED,
            )
            try:
                page = await _patiently(partial(self._query, query))
            except HazelgateError:
                if limit == 1:
                    raise
                limit = max(1, limit // 8)  # events may be big
                continue
            if page.exceeded:
                is_here, self._looked_at_here = True, _PAGES_HERE
                continue
            self._looked_at_here = max(0, self._looked_at_here - 1)
            records = [_decode(each.entry) for each in page.entries]
            reached = end if len(records) < limit else records[-1].cursor
            return [each for each in records if self._wants(each)], reached

    async def _query(self, query: EntryQuery) -> EntryPage:
        async with self._feed.log_reads:
            return await self._feed.cluster.query(query)

    def _wants(self, record: EventRecord) -> bool:
        return (self._types is None or record.event_type in self._types) and (
            self._aggregate_id is None or record.aggregate_id == self._aggregate_id
        )


_OTHER_LOG = (
    "the cursor is of another log: the cluster was started anew, or has lost events. Read the views again, go on here"
)


_PASSED_OVER = (
    "an event of the cluster did not come here, and others behind it did. They come again, and it with them: "
    "read the views again, go on here"
)


def _gap(place: Frontier, where: LogPositions) -> str | None:
    """Why nothing can be read behind a place; None where it can."""
    if place.log and place.log != where.log:
        return _OTHER_LOG
    if place.position > where.reached:
        return "the cursor lies behind the end of the log. Read the views again, go on here"
    return None


def _with(heard: Frontier | None, place: Frontier) -> Frontier:
    """How far a reader is who was at a place, and has got what was heard since."""
    return place if heard is None else heard.moved(place.base)


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What the cluster answers, as soon as it does."""
    while True:
        try:
            return await ask()
        except PipelineUnavailable:
            await asyncio.sleep(_RETRY_SECONDS)
