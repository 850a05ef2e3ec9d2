"""
`python -m benchmarks.sides SUITE`: one side of a comparison with another commit, as JSON.

Small on purpose: a few minutes even where the machine has other work. Processor time is that of member, projector and
gateway, children included: it says what the code costs, whatever else the machine does.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks import shop
from benchmarks.history import database, fill
from benchmarks.rebuilding import rebuild_all
from benchmarks.snapshots import take_snapshot
from benchmarks.stack import RunningStack, connected, event_handler, running_stack
from benchmarks.writes import new_orders, one_after_the_other
from hazelgate.sourcing.declaring.values import Event

PARTS = ("member", "projector", "gateway")
_MUTATIONS_FIRST, _MUTATIONS = 1_500, 1_000
_ORDERS_FIRST, _ORDERS = 8_000, 6_000
_EVENTS_FIRST, _EVENTS, _ROUNDS = 100_000, 20_000, 3
_CUSTOMERS, _CHANGES, _REBUILDS_FIRST, _REBUILDS = 5_000, 45_000, 4, 4
_LOGGED, _SNAPSHOTS_FIRST, _SNAPSHOTS = 60_000, 10, 40


class Cost(msgspec.Struct, frozen=True):
    """Of one of what is measured, in seconds."""

    elapsed: float
    processor: float


@dataclass
class _Spent:
    elapsed: float = 0.0
    processor: float = 0.0

    def each(self, count: int) -> Cost:
        return Cost(self.elapsed / count, self.processor / count)


@contextmanager
def _spent(stack: RunningStack) -> Iterator[_Spent]:
    spent = _Spent()
    before, started = _processor_seconds(stack), time.perf_counter()
    yield spent
    spent.elapsed = time.perf_counter() - started
    spent.processor = _processor_seconds(stack) - before


def _processor_seconds(stack: RunningStack) -> float:
    return sum(stack.cpu_seconds(part) for part in PARTS)


async def latency() -> dict[str, Cost]:
    """One mutation after the other, the elapsed time being the median; and createOrder from 32 connections."""
    async with running_stack() as stack:
        await one_after_the_other(stack, warm_up=0, measured=_MUTATIONS_FIRST)
        with _spent(stack) as spent:
            latencies = await one_after_the_other(stack, warm_up=0, measured=_MUTATIONS)
        await new_orders(stack, _ORDERS_FIRST)
        with _spent(stack) as spent_on_orders:
            await new_orders(stack, _ORDERS)
    return {
        "a mutation": Cost(statistics.median(latencies) / 1_000, spent.each(_MUTATIONS).processor),
        "createOrder of 32 connections": spent_on_orders.each(_ORDERS),
    }


async def bulk() -> dict[str, Cost]:
    """Events in batches of 1,000, four under way."""
    async with running_stack() as stack, event_handler(stack) as handler:
        await shop.submit_all(handler, [shop.new_customer() for _ in range(_EVENTS_FIRST)])
        costs = []
        for _ in range(_ROUNDS):
            events = [shop.new_customer() for _ in range(_EVENTS)]
            with _spent(stack) as spent:
                await shop.submit_all(handler, events)
            costs.append(spent.each(_EVENTS))
    return {"an event in bulk": _median(costs)}


async def rebuild() -> dict[str, Cost]:
    """All views from events in memory."""
    async with running_stack() as stack:
        async with event_handler(stack) as handler:
            chance = random.Random(17)
            customers = [shop.new_customer(payload_bytes=shop.PAYLOAD_BYTES) for _ in range(_CUSTOMERS)]
            await shop.submit_all(handler, customers)
            ids = [each.customer_id for each in customers]
            changes: list[Event] = [shop.renamed(chance.choice(ids), each) for each in range(_CHANGES)]
            await shop.submit_all(handler, changes)
        async with connected(stack) as cluster:
            for _ in range(_REBUILDS_FIRST):
                await rebuild_all(cluster)
            costs = []
            for _ in range(_REBUILDS):
                with _spent(stack) as spent:
                    events, _seconds = await rebuild_all(cluster)
                costs.append(spent.each(events))
    return {"an event of a rebuild": _median(costs)}


async def snapshot() -> dict[str, Cost]:
    """Snapshots over a log in PostgreSQL, and then a start from the last of them."""
    with database() as dsn, tempfile.TemporaryDirectory(prefix="hazelgate-sides-") as kept:
        log, folder = fill(dsn, _LOGGED), Path(kept)
        async with running_stack(dsn=dsn, log=log, snapshots=folder) as stack, connected(stack) as cluster:
            for _ in range(_SNAPSHOTS_FIRST):
                await take_snapshot(cluster)
            # Together: one takes a third of a second, and is looked at each tenth.
            with _spent(stack) as spent:
                for _ in range(_SNAPSHOTS):
                    await take_snapshot(cluster)
        async with running_stack(dsn=dsn, log=log, snapshots=folder) as stack:
            start = Cost(stack.ready_after_seconds, _processor_seconds(stack))
    return {"a snapshot": spent.each(_SNAPSHOTS), "a restart from a snapshot": start}


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(each.elapsed for each in costs), statistics.median(each.processor for each in costs))


SUITES: dict[str, Callable[[], Awaitable[dict[str, Cost]]]] = {
    "latency": latency,
    "bulk": bulk,
    "rebuild": rebuild,
    "snapshot": snapshot,
}


async def _measured(suite: str) -> dict[str, Cost]:
    return await SUITES[suite]()


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(asyncio.run(_measured(sys.argv[1]))).decode() + "\n")
