"""Ten thousand sockets on one gateway: their memory, a broadcast to all of them, and queries meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from itertools import chain
from statistics import median

from benchmarks import shop
from benchmarks.figures import Figure, percentile
from benchmarks.gateways import Gateway, running_gateway
from benchmarks.holder import Held, Holder, Order, require_files, running_holder
from benchmarks.http_load import Connection
from benchmarks.stack import RunningStack, cpu_seconds_of, event_handler, resident_bytes_of
from benchmarks.traffic import ORDERS, Traffic

_SUBSCRIBED = 10_000
_IDLE = 2_000
_HOLDERS = 2
_ADDRESSES = 8
"""Of each holder: one address may have a thousand sockets open."""
_FIRST_FEW = 100
"""Opened before memory is looked at: what is made once is there then."""
_SETTLE_SECONDS = 6.0
_BROADCASTS = 10
_TURNS = 6
_TURN_SECONDS = 10
_QUERIES_PER_SECOND = 200
_CONNECTIONS = 16


async def ten_thousand(stack: RunningStack) -> list[Figure]:
    """All of them, on a gateway of their own; queries go to it and to one without sockets, in turns."""
    require_files(_SUBSCRIBED + _IDLE)
    async with (
        event_handler(stack) as handler,
        running_gateway(stack, log_level="warning") as full,
        running_gateway(stack, log_level="warning") as empty,
        _holders(full) as holders,
    ):
        traffic = await Traffic.prepare(handler)
        order_id = await traffic.one()
        each = _IDLE // _HOLDERS, _SUBSCRIBED // _HOLDERS
        few = _FIRST_FEW // _HOLDERS
        await _all(holders, Order(idle=few, query=ORDERS, subscribed=few))
        await traffic.one()
        at_first = await _memory_of(full)
        await _all(holders, Order(idle=each[0] - few))
        with_idle = await _memory_of(full)
        cpu, opening = cpu_seconds_of(full.pid), time.perf_counter()
        await _all(holders, Order(query=ORDERS, subscribed=each[1] - few))
        opened = (cpu_seconds_of(full.pid) - cpu) * 1_000 / (_SUBSCRIBED - _FIRST_FEW)
        opening = time.perf_counter() - opening
        with_all = await _memory_of(full)
        pings = await _idle_share(full)
        lasts, cpu_ms = await _broadcasts(full, holders, traffic)
        after = await _memory_of(full)
        alone, beside = await _queries(empty, full, holders, traffic, order_id)
    ratios = [percentile(one, 0.99) / percentile(other, 0.99) for one, other in zip(beside, alone, strict=True)]
    without, meanwhile = (percentile([*chain.from_iterable(turns)], 0.99) for turns in (alone, beside))
    return [
        Figure(
            "memory of an idle socket",
            (with_idle - at_first) / (_IDLE - _FIRST_FEW) / 1_024,
            "KiB",
            beside=f"resident memory of the gateway, of {_IDLE:,} sockets that were acknowledged",
        ),
        Figure(
            "the same with a subscription",
            (with_all - with_idle) / (_SUBSCRIBED - _FIRST_FEW) / 1_024,
            "KiB",
            beside=f"of {_SUBSCRIBED:,} sockets more; {with_all / 2**20:,.0f} MiB with all, "
            f"{after / 2**20:,.0f} MiB after {_BROADCASTS} broadcasts",
        ),
        Figure(
            "to open one, with its subscription, processor time of the gateway",
            opened,
            "ms",
            beside=f"{(_SUBSCRIBED - _FIRST_FEW) / opening:,.0f} a second from {_HOLDERS} processes",
        ),
        Figure(f"keeping {_SUBSCRIBED + _IDLE:,} sockets, of a processor", 100 * pings, "%", beside="pings and pongs"),
        Figure(
            f"a broadcast reaches the last of {_SUBSCRIBED:,} within",
            max(lasts),
            "ms",
            at_most=1_000,
            beside=f"the longest of {_BROADCASTS}, from submission; median {median(lasts):,.0f} ms, "
            f"processor time of the gateway {median(cpu_ms):,.0f} ms",
        ),
        Figure(
            "p99 of a query meanwhile against one to a gateway without sockets",
            median(ratios),
            "×",
            at_most=2,
            beside=f"the median of {_TURNS} turns, {min(ratios):.1f} to {max(ratios):.1f}; of all {meanwhile:.1f} ms, "
            f"{without:.1f} ms; {_QUERIES_PER_SECOND} queries and a broadcast a second",
        ),
    ]


@contextlib.asynccontextmanager
async def _holders(gateway: Gateway) -> AsyncIterator[list[Holder]]:
    url = gateway.url.replace("http", "ws")
    addresses = [f"127.0.0.{number}" for number in range(2, 2 + _HOLDERS * _ADDRESSES)]
    async with contextlib.AsyncExitStack() as opened:
        yield [
            await opened.enter_async_context(running_holder(url, addresses[number::_HOLDERS]))
            for number in range(_HOLDERS)
        ]


async def _all(holders: list[Holder], order: Order) -> list[Held]:
    return await asyncio.gather(*(each.do(order) for each in holders))


async def _memory_of(gateway: Gateway) -> float:
    """Bytes that are resident, once what was just done has settled."""
    await asyncio.sleep(_SETTLE_SECONDS)
    return resident_bytes_of(gateway.pid)


async def _idle_share(gateway: Gateway, seconds: float = 20.0) -> float:
    """Processor seconds a second, over the time in which each socket is pinged once."""
    before = cpu_seconds_of(gateway.pid)
    await asyncio.sleep(seconds)
    return (cpu_seconds_of(gateway.pid) - before) / seconds


async def _broadcasts(gateway: Gateway, holders: list[Holder], traffic: Traffic) -> tuple[list[float], list[float]]:
    """How long each took to reach the last, and the gateway's processor time for it; both in milliseconds."""
    lasts, cpu_ms = [], []
    await _all(holders, Order())
    for _ in range(_BROADCASTS):
        before = cpu_seconds_of(gateway.pid)
        await traffic.one()
        held = await _all(holders, Order(results=_SUBSCRIBED // _HOLDERS))
        if (came := sum(each.results for each in held)) != _SUBSCRIBED:
            raise RuntimeError(f"{came:,} of {_SUBSCRIBED:,} have got a broadcast")
        lasts.append(max(each.last_delay for each in held))
        cpu_ms.append((cpu_seconds_of(gateway.pid) - before) * 1_000)
    return lasts, cpu_ms


async def _queries(
    empty: Gateway, full: Gateway, holders: list[Holder], traffic: Traffic, order_id: str
) -> tuple[list[list[float]], list[list[float]]]:
    """The latencies of queries turn by turn: of the gateway without sockets, and of the one that broadcasts."""
    body = shop.body("query ($id: ID!) { order(orderId: $id) { orderId status totalAmount } }", {"id": order_id})
    alone: list[list[float]] = []
    beside: list[list[float]] = []
    for number in range(-1, _TURNS):  # the first is not counted
        alone.append(await _paced(empty, body))
        traffic_and_queries = await asyncio.gather(_paced(full, body), traffic.run(_TURN_SECONDS, 1))
        beside.append(traffic_and_queries[0])
        await _all(holders, Order(results=_TURN_SECONDS * _SUBSCRIBED // _HOLDERS))
        if number < 0:
            alone.clear()
            beside.clear()
    return alone, beside


async def _paced(gateway: Gateway, body: bytes) -> list[float]:
    """The latencies of queries that are sent each at its time, whatever became of those before."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    opened = [await Connection.to(gateway.url) for _ in range(_CONNECTIONS)]
    for each in opened:
        free.put_nowait(each)
    latencies: list[float] = []

    async def one(due: float) -> None:
        connection = await free.get()
        await connection.post(body)
        latencies.append((time.perf_counter() - due) * 1_000)
        free.put_nowait(connection)

    started, sent = time.perf_counter(), []
    for number in range(_TURN_SECONDS * _QUERIES_PER_SECOND):
        due = started + number / _QUERIES_PER_SECOND
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        sent.append(asyncio.create_task(one(max(due, time.perf_counter()) if wait > 0 else due)))
    await asyncio.gather(*sent)
    for each in opened:
        each.close()
    return latencies
