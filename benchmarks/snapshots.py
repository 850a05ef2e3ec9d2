"""Views built from a snapshot and the hundredth of the log that came after it, beside the same from the first event."""

from __future__ import annotations

import random
import statistics
import time

from benchmarks import shop
from benchmarks.figures import Figure
from benchmarks.rebuilding import rebuild_all
from benchmarks.stack import RunningStack, connected, event_handler
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Rebuilds
from hazelgate.client.operators.snapshot_requests import AttemptStatus, Snapshots
from hazelgate.sourcing.declaring.values import Event

EVENTS = 990_000
"""That there are when the snapshot is taken."""
_AFTER = 10_000
_WARM_UP, _MEASURED = 5, 5
"""Times: what is compared with half a minute's work is code that has run before, as that has most of the time."""


async def from_a_snapshot(stack: RunningStack) -> list[Figure]:
    """A snapshot of all views over 990,000 events; 10,000 more; all views from it, and then from nothing."""
    async with connected(stack) as cluster:
        taking, entries, kept = await take_snapshot(cluster)
        await _some_more(stack)
        times = []
        for _ in range(_WARM_UP + _MEASURED):
            events, seconds = await rebuild_all(cluster, begin_with="latest")
            times.append(seconds)
            await _drop_previous(cluster)
        seconds = statistics.median(times[_WARM_UP:])
        all_events, cold = await rebuild_all(cluster)
        await _drop_previous(cluster)
    if (events, all_events) != (_AFTER, EVENTS + _AFTER):
        raise RuntimeError(f"{events:,} and {all_events:,} events were folded")
    return [
        Figure(
            "a snapshot of all views while the stack rests",
            taking,
            "s",
            beside=f"{entries:,} entries, {kept / 2**20:,.0f} MiB compressed",
        ),
        Figure(
            f"all views from a snapshot and {events:,} events, beside from {all_events:,} events",
            cold / seconds,
            "× faster",
            at_least=20,
            beside=f"{seconds:.2f} s (median of {_MEASURED}; the first {times[0]:.2f} s), from nothing {cold:.1f} s",
        ),
    ]


async def take_snapshot(cluster: HazelcastCluster) -> tuple[float, int, int]:
    """How long a snapshot takes, its entries, and what they take where they are kept."""
    snapshots = Snapshots(cluster)
    started = time.perf_counter()
    attempt = await snapshots.wait(await snapshots.create())
    if attempt.status is not AttemptStatus.DONE:
        raise RuntimeError(f"the snapshot is {attempt.status}: {attempt.error}")
    seconds = time.perf_counter() - started
    manifest = next(each for each in (await snapshots.listing()).snapshots if each.id == attempt.id)
    return seconds, attempt.entries, sum(part.bytes for part in manifest.parts)


async def _some_more(stack: RunningStack) -> None:
    chance = random.Random(23)
    async with event_handler(stack) as handler:
        customers = [shop.new_customer() for _ in range(_AFTER // 2)]
        await shop.submit_all(handler, customers)
        changes: list[Event] = [shop.renamed(chance.choice(customers).customer_id, each) for each in range(_AFTER // 2)]
        await shop.submit_all(handler, changes)


async def _drop_previous(cluster: HazelcastCluster) -> None:
    rebuilds = Rebuilds(cluster)
    for each in (await rebuilds.report()).views:
        await rebuilds.drop_previous(each.view)
