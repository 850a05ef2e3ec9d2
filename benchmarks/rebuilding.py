"""Views built again: how fast, beside a plain Python loop over the same records, and what mutations notice of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Iterator

from benchmarks import shop
from benchmarks.figures import Figure, percentile
from benchmarks.http_load import load
from benchmarks.stack import RunningStack, connected, event_handler
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Rebuilds, RebuildStatus
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.projector.core.messages import FoldRequest
from hazelgate.projector.process import Processor
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import EVENT_STORE

_CUSTOMERS, _CHANGES = 20_000, 180_000
PAGE = 5_000
_WARM_UP, _MEASURED = 2_000, 2_000


async def speed_and_manners(stack: RunningStack) -> list[Figure]:
    """A rebuild of all views from 200,000 events in memory, at rest and with mutations one after the other."""
    chance = random.Random(17)
    async with event_handler(stack) as handler:
        customers = [shop.new_customer(payload_bytes=shop.PAYLOAD_BYTES) for _ in range(_CUSTOMERS)]
        await shop.submit_all(handler, customers)
        changes: list[Event] = [shop.renamed(chance.choice(customers).customer_id, each) for each in range(_CHANGES)]
        await shop.submit_all(handler, changes)
    async with connected(stack) as cluster:
        await rebuild_all(cluster)
        events, seconds = await rebuild_all(cluster)
        plain = plain_loop(pages(await _records(cluster)))
        quiet = await _mutations(stack)
        stop = asyncio.Event()
        rebuilding = asyncio.create_task(_again_and_again(cluster, stop))
        busy = await _mutations(stack)
        stop.set()
        await rebuilding
    p99, before = percentile(busy, 0.99), percentile(quiet, 0.99)
    return [
        Figure(
            "rebuild of all views, from memory",
            events / seconds,
            "events/s",
            at_least=20_000,
            beside=f"{events:,} events in {seconds:.1f} s; a plain Python loop over the same records: {plain:,.0f} /s",
        ),
        Figure(
            "p99 of a mutation during a rebuild",
            p99 / before,
            "×",
            at_most=2,
            beside=f"{p99:.1f} ms with, {before:.1f} ms without, HTTP until PROJECTED",
        ),
    ]


async def rebuild_all(cluster: HazelcastCluster, *, begin_with: str | None = None) -> tuple[int, float]:
    """Build all views again, or from a snapshot; how many events were folded, and in how many seconds."""
    rebuilds = Rebuilds(cluster)
    started = time.perf_counter()
    ended = await rebuilds.wait(await rebuilds.start(begin_with=begin_with))
    if ended.status is not RebuildStatus.DONE:
        raise RuntimeError(f"the rebuild is {ended.status}: {ended.error}")
    return ended.events, time.perf_counter() - started


async def _again_and_again(cluster: HazelcastCluster, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await rebuild_all(cluster)


async def _mutations(stack: RunningStack) -> list[float]:
    def bodies(number: int) -> bytes:
        return shop.body(shop.CREATE_CUSTOMER, {"input": {"name": "Ada", "email": f"ada-{number}@example.com"}})

    await load(f"{stack.url}/graphql", bodies, connections=1, requests=_WARM_UP)
    return (await load(f"{stack.url}/graphql", bodies, connections=1, requests=_MEASURED)).latencies


async def _records(cluster: HazelcastCluster) -> list[bytes]:
    records: list[bytes] = []
    after: str | None = None
    while True:
        page = await cluster.query(
            EntryQuery(map_name=EVENT_STORE, index="cursor", ranges=(KeyRange(after and f"{after}\0"),), limit=PAGE)
        )
        records += [bytes(each.entry) for each in page.entries]
        if len(page.entries) < PAGE:
            return records
        after = page.entries[-1].index_value


def pages(records: list[bytes]) -> Iterator[list[bytes]]:
    """The records in lists of the length that a loop takes at once."""
    for first in range(0, len(records), PAGE):
        yield records[first : first + PAGE]


def plain_loop(pages: Iterable[list[bytes]]) -> float:
    """Events a second of the same fold in one Python process, entries in a dictionary; reading is part of it."""
    catalog = Catalog.load("hazelgate.domain")
    refolding, views = Processor(catalog).refolding(), list(catalog.views)
    maps: dict[str, dict[str, bytes]] = {}
    events = 0
    started = time.perf_counter()
    for number, records in enumerate(pages):
        events += len(records)
        answer = refolding.fold(FoldRequest(number, 0, views, records, {}))
        while answer.needs:
            loaded = {name: {key: maps.get(name, {}).get(key) for key in keys} for name, keys in answer.needs.items()}
            answer = refolding.fold(FoldRequest(number, 1, [], [], loaded))
        for write in answer.writes:
            if write.value is not None:
                maps.setdefault(write.map, {})[write.key] = write.value
    return events / (time.perf_counter() - started)
