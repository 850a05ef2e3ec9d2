"""One HTTP connection to a gateway as uvicorn serves it, down to the bytes, with a transport in place of a network."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from uvicorn.server import ServerState

from hazelgate import Catalog
from hazelgate.gateway.app import create_app
from hazelgate.gateway.door.connections import BoundedHttpProtocol
from hazelgate.gateway.server import configuration
from hazelgate.gateway.settings import Settings
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster

_END = b"\r\n\r\n"
_OF_ONE = re.compile(rb"(?<=x-request-id: )[^\r]*|[0-9a-f]{32}")
"""What differs from answer to answer, whichever way a request takes."""


class Line(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written = b""
        self.is_closed = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Connection:
    """A client's end of one connection."""

    def __init__(self, config: uvicorn.Config, state: ServerState) -> None:
        self.line = Line()
        made: Any = config.http_protocol_class
        self.server: BoundedHttpProtocol = made(config=config, server_state=state, app_state={})
        self.server.connection_made(cast(asyncio.Transport, self.line))

    def send(self, data: bytes) -> None:
        """Send some bytes in one piece."""
        self.server.data_received(data)

    async def answer(self) -> bytes:
        """The next answer, whole, without what differs from answer to answer."""
        async with asyncio.timeout(30):
            while (found := self._first()) is None:
                await asyncio.sleep(0.001)
        return _OF_ONE.sub(b"", found)

    async def ask(self, request: bytes) -> bytes:
        """The answer to a request that is sent in one piece."""
        self.send(request)
        return await self.answer()

    def _first(self) -> bytes | None:
        head, end, rest = self.line.written.partition(_END)
        if not end:
            return None
        [length] = re.findall(rb"content-length: (\d+)", head)
        if len(rest) < int(length):
            return None
        self.line.written = rest[int(length) :]
        return head + end + rest[: int(length)]


@dataclass
class Door:
    """A gateway that is served, and the cluster in memory behind it."""

    app: Starlette
    cluster: MemoryCluster
    config: uvicorn.Config
    state: ServerState = field(default_factory=ServerState)

    def connect(self) -> Connection:
        return Connection(self.config, self.state)


@asynccontextmanager
async def open_door(settings: Settings) -> AsyncIterator[Door]:
    """A gateway with these settings."""
    cluster = MemoryCluster(Processor(Catalog.load(settings.domain)))
    app = create_app(settings, cluster=cluster)
    config = configuration(settings, app)
    config.load()
    async with app.router.lifespan_context(app):
        yield Door(app, cluster, config)


def post(body: bytes, *more: str) -> bytes:
    """A program's request."""
    head = ("POST /graphql HTTP/1.1", "Host: localhost", "Content-Type: application/json", *more)
    return ("\r\n".join(head) + f"\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
