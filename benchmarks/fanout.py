"""Pushes: one subscription for 1,000 clients beside Node's graphql-ws, 1,000 different ones, and unwanted events."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import msgspec

from benchmarks import shop
from benchmarks.figures import Figure, percentile
from benchmarks.node import find_node, node_server
from benchmarks.stack import RunningStack, connected, cpu_seconds_of, event_handler
from benchmarks.subscribers import Received, Subscribers
from benchmarks.traffic import ORDERS, Traffic
from hazelgate.client.cluster import EVENT_STREAM, Callback, stream_topic
from hazelgate.client.event_stream import Mark, Wish
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.interests import ChangesOf
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.projector.past import Lineage
from hazelgate.projector.process import Processor
from hazelgate.sourcing import ids
from hazelgate.sourcing.catalog import Catalog
from hazelgate.testing.memory import MemoryCluster

_SUBSCRIBERS = 1_000
_PER_SECOND = 50
_SECONDS = 15
_WARM_UP_SECONDS = 4
_DRAIN_SECONDS = 30
_ASK_AGAIN_SECONDS = 0.05
_UNWANTED = 40_000
_COUNTED = 5_000


async def pushes(stack: RunningStack) -> list[Figure]:
    """All of them, one after the other, over one member."""
    async with event_handler(stack) as handler:
        traffic = await Traffic.prepare(handler)
        url = stack.url.replace("http", "ws") + "/graphql"
        gateway = stack.pids["gateway"]
        ours = await _fan_out(url, gateway, traffic)
        figures = [
            Figure("deliveries per CPU second, 1,000 subscribers of one operation", ours.per_cpu_second, "/s"),
            Figure(
                f"the same, delay from submission at {_PER_SECOND} events/s, p99",
                percentile(ours.received.delays, 0.99),
                "ms",
                at_most=100,
                beside=f"p50 {percentile(ours.received.delays, 0.5):.1f} ms, {ours.told}",
            ),
        ]
        if (node := find_node()) is not None:
            async with _peer(node, stack) as (peer_url, pid):
                theirs = await _fan_out(peer_url, pid, traffic)
            figures += [
                Figure("the same of Node's graphql-ws", theirs.per_cpu_second, "/s"),
                Figure(
                    "the same of Node's graphql-ws, p99",
                    percentile(theirs.received.delays, 0.99),
                    "ms",
                    beside=f"p50 {percentile(theirs.received.delays, 0.5):.1f} ms, {theirs.told}",
                ),
                Figure(
                    "deliveries per CPU second beside Node's",
                    ours.per_cpu_second / theirs.per_cpu_second,
                    "×",
                    at_least=4,
                ),
            ]
        else:
            figures.append(Figure("Node's graphql-ws: not measured, `make bench` installs it where npm is", 0, ""))
        return [
            *figures,
            *await _different(url, gateway, traffic),
            *await _unwanted(url, gateway, handler),
            await _sent_bytes(stack, handler),
        ]


class _FanOut:
    """What came of one measurement."""

    def __init__(
        self, received: Received, cpu_seconds: float, expected: int, *, clients_cpu_seconds: float, seconds: float
    ) -> None:
        self.received = received
        self.cpu_seconds = cpu_seconds
        self.expected = expected
        self._clients_cpu_seconds = clients_cpu_seconds
        self._seconds = seconds

    @property
    def per_cpu_second(self) -> float:
        return self.received.results / self.cpu_seconds

    @property
    def told(self) -> str:
        size = self.received.size_bytes / max(self.received.results, 1)
        shares = ", ".join(
            f"{name} {100 * used / self._seconds:.0f} %"
            for name, used in (("server", self.cpu_seconds), ("all clients", self._clients_cpu_seconds))
        )
        return f"{self.received.results:,} of {self.expected:,} came, {size:,.0f} bytes each; of a processor: {shares}"


async def _fan_out(url: str, pid: int, traffic: Traffic) -> _FanOut:
    subscribers = Subscribers(url)
    try:
        await subscribers.subscribe(ORDERS, [{}] * _SUBSCRIBERS)
        expected = await traffic.run(_WARM_UP_SECONDS, _PER_SECOND) * _SUBSCRIBERS
        await _until(subscribers.received, expected)
        received = subscribers.received
        received.results, received.size_bytes = 0, 0
        received.delays.clear()
        started, own, before = time.perf_counter(), time.process_time(), cpu_seconds_of(pid)
        expected = await traffic.run(_SECONDS, _PER_SECOND) * _SUBSCRIBERS
        await _until(received, expected)
        if not received.results:
            raise RuntimeError(f"nothing came from {url}")
        return _FanOut(
            received,
            cpu_seconds_of(pid) - before,
            expected,
            clients_cpu_seconds=time.process_time() - own,
            seconds=time.perf_counter() - started,
        )
    finally:
        subscribers.close()


async def _until(received: Received, expected: int) -> None:
    """All of them have come, or it has taken too long."""
    for _ in range(round(_DRAIN_SECONDS / _ASK_AGAIN_SECONDS)):
        if received.results >= expected:
            return
        await asyncio.sleep(_ASK_AGAIN_SECONDS)


async def _different(url: str, gateway: int, traffic: Traffic) -> list[Figure]:
    """Each follows another order, and the events are of none of these."""
    idle = await _idle_share(gateway)
    subscribers = Subscribers(url)
    try:
        await subscribers.subscribe(ORDERS, [{"orderId": ids.new_id()} for _ in range(_SUBSCRIBERS)])
        await traffic.run(_WARM_UP_SECONDS, _PER_SECOND)
        started, before = time.perf_counter(), cpu_seconds_of(gateway)
        events = await traffic.run(_SECONDS, _PER_SECOND)
        used = cpu_seconds_of(gateway) - before - idle * (time.perf_counter() - started)
        assert not subscribers.received.results, "nobody follows these orders"
    finally:
        subscribers.close()
    return [
        Figure(
            "an event beside 1,000 subscribers to 1,000 other orders, processor time",
            max(used, 0.0) / events * 1_000,
            "ms",
            at_most=1,
            beside=f"{events:,} events; without the {idle * 1_000:.1f} ms/s of an idle gateway",
        )
    ]


async def _unwanted(url: str, gateway: int, handler: EventHandler) -> list[Figure]:
    """Customers beside 1,000 subscribers to orders; and what of that is the feed's."""
    idle = await _idle_share(gateway)
    subscribers = Subscribers(url)
    try:
        await subscribers.subscribe(ORDERS, [{}] * _SUBSCRIBERS)
        customers = [shop.new_customer() for _ in range(_UNWANTED)]
        started, before = time.perf_counter(), cpu_seconds_of(gateway)
        await shop.submit_all(handler, customers)
        await asyncio.sleep(1)
        used = cpu_seconds_of(gateway) - before - idle * (time.perf_counter() - started)
    finally:
        subscribers.close()
    return [
        Figure(
            "an event that nobody wants, processor time of a gateway",
            max(used, 0.0) / _UNWANTED * 1_000_000,
            "µs",
            at_most=5,
            beside=f"{_UNWANTED:,} events in bulk; without the {idle * 1_000:.1f} ms/s of an idle gateway",
        ),
        Figure("the same, of that in the feed", await _in_the_feed() * 1_000_000, "µs", beside="in batches of 100"),
    ]


