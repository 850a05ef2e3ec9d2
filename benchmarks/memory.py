"""Bytes of a member's heap for one more event, aggregate, entry and completion, in memory and with PostgreSQL."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hazelcast.asyncio import HazelcastClient

from benchmarks.figures import Figure
from benchmarks.growth import heap_in_use
from benchmarks.history import database
from benchmarks.racks import CellFilled, RackNoted
from benchmarks.stack import RunningStack, event_handler, running_stack
from hazelgate.client.submitting.handler import EventHandler, Submission, SubmitOptions
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.errors import HazelgateError
from hazelgate.sourcing.ids import new_id

DOMAIN = "benchmarks.racks"
_HEAP = "6g"
_MILLION, _HALF = 1_000_000, 500_000
_WARM_UP = 150_000
"""Events that come first: by then PostgreSQL's recent events are as many as a member keeps."""
_RACKS, _TEXT = 1_000, 100
_BATCH, _AT_ONCE, _TRIES = 1_000, 4, 60
_JOURNAL_SECONDS, _SWEEPING = 11.0, 2_000


@dataclass(frozen=True)
class Reading:
    """What a member holds, after a full collection and without completions."""

    events: int
    aggregates: int
    entries: int
    heap: float


@dataclass(frozen=True)
class Costs:
    """Bytes of one more of each; `event_later` is that of an event when there are three times as many."""

    event: float
    event_later: float
    aggregate: float
    entry: float


def costs(readings: list[Reading]) -> Costs:
    """
    Each cost by itself, from readings between which one thing was varied.

    Args:
        readings: At the beginning; after events alone; after events that each open an aggregate; after events that
            each make an entry; and after events alone once more.
    """
    begun, noted, opened, filled, later = readings
    event = _slope(begun, noted)
    return Costs(event, _slope(filled, later), _slope(noted, opened) - event, _slope(opened, filled) - event)


def _slope(before: Reading, after: Reading) -> float:
    return (after.heap - before.heap) / (after.events - before.events)


async def figures() -> list[Figure]:
    """In memory, and then with PostgreSQL: 3 million events, 500,000 aggregates and 500,000 entries."""
    found = await _figures("in memory", None)
    with database() as dsn:
        return found + await _figures("with PostgreSQL", dsn)


async def _figures(where: str, dsn: str | None) -> list[Figure]:
    async with running_stack(heap=_HEAP, dsn=dsn, domain=DOMAIN) as stack:
        held = _Held(stack)
        empty = await held.read()
        await held.add(held.noted, _WARM_UP)
        readings = [await held.read()]
        for make, count in (
            (held.noted, _MILLION - _WARM_UP),
            (held.opened, _HALF),
            (held.filled, _HALF),
            (held.noted, _MILLION),
        ):
            await held.add(make, count)
            readings.append(await held.read())
        completion = held.completion_bytes
    cost, at_one, at_three = costs(readings), readings[1], readings[-1]
    beside = f"{cost.event_later:,.0f} at 3,000,000; 100 bytes of text in each"
    return [
        Figure(f"heap of an event, at 1,000,000, {where}", cost.event, "bytes", beside=beside),
        Figure(f"heap of an aggregate more, {where}", cost.aggregate, "bytes"),
        Figure(f"heap of an entry more, {where}", cost.entry, "bytes", beside="about 410 bytes of JSON with _meta"),
        Figure(f"heap of a completion, {where}", completion, "bytes", beside="kept for 1 h, in 10 % of the heap"),
        Figure(
            f"heap of 1,000,000 events, {where}",
            at_one.heap / 2**20,
            "MiB",
            beside=f"{_RACKS:,} aggregates, no entries; an empty member {empty.heap / 2**20:,.0f} MiB",
        ),
        Figure(
            f"heap of 3,000,000 events, {where}",
            at_three.heap / 2**20,
            "MiB",
            beside=f"{at_three.aggregates:,} aggregates, {at_three.entries:,} entries; all without completions",
        ),
    ]


class _Held:
    """A member, and how much it was given."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack
        self._racks = [new_id() for _ in range(_RACKS)]
        self._chance = random.Random(3)
        self._counts = {"events": 0, "aggregates": 0, "entries": 0}
        self.completion_bytes = 0.0

    def noted(self) -> Event:
        """In the log alone."""
        return RackNoted(rack_id=self._chance.choice(self._racks), text="x" * _TEXT)

    def opened(self) -> Event:
        """The first of its aggregate."""
        self._counts["aggregates"] += 1
        return RackNoted(rack_id=new_id(), text="x" * _TEXT)

    def filled(self) -> Event:
        """The first of its entry."""
        self._counts["entries"] += 1
        rack = self._chance.choice(self._racks)
        return CellFilled(rack_id=rack, cell_id=new_id(), text="x" * (_TEXT // 2), length=_TEXT)

    async def add(self, make: Callable[[], Event], count: int) -> None:
        """So many, in bulk. Each time by a new client: a full collection may last longer than a client waits."""
        left = _batches(count)  # of all workers

        async def worker(handler: EventHandler) -> None:
            for size in left:
                await _submit(handler, [make() for _ in range(size)])

        async with event_handler(self._stack, domain=DOMAIN) as handler:
            await asyncio.gather(*(worker(handler) for _ in range(_AT_ONCE)))
        self._counts["events"] += count

    async def read(self) -> Reading:
        """
        What is held, once its completions are gone; what those took is noted.

        Raises:
            RuntimeError: The Java at hand is a JRE.
        """
        # What the journal remembers of events that are done goes with the next event of its partition, after 10 s.
        await asyncio.sleep(_JOURNAL_SECONDS)
        await self.add(self.noted, _SWEEPING)
        before = await asyncio.to_thread(self._heap)
        gone = await self._forget_completions()
        heap = await asyncio.to_thread(self._heap)
        if gone:
            self.completion_bytes = (before - heap) / gone
        print(f"{heap / 2**20:,.0f} MiB, {gone:,} completions before: {self._counts}", file=sys.stderr, flush=True)
        return Reading(heap=heap, **self._counts)

    def _heap(self) -> float:
        heap = heap_in_use(self._stack.pids["member"])
        if heap is None:
            raise RuntimeError("the heap is read by jcmd, which is part of a JDK: install one, a JRE has none")
        return heap

    async def _forget_completions(self) -> int:
        """Clear their map; how many there were."""
        client = await HazelcastClient.create_and_start(
            cluster_name=self._stack.cluster_name, cluster_members=[self._stack.member]
        )
        try:
            completions: Any = await client.get_map("completed-events")
            there: int = await completions.size()
            await completions.clear()
        finally:
            await client.shutdown()
        return there


async def _submit(handler: EventHandler, events: list[Event]) -> None:
    """Until each is in its views: under the same ids none counts twice, whatever a machine under load answers."""
    batch = [Submission(each, SubmitOptions(event_id=new_id(), timeout_seconds=60)) for each in events]
    for _ in range(_TRIES):
        try:
            outcomes = await handler.handle_events(batch)
        except HazelgateError as error:
            problem: HazelgateError | None = error
        else:
            problem = next((each for each in outcomes if isinstance(each, HazelgateError)), None)
        if problem is None:
            return
        await asyncio.sleep(1)
    raise RuntimeError(f"events could not be stored, in {_TRIES} tries: {problem}")


def _batches(count: int) -> Iterator[int]:
    while count > 0:
        yield min(count, _BATCH)
        count -= _BATCH
