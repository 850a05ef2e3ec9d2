"""How far a process has heard the log, and what becomes of what it has not heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from hazelgate.client.cluster import Callback, LogPositions
from hazelgate.client.following import tracking
from hazelgate.client.following.feed import MOST_LOG_READS, Feed
from hazelgate.client.following.inbox import Gap
from hazelgate.client.following.interests import EventsOf
from hazelgate.client.following.since import Told, events_since
from hazelgate.client.reading.queries import EntryPage, EntryQuery
from hazelgate.client.views.frontiers import Frontier, end_of
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord
from hazelgate.sourcing.ids import cursor
from hazelgate.testing.memory import MemoryCluster
from tests.support.until import until

NOW = "2026-11-23T17:45:00.000000Z"
LOG = "aaaaaaaa-0000-4000-8000-000000000000"
START = 1_000


class Log(MemoryCluster):
    """A log that the test writes, and a topic that it speaks on; members are as far as it says."""

    def __init__(self) -> None:
        super().__init__(_Nothing())
        self.settled = self.reached = START
        self.callback: Callback = lambda message: None
        self.interrupt: Callable[[], None] = lambda: None

    async def listen(self, topic: str, callback: Callback, *, interrupted: Callable[[], None] | None = None) -> Log:
        self.callback, self.interrupt = callback, interrupted or self.interrupt
        return self

    async def log_positions(self) -> LogPositions:
        await asyncio.sleep(0)
        return LogPositions(LOG, self.settled, self.reached)

    def store(self, lane: int, position: int) -> EventRecord:
        record = EventRecord(
            cursor=cursor(position, lane),
            lane=lane,
            position=position,
            event_id=f"e{position}",
            event_type="Happened",
            event_version=1,
            aggregate_type="Thing",
            aggregate_id=f"t{lane}",
            sequence=position,
            correlation_id="c",
            source="test",
            timestamp=NOW,
            received_at=NOW,
            data=msgspec.Raw(b"{}"),
        )
        self.engine.map(EVENT_STORE)[record.event_id] = msgspec.json.encode(record)
        self.reached = max(self.reached, position)
        return record

    def happens(self, lane: int, position: int) -> None:
        """It is stored and published."""
        self.callback(msgspec.json.encode([self.store(lane, position)]))


class _Nothing:
    def process(self, request: bytes) -> bytes:
        raise AssertionError("nothing is submitted here")

    resolve = settle = process


@pytest.fixture
async def log() -> Log:
    log = Log()
    await log.start()
    return log


@pytest.fixture
async def feed(log: Log) -> Feed:
    feed = Feed(log, queue_size=100)
    await feed.start()
    return feed


async def positions(feed: Feed, after: Frontier, count: int) -> tuple[list[int], Frontier]:
    """Of the next so many events after a place, and the place behind them."""
    got: list[int] = []
    stream = events_since(feed, EventsOf(), after)
    async with asyncio.timeout(5):
        while len(got) < count:
            told = await anext(stream)
            assert isinstance(told, Told), told
            got.append(told.record.position)
            after = Frontier.parse("after", told.frontier.text)
    await stream.aclose()
    return got, after


async def test_an_event_of_another_lane_that_comes_later_with_an_earlier_place_is_not_skipped(
    feed: Feed, log: Log
) -> None:
    """Two members store at the same time: places of one say nothing of the other's."""
    stream = feed.subscribe(EventsOf())
    taking = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    log.happens(1, START + 20)
    happening = await taking
    assert not isinstance(happening, Gap)
    assert happening.frontier is not None
    place = Frontier.parse("after", happening.frontier.text)
    await stream.aclose()
    log.happens(2, START + 10)
    log.settled = START + 30
    got, _ = await positions(feed, place, 1)
    assert got == [START + 10]


async def test_what_is_not_settled_yet_is_waited_for(feed: Feed, log: Log) -> None:
    """It may be stored before what is already there."""
    log.store(1, START + 20)
    reading = asyncio.create_task(positions(feed, Frontier(LOG, end_of(START)), 2))
    for _ in range(20):
        await asyncio.sleep(0)
    log.store(2, START + 10)
    log.settled = START + 20
    assert (await reading)[0] == [START + 10, START + 20]