async def _sent_bytes(stack: RunningStack, handler: EventHandler) -> Figure:
    """Of customers, to a process that wants orders."""
    sent: list[int] = []
    events = 0
    all_came = asyncio.Event()

    def hear(message: bytes) -> None:
        nonlocal events
        sent.append(len(message))
        events += len(msgspec.json.decode(message))
        if events >= _COUNTED:
            all_came.set()

    async with connected(stack) as cluster:
        await cluster.listen(stream_topic(cluster.gateway_id), hear)
        await cluster.want(Wish(views=frozenset({"enriched-order-view"})), cluster)
        await shop.submit_all(handler, [shop.new_customer() for _ in range(_COUNTED)])
        async with asyncio.timeout(_DRAIN_SECONDS):
            await all_came.wait()
    return Figure(
        "the same, bytes that a member sends",
        sum(sent) / events,
        "bytes",
        at_most=200,
        beside=f"{events:,} events in {len(sent):,} messages",
    )


async def _in_the_feed() -> float:
    """Seconds that an event takes in the feed of this process if none of 1,000 subscribers wants it."""
    cluster = _Told()
    feed = Feed(cluster, queue_size=10)
    catalog = Catalog.load("hazelgate.domain")
    lineage = Lineage(catalog, "enriched-order-view")
    for number in range(_SUBSCRIBERS):
        feed.open(ChangesOf("enriched-order-view", lineage, f"order-{number}"))
    await feed.start()
    messages = [
        msgspec.json.encode([_mark(lane * 100 + number) for number in range(100)]) for lane in range(_UNWANTED // 100)
    ]
    before = time.process_time()
    for message in messages:
        cluster.say(message)
    return (time.process_time() - before) / _UNWANTED


class _Told(MemoryCluster):
    """A cluster that says what the benchmark says."""

    def __init__(self) -> None:
        super().__init__(Processor(Catalog.load("hazelgate.domain")))
        self.say: Callback = lambda _: None

    async def listen(self, topic: str, callback: Callback, *, interrupted: Callable[[], None] | None = None) -> _Told:
        self.say = callback
        return self


def _mark(position: int) -> Mark:
    key = ids.store_key("Customer", 1, ids.new_id())
    return Mark(ids.cursor(position, 7), "CustomerCreated", key, {"customer-view": {"": 1}})


async def _idle_share(pid: int, seconds: float = 10.0) -> float:
    """Processor seconds a second that it needs while nothing happens."""
    before = cpu_seconds_of(pid)
    await asyncio.sleep(seconds)
    return (cpu_seconds_of(pid) - before) / seconds


@contextlib.asynccontextmanager
async def _peer(node: str, stack: RunningStack) -> AsyncIterator[tuple[str, int]]:
    """Node's server over the same member; its URL and process id."""
    cluster = HazelcastCluster(members=[stack.member], cluster_name=stack.cluster_name, deadline_seconds=30)
    process, stdin, stdout = await node_server(node, "fanout.mjs", stack.member, stack.cluster_name)
    try:
        line = await asyncio.wait_for(stdout.readline(), 30)
        await cluster.start()
        await cluster.wait_until_ready(30)
        await cluster.listen(EVENT_STREAM, lambda message: stdin.write(message + b"\n"))
        yield f"ws://127.0.0.1:{int(line.split()[-1])}/graphql", process.pid
    finally:
        await cluster.close()
        stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
