"""Filters: how many entries an index has the members look at, and what a filter without one costs, and costs others."""

from __future__ import annotations

import asyncio
import time

from benchmarks import shop, writes
from benchmarks.figures import Figure, percentile
from benchmarks.stack import RunningStack, connected, event_handler
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.reading.filters import Filter, condition
from hazelgate.client.reading.planning import plan
from hazelgate.client.reading.queries import EntryPage, EntryQuery
from hazelgate.domain.customers import CustomerCreated
from hazelgate.sourcing import ids
from hazelgate.sourcing.catalog import Catalog

_VIEW = "customer-view"
_CUSTOMERS, _OF_ONE_NAME = 100_000, 50
_PAGE = 20
_SCANS = 9
_WARM_UP, _MEASURED = 2_000, 2_000

_ON_AN_INDEX: list[tuple[Filter, tuple[str, bool] | None]] = [
    (condition(["name"], "eq", "Customer 00007"), None),
    (condition(["name"], "in", ["Customer 00001", "Customer 01000", "Customer 01999"]), None),
    (condition(["name"], "startsWith", "Customer 01"), ("name", True)),
    ({"and": [condition(["name"], "gte", "Customer 00100"), condition(["name"], "lt", "Customer 00101")]}, None),
    ({"or": [condition(["name"], "eq", "Customer 00002"), condition(["name"], "eq", "Customer 00003")]}, None),
]
_ON_NONE = condition(["email"], "contains", "NOBODY@", "folded")


async def work_and_manners(stack: RunningStack) -> list[Figure]:
    """Pages over 100,000 entries by filters that an index answers; and one that none does, beside mutations."""
    async with event_handler(stack) as handler:
        await shop.submit_all(handler, [_customer(number) for number in range(_CUSTOMERS)])
    async with connected(stack) as cluster:
        scanned = returned = 0
        for tree, sort in _ON_AN_INDEX:
            page = await _page(cluster, tree, sort)
            scanned += page.scanned
            returned += min(_PAGE, len(page.entries))
        seconds = [await _scan(cluster) for _ in range(_SCANS)]
        quiet = await writes.one_after_the_other(stack, warm_up=_WARM_UP, measured=_MEASURED)
        stop = asyncio.Event()
        scanning = asyncio.create_task(_again_and_again(cluster, stop))
        busy = await writes.one_after_the_other(stack, warm_up=0, measured=_MEASURED)
        stop.set()
        scans = await scanning
    p99, before = percentile(busy, 0.99), percentile(quiet, 0.99)
    return [
        Figure(
            "entries looked at for one returned, filters on an index",
            scanned / returned,
            "",
            at_most=1.1,
            beside=f"{len(_ON_AN_INDEX)} filters over {_CUSTOMERS:,} entries, pages of {_PAGE} and one more",
        ),
        Figure(
            f"full scan of {_CUSTOMERS:,} entries for a filter without an index",
            percentile(seconds, 0.5) * 1_000,
            "ms",
            beside=f"the median of {_SCANS}; the slowest {max(seconds) * 1_000:,.0f} ms",
        ),
        Figure(
            "p99 of a mutation during full scans",
            p99 / before,
            "×",
            at_most=2,
            beside=f"{p99:.1f} ms with {scans} scans meanwhile, {before:.1f} ms without, HTTP until PROJECTED",
        ),
    ]


def _customer(number: int) -> CustomerCreated:
    customer_id = ids.new_id()
    return CustomerCreated(
        customer_id=customer_id,
        name=f"Customer {number // _OF_ONE_NAME:05d}",
        email=f"{customer_id}@example.com",
        address="12 St James's Square, London",
    )


async def _page(cluster: HazelcastCluster, tree: Filter, sort: tuple[str, bool] | None) -> EntryPage:
    indexes = Catalog.load("hazelgate.domain").views[_VIEW].indexes
    made = plan(tree, indexes, sort, ("createdAt", True))
    return await cluster.query(
        EntryQuery(
            map_name=_VIEW,
            index=made.index,
            ranges=made.ranges,
            descending=made.descending,
            limit=_PAGE + 1,
            filter=made.rest,
        )
    )


async def _scan(cluster: HazelcastCluster) -> float:
    """
    Seconds in which all entries were looked at.

    Raises:
        RuntimeError: It was not all of them.
    """
    started = time.perf_counter()
    page = await _page(cluster, _ON_NONE, None)
    if page.entries or page.scanned < _CUSTOMERS:
        raise RuntimeError(f"the scan found {len(page.entries)} entries among {page.scanned:,}")
    return time.perf_counter() - started


async def _again_and_again(cluster: HazelcastCluster, stop: asyncio.Event) -> int:
    scans = 0
    while not stop.is_set():
        await _scan(cluster)
        scans += 1
    return scans
