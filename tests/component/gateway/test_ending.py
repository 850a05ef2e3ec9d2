"""A gateway that is told to end answers what runs, and closes its sockets so that clients come back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hazelgate import Catalog
from hazelgate.gateway.app import create_app
from hazelgate.gateway.server import EndingServer
from hazelgate.gateway.settings import Settings
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster
from tests.support.gateway import CREATE_CUSTOMER
from tests.support.served import client_of, serving

GIVEN = {"customerId": "c1", "name": "Ada", "email": "a@example.org"}
WAITING = {"query": CREATE_CUSTOMER, "variables": {"input": GIVEN, "options": {"eventId": "e1", "timeoutMs": 60_000}}}


@asynccontextmanager
async def ending(drain_seconds: float) -> AsyncIterator[tuple[EndingServer, httpx.AsyncClient, MemoryCluster]]:
    settings = Settings()
    cluster = MemoryCluster(Processor(Catalog.load(settings.domain)))
    app = create_app(settings, cluster=cluster)
    made = partial(EndingServer, ending=app.state.ending, drain_seconds=drain_seconds)
    async with serving(app, made=made) as server, client_of(server) as http:
        assert isinstance(server, EndingServer)
        yield server, http, cluster


async def socket_of(server: uvicorn.Server) -> ClientConnection:
    port = server.servers[0].sockets[0].getsockname()[1]
    socket = await connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=["graphql-transport-ws"])  # type: ignore[list-item]
    await socket.send('{"type":"connection_init"}')
    assert orjson.loads(await socket.recv()) == {"type": "connection_ack"}
    return socket


async def test_a_waiting_mutation_is_told_that_it_may_be_on_its_way() -> None:
    """It was answered with 500 and plain text."""
    async with ending(0) as (server, http, cluster):
        cluster.hold()
        waiting = asyncio.create_task(http.post("/graphql", json=WAITING))
        while not server.server_state.tasks:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        server.should_exit = True
        response = await waiting
        assert (response.status_code, response.headers["content-type"]) == (200, "application/json; charset=utf-8")
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] == "TIMED_OUT"
        assert "send it again with the same eventId" in error["message"]


async def test_ready_drops_before_connections_are_refused() -> None:
    async with ending(1.5) as (server, http, _):
        assert (await http.get("/ready")).status_code == 200
        server.should_exit = True
        while (response := await http.get("/ready")).status_code == 200:
            await asyncio.sleep(0.01)
        assert response.json()["problem"] == "the gateway ends"
        answer: Any = (await http.post("/graphql", json={"query": "{ __typename }"})).json()
        assert answer == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("drain_seconds", [0.0, 0.5])
async def test_sockets_close_with_a_code_after_which_clients_connect_again(drain_seconds: float) -> None:
    async with ending(drain_seconds) as (server, _, _):
        sockets = [await socket_of(server) for _ in range(5)]
        server.should_exit = True
        for each in sockets:
            with pytest.raises(ConnectionClosed):
                await each.recv()
            assert each.close_code == 1012


async def test_a_mutation_over_a_websocket_is_answered_before_its_socket_closes() -> None:
    """The socket closed under it, and its client did not know whether to send it again."""
    async with ending(0) as (server, _, cluster):
        cluster.hold()
        socket = await socket_of(server)
        await socket.send(orjson.dumps({"type": "subscribe", "id": "1", "payload": WAITING}).decode())
        await socket.send('{"type":"ping"}')
        assert orjson.loads(await socket.recv()) == {"type": "pong"}
        server.should_exit = True
        message = orjson.loads(await socket.recv())
        assert (message["id"], message["type"]) == ("1", "next")
        [error] = message["payload"]["errors"]
        assert error["extensions"]["code"] == "TIMED_OUT"
        assert "may be on its way" in error["message"]
        assert orjson.loads(await socket.recv())["type"] == "complete"
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1012


async def test_while_a_mutation_is_waited_for_its_socket_takes_nothing_new() -> None:
    async with ending(0.5) as (server, _, cluster):
        cluster.hold()
        socket = await socket_of(server)
        await socket.send(orjson.dumps({"type": "subscribe", "id": "1", "payload": WAITING}).decode())
        server.should_exit = True
        codes: set[str] = set()
        with contextlib.suppress(ConnectionClosed):
            for number in range(2, 1_000):
                payload = {"query": "{ __typename }"}
                await socket.send(orjson.dumps({"type": "subscribe", "id": str(number), "payload": payload}).decode())
                message = orjson.loads(await socket.recv())
                if message["type"] == "error":
                    codes |= {each["extensions"]["code"] for each in message["payload"]}
                await asyncio.sleep(0.01)
        assert (codes, socket.close_code) == ({"SHUTTING_DOWN"}, 1012)
