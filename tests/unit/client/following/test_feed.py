"""The one listener of a process."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import cast

import msgspec
import pytest

from hazelgate.client.cluster import Callback, stream_topic
from hazelgate.client.event_stream import Changed, Mark, StreamedEvent, Wish
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Gap
from hazelgate.client.following.interests import MOST_NAMED, ChangesOf, EventsOf, Interests, Wanted
from hazelgate.projector.past import Lineage
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord
from hazelgate.sourcing.errors import PipelineUnavailable
from hazelgate.sourcing.ids import cursor
from hazelgate.testing.memory import MemoryCluster
from tests.support.until import until

NOW = "2026-11-23T17:45:00.000000Z"


class Topic(MemoryCluster):
    """A cluster whose topic the test speaks on, and which counts listeners and reads."""

    def __init__(self) -> None:
        super().__init__(_Nothing())
        self.listeners: list[tuple[str, Callback]] = []
        self.interrupt: Callable[[], None] = lambda: None
        self.reads: list[tuple[str, Sequence[str]]] = []
        self.entry = b"entry"
        self.stored: dict[str, bytes] | None = {}
        """Events of the store by their keys; None: it does not answer."""
        self.closed = False

    async def listen(self, topic: str, callback: Callback, *, interrupted: Callable[[], None] | None = None) -> Topic:
        self.listeners.append((topic, callback))
        self.interrupt = interrupted or self.interrupt
        return self

    async def close(self) -> None:
        self.closed = True

    async def read(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        self.reads.append((map_name, keys))
        await asyncio.sleep(0)
        if map_name == EVENT_STORE:
            if self.stored is None:
                raise PipelineUnavailable("away")
            return [self.stored.get(key) for key in keys]
        return [self.entry]

    def mark(self, *records: EventRecord, changed: Changed | None = None) -> None:
        """Tell no more of events than that they are there."""
        self.listeners[0][1](
            msgspec.json.encode(
                [Mark(each.cursor, each.event_type, f"Thing:{each.position}@t", changed or {}) for each in records]
            )
        )

    def say(self, *records: EventRecord, changed: Changed | None = None) -> None:
        named = [
            StreamedEvent(**{name: getattr(each, name) for name in each.__struct_fields__}, changed=changed)
            for each in records
        ]
        self.listeners[0][1](msgspec.json.encode(named))


class _Nothing:
    def process(self, request: bytes) -> bytes:
        raise AssertionError("nothing is submitted here")

    resolve = settle = process


def record(position: int, event_type: str = "Happened") -> EventRecord:
    return EventRecord(
        cursor=cursor(position, 7),
        lane=7,
        position=position,
        event_id=f"e{position}",
        event_type=event_type,
        event_version=1,
        aggregate_type="Thing",
        aggregate_id="t",
        sequence=position,
        correlation_id="c",
        source="test",
        timestamp=NOW,
        received_at=NOW,
        data=msgspec.Raw(b"{}"),
    )


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
async def feed(topic: Topic) -> Feed:
    feed = Feed(topic, queue_size=10)
    await feed.start()
    return feed


class Subscriber:
    """Takes from the feed what the test asks for."""

    def __init__(self, feed: Feed, *types: str) -> None:
        self.stream = feed.subscribe(lambda record: not types or record.event_type in types)
        self.next = asyncio.ensure_future(anext(self.stream))

    async def take(self) -> Happening | Gap:
        taken = await self.next
        self.next = asyncio.ensure_future(anext(self.stream))
        return taken

    async def leave(self) -> None:
        self.next.cancel()
        await asyncio.wait([self.next])
        await self.stream.aclose()


async def subscribed(feed: Feed, *types: str) -> Subscriber:
    subscriber = Subscriber(feed, *types)
    await asyncio.sleep(0)
    return subscriber


async def test_there_is_one_listener_however_many_subscribe(feed: Feed, topic: Topic) -> None:
    subscribers = [await subscribed(feed) for _ in range(5)]
    assert [name for name, _ in topic.listeners] == [stream_topic(topic.gateway_id)]
    assert feed.subscriber_count == 5
    for subscriber in subscribers:
        await subscriber.leave()
    assert feed.subscriber_count == 0


async def test_all_subscribers_get_the_same_happening(feed: Feed, topic: Topic) -> None:
    one, two = await subscribed(feed), await subscribed(feed)
    topic.say(record(1))
    assert await one.take() is await two.take()


async def test_a_subscriber_gets_what_it_wants_of_a_batch_in_order(feed: Feed, topic: Topic) -> None:
    subscriber = await subscribed(feed, "A")
    topic.say(record(1, "A"), record(2, "B"), record(3, "A"))
    taken = [await subscriber.take(), await subscriber.take()]
    assert [each.record.position for each in taken if isinstance(each, Happening)] == [1, 3]


async def test_an_entry_is_read_once_even_if_the_first_who_asked_goes_away(feed: Feed, topic: Topic) -> None:
    subscriber = await subscribed(feed)
    topic.say(record(1))
    happening = await subscriber.take()
    assert isinstance(happening, Happening)
    first = asyncio.create_task(happening.entry("v", "k"))
    await asyncio.sleep(0)
    first.cancel()
    assert await happening.entry("v", "k") == b"entry"
    assert topic.reads == [("v", ["k"])]


async def test_a_burst_on_an_entry_costs_one_read(feed: Feed, topic: Topic) -> None:
    """A read that begins when all of them were heard shows what the last of them has made."""
    subscriber = await subscribed(feed)
    topic.say(*(record(position) for position in range(1, 6)))
    for _ in range(5):
        happening = await subscriber.take()
        assert isinstance(happening, Happening)
        assert await happening.entry("v", "k") == b"entry"
    assert topic.reads == [("v", ["k"])]


async def test_a_read_does_not_answer_for_an_event_that_came_after_it_began(feed: Feed, topic: Topic) -> None:
    subscriber = await subscribed(feed)
    for position in (1, 2):
        topic.say(record(position))
        happening = await subscriber.take()
        assert isinstance(happening, Happening)
        await happening.entry("v", "k")
    assert topic.reads == [("v", ["k"])] * 2


def entry(version: int, applied: int) -> bytes:
    return msgspec.json.encode({"_meta": {"version": version, "applied": {"7": applied}}})


@pytest.mark.parametrize(
    ("version", "applied", "reads"),
    [(500, 500, 1), (499, 500, 2), (500, 499, 2)],
)
async def test_a_read_answers_for_later_events_whose_version_it_came_back_with(
    feed: Feed, topic: Topic, version: int, applied: int, reads: int
) -> None:
    """A burst comes in several messages. Another generation of a view has other versions: there the marks tell."""
    subscriber = await subscribed(feed)
    topic.entry = entry(version, applied)
    for position in (250, 500):
        topic.say(record(position), changed={"v": {"k": position}})
        happening = await subscriber.take()
        assert isinstance(happening, Happening)
        assert await happening.parsed("v", "k") is not None
    assert len(topic.reads) == reads


async def test_of_an_event_that_nobody_wants_no_more_is_read_than_that_takes(feed: Feed, topic: Topic) -> None:
    """The rest of it is not even as it should be, and nobody is told of a gap."""
    stream = feed.subscribe(EventsOf(frozenset({"A"})))
    taking = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    other = msgspec.json.decode(msgspec.json.encode(record(1, "B"))) | {"sequence": "none"}
    topic.listeners[0][1](msgspec.json.encode([other]))
    topic.say(record(2, "A"))
    assert taken_positions([await taking]) == [2]
    assert feed.heard_count == 2
    await stream.aclose()


async def test_an_interruption_goes_to_all_and_names_the_last_event_heard(feed: Feed, topic: Topic) -> None:
    subscriber, of_others = await subscribed(feed), await subscribed(feed, "B")
    topic.say(record(5, "A"))
    await subscriber.take()
    topic.interrupt()
    for each in (subscriber, of_others):
        gap = await each.take()
        assert isinstance(gap, Gap)
        assert gap.cursor == cursor(5, 7)


async def test_before_anything_was_heard_a_gap_begins_when_the_process_did(feed: Feed, topic: Topic) -> None:
    subscriber = await subscribed(feed)
    topic.interrupt()
    gap = await subscriber.take()
    assert isinstance(gap, Gap)
    assert cursor(1_700_000_000_000_000, 0) < gap.cursor < cursor(4_000_000_000_000_000, 0)


async def test_a_message_that_can_not_be_read_is_a_gap_and_not_the_end(
    feed: Feed, topic: Topic, caplog: pytest.LogCaptureFixture
) -> None:
    subscriber = await subscribed(feed)
    with caplog.at_level(logging.ERROR):
        topic.listeners[0][1](b"nonsense")
    assert isinstance(await subscriber.take(), Gap)
    assert stream_topic(topic.gateway_id) in caplog.text
    topic.say(record(1))
    assert isinstance(await subscriber.take(), Happening)


def taken_positions(taken: Sequence[Happening | Gap]) -> list[int | None]:
    """Positions of what happened, None for a gap."""
    return [each.record.position if isinstance(each, Happening) else None for each in taken]


async def test_what_is_published_again_is_heard_once(feed: Feed, topic: Topic) -> None:
    """A pipeline that starts anew begins with what was in flight."""
    subscriber = await subscribed(feed)
    topic.say(record(1), record(2))
    topic.say(record(1), record(2), record(3))
    assert taken_positions([await subscriber.take() for _ in range(3)]) == [1, 2, 3]


async def test_an_event_from_before_all_that_is_remembered_was_heard_before(
    feed: Feed, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody submits an old event again."""
    monkeypatch.setattr("hazelgate.client.following.recent.REMEMBERED_EVENTS", 2)
    subscriber = await subscribed(feed)
    topic.say(*(record(position) for position in (1, 2, 3, 4)))
    topic.say(record(1), record(5))
    assert taken_positions([await subscriber.take() for _ in range(5)]) == [1, 2, 3, 4, 5]


