"""The gateway behind a real HTTP server, in the test's own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from hazelgate.gateway.app import create_app
from hazelgate.gateway.settings import Settings
from hazelgate.gateway.websocket_protocol import DirectWebsocketProtocol
from tests.support.stack import Stack
from tests.support.until import PATIENCE_SECONDS


@asynccontextmanager
async def serving(
    app: ASGIApp, http: Any = "httptools", made: Callable[[uvicorn.Config], uvicorn.Server] | None = None
) -> AsyncIterator[uvicorn.Server]:
    """
    A server of this app that takes connections, with the parts that `hazelgate gateway` has.

    Args:
        http: What it makes of a connection.
        made: What makes the server; `uvicorn.Server` alone where left out.
    """
    server = (made or uvicorn.Server)(
        uvicorn.Config(
            app,
            port=0,
            http=http,
            ws=DirectWebsocketProtocol,
            ws_per_message_deflate=False,
            log_level="error",
            lifespan="on",
        )
    )
    async with started(server):
        yield server


@asynccontextmanager
async def started(server: uvicorn.Server) -> AsyncIterator[uvicorn.Server]:
    """A server from its start to its end; it takes connections meanwhile."""
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not running.done(), "the server ended as it started"
            await asyncio.sleep(0.01)
        yield server
    finally:
        server.should_exit = True
        await running


def port_of(server: uvicorn.Server) -> int:
    """Where it listens."""
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


def client_of(server: uvicorn.Server) -> httpx.AsyncClient:
    """A client of this server; its base URL tells where it listens."""
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port_of(server)}", timeout=2 * PATIENCE_SECONDS)


@asynccontextmanager
async def served_gateway(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the gateway to this stack."""
    settings = Settings(
        cluster_name=stack.cluster_name,
        members=(stack.address,),
        operation_timeout_seconds=2 * PATIENCE_SECONDS,  # what ends before it did not wait for it
    )
    async with serving(create_app(settings)) as server, client_of(server) as http:
        yield http
