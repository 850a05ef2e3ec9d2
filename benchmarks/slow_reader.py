"""A thousand subscribers, with and without one beside them that reads a byte a second."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlsplit

from benchmarks.figures import Figure
from benchmarks.gateways import Gateway, running_gateway
from benchmarks.holder import Holder, Order, running_holder
from benchmarks.stack import RunningStack, cpu_seconds_of, event_handler
from benchmarks.subscribers import handshake, masked_text
from benchmarks.traffic import ORDERS, Traffic

_SUBSCRIBERS = 1_000
_PER_SECOND = 20
_ROUNDS = 6
_TURN_SECONDS = 10
_ITS_SUBSCRIPTIONS = 20
"""So that what the kernel takes for it is full within a second."""
_FILL_SECONDS = 2
_SMALL_BUFFER = 4_096
_SMALL_SEGMENT = 536


@dataclass
class _Turns:
    """What came of those of one kind: delays and processor time in milliseconds."""

    p99: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def ratios(self, to: _Turns, of: Callable[[_Turns], list[float]]) -> list[float]:
        return [one / other for one, other in zip(of(self), of(to), strict=True)]


async def one_at_a_byte_a_second(stack: RunningStack) -> list[Figure]:
    """Turns without it, with it, and without it again: these two say how much of a difference is noise."""
    without, beside, again = _Turns(), _Turns(), _Turns()
    async with (
        event_handler(stack) as handler,
        running_gateway(stack, log_level="error") as gateway,
        running_holder(gateway.url.replace("http", "ws"), ["127.0.0.2"]) as holder,
    ):
        traffic = await Traffic.prepare(handler)
        await holder.do(Order(query=ORDERS, subscribed=_SUBSCRIBERS))
        await _turn(gateway, holder, traffic, _Turns())
        for _ in range(_ROUNDS):
            await _turn(gateway, holder, traffic, without)
            async with _reads_slowly(gateway):
                await _turn(gateway, holder, traffic, beside)
            await _turn(gateway, holder, traffic, again)
    ratios, noise = (each.ratios(without, lambda turns: turns.p99) for each in (beside, again))
    cpu, cpu_noise = (each.ratios(without, lambda turns: turns.cpu_ms) for each in (beside, again))
    return [
        Figure(
            f"p99 of {_SUBSCRIBERS:,} subscribers beside a reader at a byte a second, against without it",
            median(ratios),
            "×",
            at_most=1.1,
            beside=f"the median of {_ROUNDS} turns, {_span(ratios)}; {median(beside.p99):.1f} ms, "
            f"{median(without.p99):.1f} ms; of two without it {median(noise):.2f}, {_span(noise)}",
        ),
        Figure(
            "the same in processor time of the gateway for an event",
            median(cpu),
            "×",
            beside=f"{_span(cpu)}; {median(beside.cpu_ms):.1f} ms, {median(without.cpu_ms):.1f} ms; "
            f"of two without it {median(cpu_noise):.2f}, {_span(cpu_noise)}",
        ),
    ]


def _span(ratios: list[float]) -> str:
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


async def _turn(gateway: Gateway, holder: Holder, traffic: Traffic, turns: _Turns) -> None:
    # Not counted: by then the kernel takes no more for the one that reads slowly.
    filled = await traffic.run(_FILL_SECONDS, _PER_SECOND)
    await holder.do(Order(results=filled * _SUBSCRIBERS))
    before = cpu_seconds_of(gateway.pid)
    events = await traffic.run(_TURN_SECONDS, _PER_SECOND)
    held = await holder.do(Order(results=events * _SUBSCRIBERS))
    if held.results != events * _SUBSCRIBERS:
        raise RuntimeError(f"{held.results:,} of {events * _SUBSCRIBERS:,} results have come")
    turns.p99.append(held.p99_delay)
    turns.cpu_ms.append((cpu_seconds_of(gateway.pid) - before) * 1_000 / events)


@contextlib.asynccontextmanager
async def _reads_slowly(gateway: Gateway) -> AsyncIterator[None]:
    """A client from before the block to its end. Its system takes little for it, as over a slow network."""
    parts = urlsplit(gateway.url)
    loop = asyncio.get_running_loop()
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SMALL_SEGMENT)
    client.setblocking(False)
    reading: asyncio.Task[None] | None = None
    try:
        await loop.sock_connect(client, (parts.hostname, parts.port))
        await loop.sock_sendall(client, handshake(parts.netloc, parts.path))
        await _until(client, b"\r\n\r\n")
        await loop.sock_sendall(client, masked_text(b'{"type":"connection_init"}'))
        await _until(client, b"connection_ack")
        for number in range(_ITS_SUBSCRIPTIONS):
            message = {"id": str(number), "type": "subscribe", "payload": {"query": ORDERS}}
            await loop.sock_sendall(client, masked_text(json.dumps(message).encode()))
        reading = asyncio.create_task(_read_on(client))
        yield
        if reading.done():
            reading.result()
    finally:
        if reading is not None:
            reading.cancel()
        client.close()


async def _until(client: socket.socket, mark: bytes) -> None:
    heard = b""
    while mark not in heard:
        came = await asyncio.get_running_loop().sock_recv(client, 1_024)
        if not came:
            raise RuntimeError(f"the gateway has closed the socket of a slow reader: {heard!r}")
        heard += came


async def _read_on(client: socket.socket) -> None:
    while await asyncio.get_running_loop().sock_recv(client, 1):  # noqa: ASYNC110  # it reads slowly
        await asyncio.sleep(1)
    raise RuntimeError("the gateway has closed the socket of a reader that did read")
