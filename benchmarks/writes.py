"""The write path: one mutation at a time, orders over many connections, and events in bulk."""

from __future__ import annotations

import random
import time

from benchmarks import shop
from benchmarks.figures import Figure, percentile
from benchmarks.http_load import Load, load
from benchmarks.stack import RunningStack, event_handler

_WARM_UP, _MEASURED = 6_000, 3_000
_ORDERS, _CONNECTIONS = 6_000, 32
_BULK_WARM_UP, _BULK_EVENTS, _BULK_ROUNDS = 300_000, 40_000, 5


async def one_at_a_time(stack: RunningStack) -> list[Figure]:
    """createCustomer over HTTP, each waiting for PROJECTED, one after the other."""
    latencies = await one_after_the_other(stack)
    python = "eventsourcing on PostgreSQL, one order at a time until visible: p50 4.9 ms (measured elsewhere)"
    return [
        Figure("mutation over HTTP until PROJECTED, p50", percentile(latencies, 0.50), "ms", at_most=4, beside=python),
        Figure("mutation over HTTP until PROJECTED, p99", percentile(latencies, 0.99), "ms", at_most=10),
    ]


async def one_at_a_time_committed(stack: RunningStack) -> list[Figure]:
    """The same on a stack with PostgreSQL: each is committed to the disk before it is answered."""
    latencies = await one_after_the_other(stack)
    python = "eventsourcing on PostgreSQL, one order at a time until visible: p50 4.9 ms (measured elsewhere)"
    name = "mutation over HTTP until PROJECTED, committed in PostgreSQL"
    return [
        Figure(f"{name}, p50", percentile(latencies, 0.50), "ms", at_most=8, beside=python),
        Figure(f"{name}, p99", percentile(latencies, 0.99), "ms"),
    ]


async def one_after_the_other(
    stack: RunningStack, *, warm_up: int = _WARM_UP, measured: int = _MEASURED
) -> list[float]:
    """Milliseconds of so many mutations, each sent when the one before is in its views."""
    url = f"{stack.url}/graphql"

    def bodies(number: int) -> bytes:
        return shop.body(
            shop.CREATE_CUSTOMER, {"input": {"name": "Ada Lovelace", "email": f"ada-{number}@example.com"}}
        )

    if warm_up:
        await load(url, bodies, connections=1, requests=warm_up)
    return (await load(url, bodies, connections=1, requests=measured)).latencies


async def share_of_the_gateway(stack: RunningStack) -> Figure:
    """Of the processor time that one mutation at a time takes, which part is the gateway's."""
    await one_after_the_other(stack, warm_up=0, measured=_WARM_UP)
    parts = ("gateway", "member", "projector")
    before = [stack.cpu_seconds(each) for each in parts]
    await one_after_the_other(stack, warm_up=0)
    used = [stack.cpu_seconds(each) - begun for each, begun in zip(parts, before, strict=True)]
    told = ", ".join(f"{name} {seconds * 1_000 / _MEASURED:.2f} ms" for name, seconds in zip(parts, used, strict=True))
    share = 100 * used[0] / sum(used)
    return Figure("one mutation at a time: the gateway's share", share, "%", at_most=35, beside=told)


async def orders(stack: RunningStack) -> list[Figure]:
    """createOrder over HTTP with 32 connections, one gateway process, this load generator on the same machine."""
    await new_orders(stack, _ORDERS)
    result = await new_orders(stack, _ORDERS)
    demo = "the public Java demo: 198 orders/s on five large machines (its own report)"
    return [
        Figure("createOrder over HTTP, 32 connections", result.per_second, "/s", at_least=500, beside=demo),
        Figure(
            "createOrder over HTTP, 32 connections, p95",
            percentile(result.latencies, 0.95),
            "ms",
            beside="the public Java demo: p95 281 ms",
        ),
    ]


async def new_orders(stack: RunningStack, count: int) -> Load:
    """So many orders from 32 connections, of customers and products that are new each time."""
    customers = [shop.new_customer() for _ in range(500)]
    products = [shop.new_product(number) for number in range(200)]
    async with event_handler(stack) as handler:
        await shop.submit_all(handler, [*customers, *products], at_once=1)
    chance = random.Random(7)
    url = f"{stack.url}/graphql"
    theirs, of = [each.customer_id for each in customers], [each.product_id for each in products]

    def bodies(_: int) -> bytes:
        return shop.body(shop.CREATE_ORDER, shop.order_of(chance, theirs, of))

    return await load(url, bodies, connections=_CONNECTIONS, requests=count)


async def bulk(stack: RunningStack) -> list[Figure]:
    """
    handle_events in batches of 1,000, four under way, through to PROJECTED.

    The member's compiler is not done before some 300,000 events: measured is a member that has been up for a while.
    """
    rates = await _bulk_rates(stack)
    python = "eventsourcing on PostgreSQL in bulk: 527/s (measured elsewhere)"
    return [
        Figure("handle_events in bulk until PROJECTED", percentile(rates, 0.5), "/s", at_least=12_000, beside=python),
        Figure("the same, the best of the rounds", max(rates), "/s"),
    ]


async def bulk_committed(stack: RunningStack) -> list[Figure]:
    """The same on a stack with PostgreSQL."""
    rates = await _bulk_rates(stack)
    python = "eventsourcing on PostgreSQL in bulk: 527/s (measured elsewhere)"
    name = "handle_events in bulk until PROJECTED, committed in PostgreSQL"
    return [
        Figure(name, percentile(rates, 0.5), "/s", at_least=6_000, beside=python),
        Figure("the same, the best of the rounds", max(rates), "/s"),
    ]


async def _bulk_rates(stack: RunningStack) -> list[float]:
    rates = []
    async with event_handler(stack) as handler:
        await shop.submit_all(handler, [shop.new_customer() for _ in range(_BULK_WARM_UP)])
        for _ in range(_BULK_ROUNDS):
            events = [shop.new_customer() for _ in range(_BULK_EVENTS)]
            started = time.perf_counter()
            await shop.submit_all(handler, events)
            rates.append(_BULK_EVENTS / (time.perf_counter() - started))
    return rates
