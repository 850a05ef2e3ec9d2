"""Live queries: what an event costs beside 1,000 that it does not touch, and how often 1,000 equal ones run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import httpx

from benchmarks import shop
from benchmarks.figures import Figure
from benchmarks.stack import RunningStack, cpu_seconds_of, event_handler
from benchmarks.subscribers import Subscribers
from hazelgate.client.submitting.handler import EventHandler

_QUERIES = 1_000
_PER_SECOND = 50
_SECONDS = 15
_WARM_UP_SECONDS = 4
_SETTLE_SECONDS = 3
_RAN = "hazelgate_operations_total"

_ENTRY = "subscription ($id: ID!) { live { customer(customerId: $id) { name email } } }"
_PAGE = """subscription ($name: String) { live {
  customers(filter: { name: { startsWith: $name } }, first: 10) { edges { node { name } } }
} }"""


async def untouched_and_equal(stack: RunningStack) -> list[Figure]:
    """All of them, one after the other, over one member."""
    async with event_handler(stack) as handler, httpx.AsyncClient() as http:
        measure = _Measure(stack, handler, http)
        shown = await measure.customers(_QUERIES)
        others = await measure.customers(200)
        idle = await measure.idle_share()
        return [
            await measure.untouched("entries", _ENTRY, [{"id": each} for each in shown], others, idle, at_most=1),
            await measure.untouched(
                "pages by a filter", _PAGE, [{"name": f"nobody {number}"} for number in range(_QUERIES)], others, idle
            ),
            *await measure.equal(shown[0]),
        ]


class _Measure:
    def __init__(self, stack: RunningStack, handler: EventHandler, http: httpx.AsyncClient) -> None:
        self._stack = stack
        self._handler = handler
        self._http = http
        self._socket_url = stack.url.replace("http", "ws") + "/graphql"
        self._gateway = stack.pids["gateway"]
        self._renamed = 0

    async def customers(self, count: int) -> list[str]:
        made = [shop.new_customer() for _ in range(count)]
        await shop.submit_all(self._handler, made)
        return [each.customer_id for each in made]

    async def idle_share(self) -> float:
        """Processor seconds a second that the gateway needs while nothing happens."""
        before = cpu_seconds_of(self._gateway)
        await asyncio.sleep(10)
        return (cpu_seconds_of(self._gateway) - before) / 10

    async def rename(self, customers: Sequence[str], seconds: float) -> int:
        """Rename one after the other, each at its time; return how many there were."""
        started, count = time.perf_counter(), round(seconds * _PER_SECOND)
        sent = []
        for number in range(count):
            await asyncio.sleep(max(0.0, started + number / _PER_SECOND - time.perf_counter()))
            self._renamed += 1
            event = shop.renamed(customers[number % len(customers)], self._renamed)
            sent.append(asyncio.create_task(self._handler.handle_event(event, shop.OPTIONS)))
        await asyncio.gather(*sent)
        return count

    async def untouched(
        self,
        kind: str,
        query: str,
        variables: list[dict[str, object]],
        others: Sequence[str],
        idle: float,
        *,
        at_most: float | None = None,
    ) -> Figure:
        subscribers = Subscribers(self._socket_url)
        try:
            await subscribers.subscribe(query, variables)
            await asyncio.sleep(_SETTLE_SECONDS)
            await self.rename(others, _WARM_UP_SECONDS)
            came, ran = subscribers.received.results, await self._ran()
            started, before = time.perf_counter(), cpu_seconds_of(self._gateway)
            events = await self.rename(others, _SECONDS)
            used = cpu_seconds_of(self._gateway) - before - idle * (time.perf_counter() - started)
            runs = await self._ran() - ran
            assert came == _QUERIES, f"{came:,} of {_QUERIES:,} have begun"
            assert subscribers.received.results == came, "nobody shows these customers"
        finally:
            subscribers.close()
        return Figure(
            f"an event beside 1,000 live queries of other {kind}, processor time",
            max(used, 0.0) / events * 1_000,
            "ms",
            at_most=at_most,
            beside=f"{events:,} events at {_PER_SECOND}/s; {runs:,.0f} runs meanwhile, each query has one a minute",
        )

    async def equal(self, customer: str) -> list[Figure]:
        """All show one customer, which changes five times a second."""
        subscribers = Subscribers(self._socket_url)
        try:
            await subscribers.subscribe(_ENTRY, [{"id": customer}] * _QUERIES)
            await asyncio.sleep(_SETTLE_SECONDS)
            ran, came, changes = await self._ran(), subscribers.received.results, 5 * _SECONDS
            before = cpu_seconds_of(self._gateway)
            for _ in range(changes):
                await self.rename([customer], 1 / _PER_SECOND)
                await asyncio.sleep(0.2)
            await asyncio.sleep(1)
            used = cpu_seconds_of(self._gateway) - before
            runs, delivered = await self._ran() - ran, subscribers.received.results - came
        finally:
            subscribers.close()
        return [
            Figure(
                "runs of 1,000 equal live queries for one change",
                runs / changes,
                "",
                at_most=1,
                beside=f"{changes} changes, {delivered:,} results of {changes * _QUERIES:,}",
            ),
            Figure("results of live queries for each CPU second", delivered / used, "/s"),
        ]

    async def _ran(self) -> float:
        """How many operations the gateway has run."""
        text = (await self._http.get(f"{self._stack.url}/metrics")).text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{_RAN}{{"))
