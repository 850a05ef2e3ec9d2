"""What a query has read, and which events touch it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest

from hazelgate import Catalog
from hazelgate.client.following import watched, watches
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.inbox import InboxClosed
from hazelgate.client.following.watched import WatchedCluster
from hazelgate.client.following.watches import MOST_KEYS, Watch, Watches
from hazelgate.client.reading.queries import AggregateQuery, EntryQuery
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.domain.customers import CustomerCreated
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, COMPLETED_EVENTS, DEAD_LETTER_EVENTS, EVENT_IDS, EVENT_STORE
from hazelgate.sourcing.errors import PipelineUnavailable
from hazelgate.testing.memory import MemoryCluster

CUSTOMERS = "customer-view"
Read = Callable[[WatchedCluster], Coroutine[Any, Any, Any]]


@dataclass
class Scene:
    cluster: MemoryCluster
    handler: EventHandler
    feed: Feed
    all: Watches

    async def create(self, customer: str) -> None:
        event = CustomerCreated(customer_id=customer, name=customer, email=f"{customer}@example.org")
        await self.handler.handle_event(event)

    async def watch(self, read: Read) -> Watch:
        """A watch that has seen a read."""
        made = self.all.new()
        await read(WatchedCluster(self.cluster, made))
        return made

    async def is_touched(self, watch: Watch, seconds: float = watches.LOOK_SECONDS / 2) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await watch.touched()
        except TimeoutError:
            return False
        return True


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    catalog = Catalog.load("hazelgate.domain")
    cluster = MemoryCluster.of(catalog)
    await cluster.start()
    handler, feed = EventHandler(catalog, cluster), Feed(cluster, queue_size=3)
    await handler.start()
    await feed.start()
    yield Scene(cluster, handler, feed, Watches(feed, catalog))
    await feed.close()
    await handler.close()
    await cluster.close()


def entries(map_name: str, *keys: str) -> Read:
    return lambda cluster: cluster.read(map_name, keys)


def selected(map_name: str, *keys: str) -> Read:
    return lambda cluster: cluster.select(map_name, keys, "[]")


def page(map_name: str, index: str, **query: Any) -> Read:
    return lambda cluster: cluster.query(EntryQuery(map_name=map_name, index=index, **query))


@pytest.mark.parametrize(("read", "touched"), [
    (entries(CUSTOMERS, "c1"), True),
    (entries(CUSTOMERS, "c2"), False),
    (entries("product-view", "c1"), False),
    (selected(CUSTOMERS, "c1"), True),
    (selected(CUSTOMERS, "c2"), False),
    (entries(CUSTOMERS, *(f"c{n}" for n in range(MOST_KEYS + 1))), True),
    (entries(CUSTOMERS, *(f"d{n}" for n in range(MOST_KEYS + 1))), False),
    (entries(EVENT_STORE, "Customer:1@c1"), True),
    (entries(EVENT_STORE, "Customer:1@c2"), False),
    (entries(AGGREGATE_HEADS, "Customer@c1"), True),
    (entries(EVENT_IDS, "e1"), False),
    (page(CUSTOMERS, "id"), True),
    (page("product-view", "id"), False),
    (page(CUSTOMERS, "id", count=True, limit=0), True),
    (page(EVENT_STORE, "cursor"), True),
    (page(EVENT_STORE, "cursor", count=True, limit=0), True),
    (lambda cluster: cluster.aggregate(AggregateQuery(map_name=CUSTOMERS, index="id")), True),
    (lambda cluster: cluster.aggregate(AggregateQuery(map_name="product-view", index="id")), False),
])  # fmt: skip
async def test_an_event_touches_those_who_have_read_what_it_changes(scene: Scene, read: Read, touched: bool) -> None:
    watch = await scene.watch(read)
    await scene.create("c1")
    assert await scene.is_touched(watch) is touched
    watch.close()


@pytest.mark.parametrize("read", [
    entries(COMPLETED_EVENTS, "e1"),
    page(DEAD_LETTER_EVENTS, "failedAt"),
    lambda cluster: cluster.aggregate(AggregateQuery(map_name=DEAD_LETTER_EVENTS, index="failedAt")),
    lambda cluster: cluster.stats(),
])  # fmt: skip
async def test_what_no_event_tells_of_is_looked_at_soon(scene: Scene, read: Read) -> None:
    watch = await scene.watch(read)
    assert not await scene.is_touched(watch)
    assert await scene.is_touched(watch, 2 * watches.LOOK_SECONDS)
    watch.close()


async def test_everything_else_is_looked_at_in_the_end(scene: Scene) -> None:
    watch = await scene.watch(entries(CUSTOMERS, "c1"))
    assert not await scene.is_touched(watch, watches.HEAL_SECONDS / 2)
    assert await scene.is_touched(watch, 2 * watches.HEAL_SECONDS)
    watch.close()


async def test_what_could_not_be_read_is_looked_at_soon(scene: Scene) -> None:
    scene.cluster.disconnect()
    watch = scene.all.new()
    with pytest.raises(PipelineUnavailable):
        await WatchedCluster(scene.cluster, watch).read(CUSTOMERS, ["c1"])
    assert await scene.is_touched(watch, 2 * watches.LOOK_SECONDS)
    watch.close()
    other = scene.all.new()
    assert WatchedCluster(scene.cluster, other).state().read_problem is not None
    assert await scene.is_touched(other, 2 * watches.LOOK_SECONDS)
    other.close()


async def test_a_read_that_is_ended_is_looked_at_soon(scene: Scene) -> None:
    watch = scene.all.new()
    reading = asyncio.create_task(WatchedCluster(scene.cluster, watch).read(CUSTOMERS, ["c1"]))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    assert await scene.is_touched(watch, 2 * watches.LOOK_SECONDS)
    watch.close()


async def test_messages_that_may_be_missing_touch_everybody(scene: Scene) -> None:
    watch = await scene.watch(entries(CUSTOMERS, "c1"))
    scene.cluster.disconnect()
    scene.cluster.connect()
    assert await scene.is_touched(watch)
    watch.close()


async def test_more_events_than_may_wait_touch_it(scene: Scene) -> None:
    """Nobody looks at the events while the query runs."""
    watch = await scene.watch(page(CUSTOMERS, "id", limit=1, filter={"path": ["name"], "op": "eq", "value": "nobody"}))
    for number in range(5):
        await scene.create(f"c{number}")
    assert await scene.is_touched(watch)
    watch.close()


async def test_an_event_between_two_reads_of_a_run_is_not_missed(scene: Scene) -> None:
    watch = scene.all.new()
    cluster = WatchedCluster(scene.cluster, watch)
    await cluster.read(CUSTOMERS, ["c1"])
    await scene.create("c1")
    await cluster.read(CUSTOMERS, ["c2"])
    assert await scene.is_touched(watch)
    watch.close()


async def test_the_log_is_read_as_far_as_it_was_heard(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.create("c1")
    heard = scene.feed.furthest_position
    answers = iter([heard - 1, heard - 1, heard])
    monkeypatch.setattr(scene.cluster.engine, "settled", lambda: next(answers))
    watch = scene.all.new()
    assert (await WatchedCluster(scene.cluster, watch).log_positions()).settled == heard
    assert not await scene.is_touched(watch, 2 * watches.LOOK_SECONDS)
    watch.close()


async def test_a_log_that_is_not_settled_is_looked_at_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.create("c1")
    monkeypatch.setattr(scene.cluster.engine, "settled", lambda: 1)
    watch = scene.all.new()
    begun = asyncio.get_running_loop().time()
    assert (await WatchedCluster(scene.cluster, watch).log_positions()).settled == 1
    assert asyncio.get_running_loop().time() - begun >= watched._SETTLES_SECONDS
    assert await scene.is_touched(watch, 2 * watches.LOOK_SECONDS)
    watch.close()


async def test_nothing_is_kept_of_a_closed_watch(scene: Scene) -> None:
    """Also of reads that end later."""
    watch = await scene.watch(entries(CUSTOMERS, "c1"))
    assert scene.feed.subscriber_count == 1
    watch.close()
    watch.close()
    await WatchedCluster(scene.cluster, watch).read(CUSTOMERS, ["c2"])
    assert scene.feed.subscriber_count == 0


async def test_it_ends_when_the_process_hears_no_more(scene: Scene) -> None:
    watch = await scene.watch(entries(CUSTOMERS, "c1"))
    await scene.feed.close()
    with pytest.raises(InboxClosed):
        await watch.touched()
