"""What a program follows live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

import hazelgate
from hazelgate import Catalog, Change, ChangeKind, Gap, Hazelgate, StoredEvent
from hazelgate.client.views.frontiers import Frontier
from hazelgate.sourcing.errors import InvalidArgument, UnknownEventType
from hazelgate.sourcing.ids import cursor
from hazelgate.testing.memory import MemoryCluster
from tests.unit.client.connecting.conftest import book
from tests.unit.resolvers.derived.shelf import Author, Book, BookPut, BookSeen, BookTaken


async def taken(stream: AsyncIterator[Change[Book] | Gap], count: int) -> list[Change[Book]]:
    """So many changes; a gap fails the test."""
    found = []
    for _ in range(count):
        each = await anext(stream)
        assert isinstance(each, Change)
        found.append(each)
    return found


async def test_each_change_has_the_entry_and_its_event(hg: Hazelgate) -> None:
    async with hg.view(Book).changes() as changes:
        receipt = await hg.handle_event(book("b1", "Emma"))
        [change] = await taken(aiter(changes), 1)
    assert (change.kind, change.key) == (ChangeKind.CHANGED, "b1")
    assert change.entry is not None
    assert change.entry.title == "Emma"
    assert change.caused_by.record.event_id == receipt.event_id
    assert isinstance(change.caused_by.event, BookPut)
    assert change.cursor == change.caused_by.cursor


async def test_an_entry_leaves_where_it_matches_no_more_and_is_removed_where_it_is_no_more(hg: Hazelgate) -> None:
    authors, only_e = hg.view(Author), {"titles": {"every": {"starts_with": "E"}}}
    events = [book("b1", "Emma"), book("b2", "Persuasion"), BookTaken(book_id="b2"), BookTaken(book_id="b1")]
    seen = []
    async with authors.changes(filter=only_e) as changes:
        stream = aiter(changes)
        for each in events:
            await hg.handle_event(each)
            change = await anext(stream)
            assert isinstance(change, Change)
            seen.append((change.kind, change.entry and change.entry.titles))
    assert seen == [
        (ChangeKind.CHANGED, ("Emma b1",)),
        (ChangeKind.LEFT, None),
        (ChangeKind.CHANGED, ("Emma b1",)),
        (ChangeKind.REMOVED, None),
    ]


async def test_one_entry_alone_is_followed_by_its_key(hg: Hazelgate) -> None:
    async with hg.view(Book).changes("b2") as changes:
        for each in (book("b1"), book("b2")):
            await hg.handle_event(each)
        assert [each.key for each in await taken(aiter(changes), 1)] == ["b2"]


async def test_a_loop_alone_counts_from_its_first_step_and_leaves_nothing_behind(hg: Hazelgate) -> None:
    seen: list[str] = []

    async def follow() -> None:
        async for change in hg.view(Book).changes():
            assert isinstance(change, Change)
            seen.append(change.key)
            if change.key == "b2":
                return

    await hg.handle_event(book("b0"))
    following = asyncio.create_task(follow())
    await asyncio.sleep(0.1)
    for each in ("b1", "b2"):
        await hg.handle_event(book(each))
    await following
    assert seen == ["b1", "b2"]
    await asyncio.sleep(0.1)
    assert hg._feed is not None
    assert hg._feed.subscriber_count == 0


async def test_events_come_as_objects_of_their_classes(hg: Hazelgate) -> None:
    async with (
        hg.events() as events,
        hg.events(types=["BookTaken", BookSeen]) as some,
        hg.events(types=BookSeen) as alone,
        hg.events(aggregate_id="b2") as of_one,
    ):
        await hg.handle_event(book("b1"))
        await hg.handle_event(book("b2"))
        await hg.handle_event(BookSeen(book_id="b2"))
        every, chosen, own = aiter(events), aiter(some), aiter(of_one)
        kinds = [type(await event_of(every)) for _ in range(3)]
        seen = await event_of(chosen)
        assert await event_of(aiter(alone)) == seen
        assert [type(await event_of(own)) for _ in range(2)] == [BookPut, BookSeen]
    assert kinds == [BookPut, BookPut, BookSeen]
    assert seen == BookSeen(book_id="b2")


async def event_of(stream: AsyncIterator[StoredEvent | Gap]) -> object:
    """The next event; a gap fails the test."""
    each = await anext(stream)
    assert isinstance(each, StoredEvent)
    assert each.record.event_id in repr(each) or each.record.event_type in repr(each)
    return each.event


async def test_a_reader_that_is_too_slow_gets_a_gap(shelf: Catalog, cluster: MemoryCluster) -> None:
    connection = hazelgate.connect(catalog=shelf, cluster=cluster, subscriber_queue_size=1)
    async with connection as hg, hg.events() as events:
        last = [await hg.handle_event(book(f"b{number}")) for number in range(3)][-1]
        stream = aiter(events)
        first, second = await anext(stream), await anext(stream)
        assert isinstance(first, StoredEvent)
        assert isinstance(second, Gap)
        assert "more than 1 events" in second.reason
        found = await hg.view(Book).history(last.aggregate_id)
        record = found.items[0].record
        place = Frontier.parse("after", second.cursor)
        assert place.has(record.cursor, record.lane, record.position)
        assert not place.has(cursor(record.position + 1, record.lane), record.lane, record.position + 1)


async def test_a_connection_that_is_lost_for_a_while_is_a_gap(hg: Hazelgate, cluster: MemoryCluster) -> None:
    async with hg.view(Book).changes() as changes:
        cluster.disconnect()
        cluster.connect()
        gap = await anext(aiter(changes))
    assert isinstance(gap, Gap)
    assert gap.reason == "the connection to the cluster was lost for a while"


async def test_streams_end_when_the_connection_is_closed(shelf: Catalog, cluster: MemoryCluster) -> None:
    hg = await hazelgate.connect(catalog=shelf, cluster=cluster).start()
    async with hg.events() as events:
        await hg.handle_event(book("b1"))
        await hg.close()
        assert [type(each) async for each in events] == [StoredEvent]


async def test_nothing_is_heard_before_somebody_follows(hg: Hazelgate) -> None:
    await hg.handle_event(book("b1"))
    hg.events()
    hg.view(Book).changes()
    assert hg._feed is None


async def test_events_from_before_come_first_and_once(hg: Hazelgate) -> None:
    start = await hg.stream_cursor()
    for number in range(3):
        await hg.handle_event(book(f"b{number}"))
    async with hg.events(after=start) as events:
        stream = aiter(events)
        told = [await anext(stream) for _ in range(3)]
        await hg.handle_event(book("b3"))
        told.append(await anext(stream))
    assert [each.record.aggregate_id for each in told if isinstance(each, StoredEvent)] == ["b0", "b1", "b2", "b3"]
    last = told[-2]
    assert isinstance(last, StoredEvent)
    [again] = [await anext(aiter(hg.events(after=last.cursor)))]
    assert isinstance(again, StoredEvent)
    assert again.record.aggregate_id == "b3"


async def test_changes_from_before_come_first_and_once(hg: Hazelgate) -> None:
    start = await hg.stream_cursor()
    await hg.handle_event(book("b1"))
    stream = aiter(hg.view(Book).changes(after=start))
    first = await anext(stream)
    await hg.handle_event(book("b2"))
    second = await anext(stream)
    assert [each.key for each in (first, second) if isinstance(each, Change)] == ["b1", "b2"]


async def test_what_is_no_cursor_is_refused(hg: Hazelgate) -> None:
    with pytest.raises(InvalidArgument, match="after: not a cursor of the log"):
        hg.events(after="cursor")
    with pytest.raises(InvalidArgument, match="after: not a cursor of the log"):
        hg.view(Book).changes(after="cursor")


async def test_a_type_that_nobody_knows_is_refused(hg: Hazelgate) -> None:
    with pytest.raises(UnknownEventType, match="BookBurnt"):
        hg.events(types=["BookBurnt"])
