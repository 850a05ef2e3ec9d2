"""
Many websocket clients that cost little: they count the results that arrive, and look into a few of them.

A client that parsed each result would need more of the machine than the server that is measured.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from urllib.parse import urlsplit

_TEXT, _PING, _PONG = 0x81, 0x89, 0x8A
_NEXT = b'"type":"next"'
_HEAD_LENGTH = 40
"""A result says within so many bytes that it is one."""
_SUBMITTED = b'"timestamp":"'
_INSTANT_LENGTH = len("2026-01-01T00:00:00.000000Z")


@dataclass
class Received:
    """What has come to all clients. Delays are in milliseconds, from the submission of the event."""

    results: int = 0
    size_bytes: int = 0
    delays: list[float] = field(default_factory=list)


class _Client(asyncio.Protocol):
    """One client with one subscription, or with none."""

    def __init__(self, host: str, path: str, request: bytes | None, received: Received, *, reads: bool) -> None:
        self._host, self._path, self._request = host, path, request
        self._received = received
        self._reads = reads
        self._rest = b""
        self._is_open = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        transport.write(handshake(self._host, self._path))

    def data_received(self, data: bytes) -> None:
        if not self._is_open:
            self._rest += data
            _, end, data = self._rest.partition(b"\r\n\r\n")
            if not end:
                return
            self._is_open = True
            self._rest = b""
            self.transport.write(masked_text(b'{"type":"connection_init"}'))
        data = self._rest + data
        at = 0
        while (found := _frame(data, at)) is not None:
            opcode, begin, at = found
            if opcode == _PING:  # who answers none is taken for gone
                self.transport.write(_masked(_PONG, data[begin:at]))
            elif data.find(_NEXT, begin, begin + _HEAD_LENGTH) >= 0:
                self._received.results += 1
                self._received.size_bytes += at - begin
                if self._reads:
                    self._note_delay(data, begin, at)
            elif data.find(b"connection_ack", begin, at) >= 0:
                if self._request is not None:
                    self.transport.write(masked_text(self._request))
                self.ready.set_result(None)
        self._rest = data[at:]

    def _note_delay(self, data: bytes, begin: int, end: int) -> None:
        at = data.find(_SUBMITTED, begin, end)
        if at >= 0:
            at += len(_SUBMITTED)
            submitted = datetime.fromisoformat(data[at : at + _INSTANT_LENGTH].decode())
            self._received.delays.append((time.time() - submitted.timestamp()) * 1_000)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionError("closed before it was acknowledged"))


def handshake(host: str, path: str) -> bytes:
    """What a client says first."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    ).encode()


def _frame(data: bytes, at: int) -> tuple[int, int, int] | None:
    """First byte of a server's frame, begin and end of its payload; None where it is not all there."""
    if len(data) < at + 2:
        return None
    begin, length = at + 2, data[at + 1]
    if length >= 126:
        size = 2 if length == 126 else 8
        begin += size
        length = int.from_bytes(data[begin - size : begin], "big")
    return (data[at], begin, begin + length) if begin + length <= len(data) else None


def _masked(opcode: int, payload: bytes) -> bytes:
    """A frame of a client; masked with zeros, which change nothing."""
    length = len(payload)
    head = struct.pack("!BB", opcode, 0x80 | length) if length <= 125 else struct.pack("!BBH", opcode, 0xFE, length)
    return head + bytes(4) + payload


def masked_text(payload: bytes) -> bytes:
    """A text message of a client."""
    return _masked(_TEXT, payload)


class Subscribers:
    """
    Clients of one server.

    Args:
        url: Of its websocket.
        read_every: Of so many clients one reads the delays.
        addresses: Where they come from, one after the other; None: where the system says.
    """

    def __init__(self, url: str, *, read_every: int = 20, addresses: Sequence[str] | None = None) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port or 80, parts.path
        self._read_every = read_every
        self._places = itertools.cycle([None] if addresses is None else [(each, 0) for each in addresses])
        self._clients: list[_Client] = []
        self.received = Received()

    async def subscribe(self, query: str, variables: list[dict[str, object]]) -> None:
        """Open a client for each of these variables; all have the same operation id."""
        for number, each in enumerate(variables):
            message = {"id": "1", "type": "subscribe", "payload": {"query": query, "variables": each}}
            await self._open(json.dumps(message).encode(), reads=number % self._read_every == 0)

    async def idle(self, count: int) -> None:
        """Open so many clients that are acknowledged, and subscribe to nothing."""
        for _ in range(count):
            await self._open(None, reads=False)

    async def _open(self, request: bytes | None, *, reads: bool) -> None:
        client = _Client(f"{self._host}:{self._port}", self._path, request, self.received, reads=reads)
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: client, self._host, self._port, local_addr=next(self._places))
        await asyncio.wait_for(client.ready, 30)
        self._clients.append(client)

    def close(self) -> None:
        """Close all of them, without a word."""
        for client in self._clients:
            client.transport.abort()
        self._clients.clear()
