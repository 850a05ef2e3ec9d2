"""
Many websocket clients that cost little: they count the results that arrive, and read a few of them.

A client that parsed each frame would need more of the machine than the server that is measured.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import time
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

_NEXT = b'"type":"next"'
_SUBMITTED = b'"timestamp":"'
_INSTANT_LENGTH = len("2026-01-01T00:00:00.000000Z")


@dataclass
class Received:
    """What has come to all clients. Delays are in milliseconds, from the submission of the event."""

    results: int = 0
    size_bytes: int = 0
    delays: list[float] = field(default_factory=list)


class _Client(asyncio.Protocol):
    """One client with one subscription."""

    def __init__(self, host: str, path: str, request: bytes, received: Received, *, reads: bool) -> None:
        self._host, self._path, self._request = host, path, request
        self._received = received
        self._reads = reads
        self._rest = b""
        self.subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self.subscribed.done():
            self._greet(data)
            return
        data = self._rest + data
        count = data.count(_NEXT)
        if count:
            self._received.results += count
            self._received.size_bytes += len(data)
            if self._reads:
                self._note_delays(data)
            # A result is counted by its beginning: what is behind the last one can't be the beginning of another.
            data = data[data.rindex(_NEXT) + len(_NEXT) :]
        self._rest = data[-(len(_NEXT) - 1) :]

    def _greet(self, data: bytes) -> None:
        self._rest += data
        if b"101 Switching" in self._rest and b"\r\n\r\n" in self._rest:
            self._rest = b""
            self.transport.write(_masked(b'{"type":"connection_init"}'))
        elif b"connection_ack" in self._rest:
            self._rest = b""
            self.transport.write(_masked(self._request))
            self.subscribed.set_result(None)

    def _note_delays(self, data: bytes) -> None:
        now = time.time()
        at = data.find(_SUBMITTED)
        while at >= 0:
            at += len(_SUBMITTED)
            text = data[at : at + _INSTANT_LENGTH].decode()
            if len(text) == _INSTANT_LENGTH:
                self._received.delays.append((now - datetime.fromisoformat(text).timestamp()) * 1_000)
            at = data.find(_SUBMITTED, at)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.subscribed.done():
            self.subscribed.set_exception(error or ConnectionError("closed before it had subscribed"))


def _masked(payload: bytes) -> bytes:
    """A text frame of a client; masked with zeros, which change nothing."""
    length = len(payload)
    head = struct.pack("!BB", 0x81, 0x80 | length) if length <= 125 else struct.pack("!BBH", 0x81, 0xFE, length)
    return head + bytes(4) + payload


class Subscribers:
    """
    Clients of one server.

    Args:
        url: Of its websocket.
        read_every: Of so many clients one reads the delays.
    """

    def __init__(self, url: str, *, read_every: int = 20) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port or 80, parts.path
        self._read_every = read_every
        self._clients: list[_Client] = []
        self.received = Received()

    async def subscribe(self, query: str, variables: list[dict[str, object]]) -> None:
        """Open a client for each of these variables; all have the same operation id."""
        loop = asyncio.get_running_loop()
        for number, each in enumerate(variables):
            message = {"id": "1", "type": "subscribe", "payload": {"query": query, "variables": each}}
            client = _Client(
                f"{self._host}:{self._port}",
                self._path,
                json.dumps(message).encode(),
                self.received,
                reads=number % self._read_every == 0,
            )
            await loop.create_connection(lambda client=client: client, self._host, self._port)  # type: ignore[misc]
            await asyncio.wait_for(client.subscribed, 30)
            self._clients.append(client)

    def close(self) -> None:
        """Close all of them, without a word."""
        for client in self._clients:
            client.transport.abort()
