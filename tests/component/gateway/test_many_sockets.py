"""A gateway holds ten thousand sockets: each one costs little while nothing happens on it."""

from __future__ import annotations

import asyncio
import gc
import socket
import tracemalloc
from collections.abc import Callable

import uvicorn

from hazelgate import Catalog
from hazelgate.gateway.app import create_app
from hazelgate.gateway.server import configuration
from hazelgate.gateway.settings import Settings
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster
from tests.support.served import port_of, started

SOCKETS = 100
BATCHES = 4
MOST_BYTES = 18_000
HANDSHAKE = (
    "GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: graphql-transport-ws\r\n{more}\r\n"
)


def message(payload: bytes) -> bytes:
    """A client's text frame; masked with zeros, which change nothing."""
    return bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload


def opened(port: int, more: str = "") -> bytes:
    """What is answered to a handshake; the socket stays open, and has said hello."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    open_sockets.append(client)
    client.sendall(HANDSHAKE.format(more=more).encode())
    heard = client.recv(4_096)
    if b" 101 " in heard:
        client.sendall(message(b'{"type":"connection_init"}'))
        assert b"connection_ack" in client.recv(4_096)
    return heard


open_sockets: list[socket.socket] = []


async def with_a_gateway(act: Callable[[int], None]) -> None:
    app = create_app(Settings(port=0), cluster=MemoryCluster(Processor(Catalog.load("hazelgate.domain"))))
    async with started(uvicorn.Server(configuration(Settings(port=0), app))) as server:
        try:
            await asyncio.to_thread(act, port_of(server))
        finally:
            while open_sockets:
                open_sockets.pop().close()


async def test_an_idle_socket_takes_few_kilobytes() -> None:
    """
    With asyncio's own queues and events, and with what the handshake leaves behind, it took 28,000 bytes.

    What the process keeps once (a module, a table that grows) falls into some batch: the smallest one is the sockets'.
    """
    taken = []

    def open_all(port: int) -> None:
        opened(port)
        tracemalloc.start()
        try:
            for _ in range(BATCHES):
                gc.collect()
                before = tracemalloc.get_traced_memory()[0]
                for _ in range(SOCKETS):
                    opened(port)
                gc.collect()
                taken.append((tracemalloc.get_traced_memory()[0] - before) / SOCKETS)
        finally:
            tracemalloc.stop()

    await with_a_gateway(open_all)
    assert min(taken) < MOST_BYTES


async def test_a_socket_that_may_not_be_opened_takes_no_shortcut() -> None:
    heard: list[bytes] = []

    def open_some(port: int) -> None:
        headers = ("", "Origin: http://localhost\r\n", "Origin: http://evil.example\r\n", "Host: evil.example\r\n")
        heard.extend(opened(port, each).split(b"\r\n")[0] for each in headers)

    await with_a_gateway(open_some)
    assert [each.split()[1] for each in heard] == [b"101", b"101", b"403", b"403"]
