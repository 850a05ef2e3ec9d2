"""
Full load for as long as you say; each minute what is held after a collection, and at the end whether it grows.

The log is in PostgreSQL, so that the heap holds what the member keeps by design and no more: heads, ids, a bounded part
of the newest events and completions, and views of a fixed number of customers. The table of events grows.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import sqrt
from statistics import mean

from benchmarks import shop
from benchmarks.figures import Figure
from benchmarks.growth import heap_in_use
from benchmarks.history import database
from benchmarks.http_load import Connection
from benchmarks.stack import RunningStack, event_handler, resident_bytes_of, running_stack, with_descendants
from benchmarks.subscribers import Subscribers
from hazelgate.operations.postgres.connecting import connect
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.errors import HazelgateError

_HEAP = "1g"
_CUSTOMERS = 5_000
_BULK_BATCH = 500
_CONNECTIONS, _SUBSCRIBERS = 8, 50
_PER_CONNECTION = 1_000
_MINUTE = 60.0
_SETTLING = 1 / 3
"""Of the time: what is bounded fills up, and Java compiles. Slopes are of the rest."""

_UPDATE = """mutation ($input: UpdateCustomerInput!) { updateCustomer(input: $input) {
  __typename ... on CustomerPayload { customer { name } receipt { status } } ... on EventError { code message } } }"""
_READ = """query ($id: ID!) { customer(customerId: $id) { name email revision { version } } }"""
_FOLLOW = """subscription ($id: ID!) { customerChanged(customerId: $id) {
  ... on CustomerChange { change customerId } } }"""


@dataclass(frozen=True)
class Slope:
    """How much something grows, in bytes a minute, and the standard error of that."""

    per_minute: float
    error: float

    @property
    def is_flat(self) -> bool:
        """Whether it can't be told from no growth: within two standard errors."""
        return self.per_minute <= 2 * self.error


def slope(minutes: list[float], values: list[float]) -> Slope:
    """The line of least squares through at least three readings."""
    middle, mean_value = mean(minutes), mean(values)
    spread = sum((each - middle) ** 2 for each in minutes)
    per_minute = sum((x - middle) * (y - mean_value) for x, y in zip(minutes, values, strict=True)) / spread
    rest = sum((y - mean_value - per_minute * (x - middle)) ** 2 for x, y in zip(minutes, values, strict=True))
    return Slope(per_minute, sqrt(rest / (len(minutes) - 2) / spread))


@dataclass
class Readings:
    """What was read each minute, in bytes."""

    minutes: list[float] = field(default_factory=list)
    heap: list[float] = field(default_factory=list)
    member: list[float] = field(default_factory=list)
    gateway: list[float] = field(default_factory=list)
    projector: list[float] = field(default_factory=list)

    def settled(self) -> Readings:
        """Those after the first third."""
        first = sum(each < self.minutes[-1] * _SETTLING for each in self.minutes)
        return Readings(*(each[first:] for each in vars(self).values()))


async def figures(minutes: float) -> list[Figure]:
    """A stack with PostgreSQL under full load for so many minutes."""
    with database() as dsn:
        async with running_stack(heap=_HEAP, dsn=dsn) as stack:
            soak = _Soak(stack)
            await soak.prepare()
            readings = await soak.run(minutes)
            tables = await asyncio.to_thread(_table_bytes, dsn)
    settled = readings.settled()
    beside = f"in the last {settled.minutes[-1] - settled.minutes[0]:.0f} of {minutes:g} minutes"
    load = f"{soak.requests:,} requests, {soak.results:,} results of subscriptions, {soak.broken_off} broken off"
    return [
        Figure(
            "events a second in the soak", soak.events / minutes / 60, "/s", beside=f"{soak.events:,} events, {load}"
        ),
        _grown("heap after collection", settled.minutes, settled.heap, beside),
        _grown("memory of the member's process", settled.minutes, settled.member, beside),
        _grown("memory of the gateway", settled.minutes, settled.gateway, beside),
        _grown("memory of the projector", settled.minutes, settled.projector, beside),
        Figure("tables in PostgreSQL at the end", tables / 2**20, "MiB", beside="the log: it grows with each event"),
    ]


def _grown(name: str, minutes: list[float], values: list[float], beside: str) -> Figure:
    line = slope(minutes, values)
    verdict = "flat" if line.is_flat else "it grows"
    told = f"± {line.error * 60 / 2**20:.2g} (standard error): {verdict}; at the end {values[-1] / 2**20:,.0f} MiB"
    return Figure(f"{name}, growth", line.per_minute * 60 / 2**20, "MiB/h", beside=f"{told}; {beside}")


