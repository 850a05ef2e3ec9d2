"""The gateway behind a real HTTP server, in the test's own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn

from hazelgate.gateway.app import create_app
from hazelgate.gateway.settings import Settings
from tests.support.stack import Stack
from tests.support.until import PATIENCE_SECONDS


@asynccontextmanager
async def served_gateway(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the gateway to this stack; its base URL tells where it listens."""
    settings = Settings(
        cluster_name=stack.cluster_name,
        cluster_members=(stack.address,),
        operation_timeout_seconds=2 * PATIENCE_SECONDS,  # what ends before it did not wait for it
    )
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings), port=0, ws="websockets-sansio", log_level="error", lifespan="on")
    )
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not serving.done(), "the server ended as it started"
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=2 * PATIENCE_SECONDS) as http:
            yield http
    finally:
        server.should_exit = True
        await serving