async def test_the_base_moves_on_where_all_was_heard(feed: Feed, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(tracking, "LANES_AHEAD", 3)
    feed.open(EventsOf())
    for lane in range(3):
        log.happens(lane, START + 10 + lane)
        log.settled = START + 11
    await until(lambda: feed.frontier.base == end_of(START + 11))
    assert feed.frontier == Frontier(LOG, end_of(START + 11), {2: START + 12})


async def test_an_event_that_the_topic_has_lost_is_read_in_the_log(
    feed: Feed, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A topic drops messages when its queue is full."""
    monkeypatch.setattr(tracking, "QUIET_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(tracking, "LOST_SECONDS", 0.0)
    live = feed.open(EventsOf())
    reading = asyncio.create_task(positions(feed, feed.frontier, 4))
    await until(lambda: feed.subscriber_count == 2)
    log.happens(1, START + 1)
    log.store(2, START + 2)
    log.settled = START + 2
    for position in range(START + 3, START + 5):
        log.happens(1, position)
        log.settled = position
        for _ in range(20):
            await asyncio.sleep(0)
    await until(lambda: not live.is_empty)
    got, _ = await reading
    assert sorted(got) == [START + number for number in range(1, 5)]
    kept = []
    while (taken := live.take_now()) is not None:
        kept.append(taken)
    assert any(isinstance(each, Gap) and "did not come here" in each.reason for each in kept)


async def test_an_event_that_is_lost_in_front_of_others_of_its_lane_is_not_passed_over(
    feed: Feed, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that has got one behind it is told so, and gets all of them from there on."""
    monkeypatch.setattr(tracking, "QUIET_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(tracking, "LOST_SECONDS", 0.0)
    got: list[int | None] = []

    def note(told: Told | Gap) -> None:
        got.append(told.record.position - START if isinstance(told, Told) else None)

    async def read() -> None:
        async for told in events_since(feed, EventsOf(), feed.frontier):
            note(told)

    reading = asyncio.create_task(read())
    await until(lambda: feed.subscriber_count == 1)
    log.happens(1, START + 1)
    log.store(1, START + 2)
    for position in range(START + 3, START + 6):
        log.happens(1, position)
        log.settled = position
        for _ in range(20):
            await asyncio.sleep(0)
    await until(lambda: None in got and got[-1] == 5)
    reading.cancel()
    behind = got[got.index(None) + 1 :]
    assert [each for each in behind if each is not None] == list(range(behind[0] or 0, 6))
    assert 2 in behind


async def test_an_interruption_loses_nothing_of_who_has_a_place(feed: Feed, log: Log) -> None:
    reading = asyncio.create_task(positions(feed, feed.frontier, 3))
    await until(lambda: feed.subscriber_count == 1)
    log.happens(1, START + 1)
    log.store(2, START + 2)
    log.settled = START + 2
    log.interrupt()
    await asyncio.sleep(0)
    log.happens(1, START + 3)
    log.settled = START + 3
    got, place = await reading
    assert got == [START + 1, START + 2, START + 3]
    assert place.has(cursor(START + 3, 1), 1, START + 3)


async def test_many_who_come_back_together_read_a_few_pages_at_once(
    feed: Feed, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they ask of the members is a share, not all of it."""
    for position in range(1, 6):
        log.store(1, START + position)
    log.settled = START + 5
    at_once: list[int] = []
    running = 0
    query = log.query

    async def counted(asked: EntryQuery) -> EntryPage:
        nonlocal running
        running += 1
        at_once.append(running)
        await asyncio.sleep(0.001)
        running -= 1
        return await query(asked)

    monkeypatch.setattr(log, "query", counted)
    readers = [positions(feed, Frontier(LOG, end_of(START)), 5) for _ in range(50)]
    assert {len(got) for got, _ in await asyncio.gather(*readers)} == {5}
    assert max(at_once) == MOST_LOG_READS