class _Soak:
    """A stack that is kept busy: events in bulk beside mutations, queries and subscribers that come and go."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack
        self._url = f"{stack.url}/graphql"
        self._chance = random.Random(29)
        self._customers: list[str] = []
        self._ends = 0.0
        self.events = self.requests = self.results = self.broken_off = 0

    async def prepare(self) -> None:
        """The customers that there are from the beginning to the end."""
        customers = [shop.new_customer() for _ in range(_CUSTOMERS)]
        async with event_handler(self._stack) as handler:
            await shop.submit_all(handler, customers, at_once=1)
        self._customers = [each.customer_id for each in customers]

    async def run(self, minutes: float) -> Readings:
        """Load, and a reading each minute."""
        began = time.monotonic()
        self._ends = began + minutes * _MINUTE
        working = [self._in_bulk, *(self._over_http for _ in range(_CONNECTIONS)), self._follow]
        readings = Readings()
        async with asyncio.TaskGroup() as tasks:
            for each in working:
                tasks.create_task(self._again_and_again(each))
            while (now := time.monotonic()) < self._ends:
                await asyncio.sleep(min(_MINUTE, self._ends - now))
                await self._read(readings, (time.monotonic() - began) / _MINUTE)
        return readings

    def _is_over(self) -> bool:
        return time.monotonic() >= self._ends

    async def _again_and_again(self, work: Callable[[], Awaitable[None]]) -> None:
        """Until it is over, whatever happens: a full collection may last longer than a client waits."""
        while not self._is_over():
            try:
                await work()
            except (HazelgateError, RuntimeError, OSError, EOFError, TimeoutError) as error:
                self.broken_off += 1
                print(f"{work.__name__}, once more: {error!r:.200}", file=sys.stderr, flush=True)
                await asyncio.sleep(1)

    async def _in_bulk(self) -> None:
        async with event_handler(self._stack) as handler:
            while not self._is_over():
                changes = [self._renamed() for _ in range(_BULK_BATCH)]
                await shop.submit_all(handler, changes, at_once=1)
                self.events += len(changes)

    def _renamed(self) -> Event:
        return shop.renamed(self._chance.choice(self._customers), self._chance.randrange(1_000_000))

    async def _over_http(self) -> None:
        """Mutations and queries over one connection, and then over another."""
        connection = await Connection.to(self._url)
        try:
            for _ in range(_PER_CONNECTION):
                if self._is_over():
                    return
                customer = self._chance.choice(self._customers)
                writes = self._chance.random() < 0.5
                if writes:
                    name = f"Ada the {self._chance.randrange(1_000_000)}th"
                    sent = shop.body(_UPDATE, {"input": {"customerId": customer, "name": name}})
                else:
                    sent = shop.body(_READ, {"id": customer})
                await connection.post(sent)
                self.events += writes
                self.requests += 1
        finally:
            connection.close()

    async def _follow(self) -> None:
        """Subscribers for a minute: then they go without a word, and others come."""
        subscribers = Subscribers(self._url.replace("http", "ws", 1))
        try:
            await subscribers.subscribe(
                _FOLLOW, [{"id": self._chance.choice(self._customers)} for _ in range(_SUBSCRIBERS)]
            )
            await asyncio.sleep(min(_MINUTE, max(0.0, self._ends - time.monotonic())))
            self.results += subscribers.received.results
        finally:
            subscribers.close()

    async def _read(self, readings: Readings, minute: float) -> None:
        try:
            heap = await asyncio.to_thread(heap_in_use, self._stack.pids["member"])
        except subprocess.SubprocessError as error:  # the next minute has a reading again
            print(f"minute {minute:.0f}: {error}", file=sys.stderr, flush=True)
            return
        if heap is None:
            raise RuntimeError("the heap is read by jcmd, which is part of a JDK: install one, a JRE has none")
        readings.minutes.append(minute)
        readings.heap.append(heap)
        for part, values in (
            ("member", readings.member),
            ("gateway", readings.gateway),
            ("projector", readings.projector),
        ):
            values.append(with_descendants(resident_bytes_of, self._stack.pids[part]))
        mib = {name: round(values[-1] / 2**20) for name, values in list(vars(readings).items())[1:]}
        print(f"minute {minute:.0f}: {self.events:,} events, MiB {mib}", file=sys.stderr, flush=True)


def _table_bytes(dsn: str) -> float:
    with connect(dsn) as connection:
        row = connection.execute("SELECT pg_total_relation_size('event_store')").fetchone()
    return float(row[0]) if row else 0.0