async def test_hearing_costs_the_same_once_old_events_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It was some 20 times as much, in every gateway and whether or not anybody subscribed.

    Two processes hear in turns, so that both are measured on the same machine; only one has begun to forget.
    """
    monkeypatch.setattr("hazelgate.client.following.recent.REMEMBERED_EVENTS", 50_000)
    full, fresh = await seconds_of_messages(Topic()), await seconds_of_messages(Topic())
    for _ in range(70):
        next(full)
    rounds = [next(full) / next(fresh) for _ in range(16)]
    assert median(rounds) < 5, rounds


async def seconds_of_messages(topic: Topic) -> Iterator[float]:
    """The processor time that a process takes for each message that it hears, of a thousand events."""
    await Feed(topic, queue_size=10).start()
    hear = topic.listeners[0][1]

    def took() -> Iterator[float]:
        for first in itertools.count(1, 1_000):
            message = msgspec.json.encode([record(position) for position in range(first, first + 1_000)])
            began = time.process_time()
            hear(message)
            yield time.process_time() - began

    return took()


async def test_an_event_that_comes_behind_a_later_one_is_a_gap(feed: Feed, topic: Topic) -> None:
    """Its place was before what the subscriber has seen."""
    subscriber = await subscribed(feed)
    topic.say(record(1), record(3))
    topic.say(record(2), record(4))
    assert taken_positions([await subscriber.take() for _ in range(3)]) == [1, 3, None]


async def test_closed_it_hears_no_more(feed: Feed, topic: Topic) -> None:
    await feed.close()
    assert topic.closed


# ---------------------------------------------------------------------- marks


def stored(*records: EventRecord) -> dict[str, bytes]:
    return {f"Thing:{each.position}@t": msgspec.json.encode(each) for each in records}


async def test_of_a_mark_that_nobody_wants_nothing_is_read_and_it_counts_as_heard(feed: Feed, topic: Topic) -> None:
    subscriber = feed.open(EventsOf(frozenset({"A"})))
    topic.mark(record(1, "B"), record(2, "B"))
    assert (feed.heard_count, topic.reads) == (2, [])
    topic.say(record(3, "A"))
    happening = await subscriber.take()
    assert isinstance(happening, Happening)
    assert happening.number == 3


async def test_an_event_that_is_wanted_after_all_is_read_and_what_comes_behind_it_waits(
    feed: Feed, topic: Topic
) -> None:
    """The wish has not come to all members yet."""
    topic.stored = stored(record(1, "A"), record(5, "A"))
    subscriber = feed.open(EventsOf(frozenset({"A"})))
    topic.mark(record(1, "A"), record(2, "B"))
    topic.say(record(3, "A"), record(4, "B"))
    topic.mark(record(5, "A"))
    topic.say(record(6, "A"))
    assert subscriber.is_empty
    assert taken_positions([await subscriber.take() for _ in range(4)]) == [1, 3, 5, 6]
    assert topic.reads == [(EVENT_STORE, ["Thing:1@t"]), (EVENT_STORE, ["Thing:5@t"])]
    topic.say(record(7, "A"))
    assert not subscriber.is_empty, "nothing waits any more"


async def test_an_event_that_changes_a_wanted_entry_is_read(feed: Feed, topic: Topic) -> None:
    topic.stored = stored(record(1), record(2))
    subscriber = feed.open(ChangesOf("v", cast(Lineage, None), "k"))
    topic.mark(record(1), changed={"v": {"l": 1}, "w": {"k": 1}})
    topic.mark(record(2), changed={"v": {"k": 1}})
    happening = await subscriber.take()
    assert isinstance(happening, Happening)
    assert (happening.record.position, happening.changed) == (2, {"v": {"k": 1}})


async def test_who_comes_while_messages_wait_gets_what_it_wants_of_the_later_ones(feed: Feed, topic: Topic) -> None:
    topic.stored = stored(record(1, "A"), record(2, "B"))
    first = feed.open(EventsOf(frozenset({"A"})))
    topic.mark(record(1, "A"))
    second = feed.open(EventsOf(frozenset({"B"})))
    topic.mark(record(2, "B"))
    assert taken_positions([await first.take(), await second.take()]) == [1, 2]


@pytest.mark.parametrize("away", [True, False])
async def test_an_event_that_can_not_be_read_is_a_gap_and_not_the_end(feed: Feed, topic: Topic, away: bool) -> None:
    topic.stored = None if away else {}
    subscriber = feed.open(EventsOf(frozenset({"A"})))
    topic.mark(record(1, "A"))
    topic.say(record(2, "B"))
    assert taken_positions([await subscriber.take()]) == [None]
    topic.say(record(3, "A"))
    assert taken_positions([await subscriber.take()]) == [3]
    assert feed.heard_count == 3


async def test_the_members_are_told_what_subscribers_want(feed: Feed, topic: Topic) -> None:
    def wish() -> Wish | None:
        return topic.engine.gateways.get(topic.gateway_id)

    await topic.start()
    await until(lambda: wish() == Wish())
    inbox = feed.open(EventsOf(frozenset({"A"})), EventsOf(None, "t"), ChangesOf("v", cast(Lineage, None), "k"))
    feed.also(inbox, ChangesOf("w", cast(Lineage, None)))
    wanted = Wish(
        types=frozenset({"A"}),
        aggregates=frozenset({"t"}),
        views=frozenset({"w"}),
        entries={"v": frozenset({"k"})},
    )
    await until(lambda: wish() == wanted)
    topic.engine.gateways.clear()
    topic.interrupt()
    await until(lambda: wish() == wanted)


def test_a_wish_for_many_entries_names_their_view() -> None:
    interests: Interests[str] = Interests()
    for number in range(MOST_NAMED + 1):
        interests.add(f"s{number}", ChangesOf("v", cast(Lineage, None), f"k{number}"))
    assert interests.wish() == Wish(views=frozenset({"v"}))
    interests.remove("s0")
    assert len(interests.wish().entries["v"]) == MOST_NAMED


@pytest.mark.parametrize("wanted", [EventsOf(), lambda record: False])
def test_who_has_to_see_each_event_wants_everything(wanted: Wanted) -> None:
    interests: Interests[str] = Interests()
    interests.add("s", wanted)
    assert interests.wish().everything
