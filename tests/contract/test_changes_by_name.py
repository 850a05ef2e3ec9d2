"""An event of the stream names the entries that it has changed, in memory as on a real member."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import msgspec
import pytest

from hazelgate import Catalog
from hazelgate.client.cluster import EVENT_STREAM, Cluster, stream_topic
from hazelgate.client.event_stream import Mark, StreamedEvent, Wish
from hazelgate.client.following import wishing
from hazelgate.client.following.changes import ViewFollower
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Inbox
from hazelgate.client.following.interests import ChangesOf, EventsOf, Wanted
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.client.submitting.submissions import Submission, SubmitOptions
from hazelgate.projector.past import Lineage
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord
from hazelgate.sourcing.ids import new_id
from tests.support.ledger import ACCOUNTS, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.lossy import LossyCluster
from tests.support.until import until

OPENED, PAID = "AccountOpened", "MoneyPaidIn"
MOST_BYTES = 200
"""Of the mark of an event that nobody wants."""

_decode = msgspec.json.Decoder(list[StreamedEvent | Mark]).decode


class Stream:
    """What the stream has told."""

    def __init__(self) -> None:
        self.events: list[StreamedEvent] = []
        self.marks: list[Mark] = []

    def __call__(self, message: bytes) -> None:
        for each in _decode(message):
            if isinstance(each, Mark):
                assert len(msgspec.json.encode(each)) <= MOST_BYTES
                self.marks.append(each)
            else:
                self.events.append(each)

    async def of(self, aggregate_id: str, count: int) -> list[StreamedEvent]:
        """The first events of an aggregate that came as a whole."""
        await until(lambda: sum(each.aggregate_id == aggregate_id for each in self.events) >= count)
        return [each for each in self.events if each.aggregate_id == aggregate_id]

    async def marks_of(self, aggregate_id: str, count: int) -> list[Mark]:
        """Of the first that did not."""
        await until(lambda: sum(each.aggregate_id == aggregate_id for each in self.marks) >= count)
        return [each for each in self.marks if each.aggregate_id == aggregate_id]


@pytest.fixture
async def stream(cluster: Cluster) -> AsyncIterator[Stream]:
    stream = Stream()
    subscription = await cluster.listen(EVENT_STREAM, stream)
    yield stream
    await subscription.close()


async def version_of(cluster: Cluster, view: str, key: str) -> int:
    [raw] = await cluster.read(view, [key])
    assert raw is not None
    found: dict[str, Any] = msgspec.json.decode(raw)
    return int(found["_meta"]["version"])


async def test_an_event_names_the_entries_of_each_view_whatever_their_keys(
    cluster: Cluster, handler: EventHandler, stream: Stream
) -> None:
    name, owner = f"acc-{new_id()}", f"own-{new_id()}"
    await handler.handle_event(AccountOpened(account_id=name, owner=owner))
    await handler.handle_event(MoneyPaidIn(account_id=name, amount=3))
    opened, paid = await stream.of(name, 2)
    assert opened.changed == {ACCOUNTS: {"": 1}}
    assert paid.changed == {ACCOUNTS: {"": 2}, OWNERS: {owner: 1}}
    assert [await version_of(cluster, ACCOUNTS, name), await version_of(cluster, OWNERS, owner)] == [2, 1]


async def test_events_of_a_batch_name_the_version_that_readers_find(
    cluster: Cluster, handler: EventHandler, stream: Stream
) -> None:
    name = f"acc-{new_id()}"
    await handler.handle_event(AccountOpened(account_id=name, owner="Ada"))
    await handler.handle_events([Submission(MoneyPaidIn(account_id=name, amount=1)) for _ in range(50)])
    *_, last = await stream.of(name, 51)
    assert last.changed is not None
    assert last.changed[ACCOUNTS] == {"": await version_of(cluster, ACCOUNTS, name)}
    versions = [(each.changed or {})[ACCOUNTS][""] for each in await stream.of(name, 51)]
    assert versions == sorted(versions)


async def test_an_event_that_comes_again_names_nothing(handler: EventHandler, stream: Stream) -> None:
    """Whoever stored it first may have changed entries for it, and have told nobody: its reader looks for itself."""
    name, once = f"acc-{new_id()}", SubmitOptions(event_id=new_id())
    for _ in range(2):
        await handler.handle_event(AccountOpened(account_id=name, owner="Ada"), once)
    assert [each.changed for each in await stream.of(name, 2)] == [{ACCOUNTS: {"": 1}}, None]


# ---------------------------------------------------------------------- what a gateway wants


class Wisher:
    """Whose wish it is."""


@pytest.fixture
async def own(cluster: Cluster) -> AsyncIterator[Stream]:
    """What this process is sent, by its wishes."""
    stream = Stream()
    subscription = await cluster.listen(stream_topic(cluster.gateway_id), stream)
    yield stream
    await subscription.close()


async def _opened_and_paid(handler: EventHandler, owner: str) -> str:
    name = f"acc-{new_id()}"
    await handler.handle_event(AccountOpened(account_id=name, owner=owner))
    await handler.handle_event(MoneyPaidIn(account_id=name, amount=3))
    return name


async def test_of_an_event_that_a_gateway_does_not_want_it_is_sent_a_mark(
    cluster: Cluster, handler: EventHandler, own: Stream
) -> None:
    wisher = Wisher()
    await cluster.want(Wish(), wisher)
    name, owner = await _opened_and_paid(handler, "Ada"), f"own-{new_id()}"
    opened, paid = await own.marks_of(name, 2)
    assert (opened.event_type, opened.key, opened.changed) == (OPENED, f"Account:1@{name}", {ACCOUNTS: {"": 1}})
    assert [*paid.changed] == [ACCOUNTS, OWNERS]
    [raw] = await cluster.read(EVENT_STORE, [paid.key])
    assert raw is not None
    record = msgspec.json.decode(raw, type=EventRecord)
    assert paid.cursor == record.cursor

    await cluster.want(Wish(entries={OWNERS: frozenset({owner})}), wisher)
    name = await _opened_and_paid(handler, owner)
    assert [each.event_type for each in await own.of(name, 1)] == [PAID]
    assert [each.event_type for each in await own.marks_of(name, 1)] == [OPENED]
    assert not own.events[1:], "each came once, as a whole or as a mark"


@pytest.mark.parametrize(
    "wish",
    [Wish(types=frozenset({PAID})), Wish(views=frozenset({OWNERS}))],
    ids=["by type", "by view"],
)
async def test_a_gateway_is_sent_what_one_of_its_wishes_names(
    cluster: Cluster, handler: EventHandler, own: Stream, wish: Wish
) -> None:
    one, other = Wisher(), Wisher()
    await cluster.want(Wish(), one)
    await cluster.want(wish, other)
    name = await _opened_and_paid(handler, "Ada")
    assert [each.event_type for each in await own.of(name, 1)] == [PAID]
    assert [each.event_type for each in await own.marks_of(name, 1)] == [OPENED]


async def test_a_wish_that_comes_while_events_flow_loses_none(
    ledger: Catalog, cluster: Cluster, handler: EventHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be on its way for long: each subscriber gets all that happens after it has come, in order."""
    monkeypatch.setattr(wishing, "WIDER_SECONDS", 0.2)
    feed = Feed(cluster, queue_size=10_000)
    await feed.start()
    wish = Wisher()
    await cluster.want(Wish(), wish)
    names = [f"acc-{new_id()}" for _ in range(4)]
    owners = [f"own-{new_id()}" for _ in names]
    await handler.handle_events(
        [Submission(AccountOpened(account_id=name, owner=own)) for name, own in zip(names, owners, strict=True)]
    )
    lineage = Lineage(ledger, OWNERS)
    inboxes: list[tuple[int, Inbox[Happening]]] = []
    wanted: list[Wanted] = [EventsOf(frozenset({PAID})), ChangesOf(OWNERS, lineage)]
    wanted += [ChangesOf(OWNERS, lineage, owner) for owner in owners]
    wanted += [EventsOf(None, name) for name in names]
    for number, each in enumerate(wanted):
        inboxes.append((number, feed.open(each)))
        await handler.handle_events([Submission(MoneyPaidIn(account_id=name, amount=1)) for name in names])
    last = len(wanted) + 1
    for number, inbox in inboxes:
        accounts = len(names) if number < 2 else 1
        got: dict[str, list[int]] = {}
        while sum(each[-1] == last for each in got.values()) < accounts:
            happening = await inbox.take()
            assert isinstance(happening, Happening), happening
            got.setdefault(happening.record.aggregate_id, []).append(happening.record.sequence)
        for sequences in got.values():
            assert sequences[0] <= number + 2
            assert sequences == list(range(sequences[0], last + 1))
    await feed.close()


async def test_a_burst_on_one_entry_costs_few_reads(ledger: Catalog, cluster: Cluster, handler: EventHandler) -> None:
    counting = LossyCluster(cluster)
    feed = Feed(counting, queue_size=10_000)
    await feed.start()
    name, owner = f"acc-{new_id()}", f"own-{new_id()}"
    await handler.handle_event(AccountOpened(account_id=name, owner=owner))
    follower = ViewFollower(ledger.views[OWNERS], Lineage(ledger, OWNERS), owner, None)
    async with aclosing(feed.subscribe(follower.wanted)) as happenings:
        first = asyncio.ensure_future(anext(happenings))
        await asyncio.sleep(0)
        await handler.handle_events([Submission(MoneyPaidIn(account_id=name, amount=1)) for _ in range(500)])
        totals: list[int] = []
        happening = await first
        while True:
            assert isinstance(happening, Happening)
            [change] = await follower.changes(happening)
            assert change.entry is not None
            totals.append(change.entry.data["total"])
            if len(totals) == 500:
                break
            happening = await anext(happenings)
    await feed.close()
    assert totals[-1] == 500
    assert totals == sorted(totals)
    assert counting.reads[OWNERS] < 50
