"""Each failed request and each lost connection leaves one line in the log, with an id that names it."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from hazelgate import Catalog
from hazelgate.gateway.app import create_app
from hazelgate.gateway.settings import Settings
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster
from tests.support.served import client_of, serving
from tests.support.until import PATIENCE_SECONDS

CUSTOMER = 'query FindCustomer { customer(customerId: "c1") { name } }'
METRICS = "subscription Figures { pipelineMetrics(intervalMs: 100) { pending } }"


@dataclass
class Served:
    """A gateway behind a server, and what it told the log."""

    server: uvicorn.Server
    http: httpx.AsyncClient
    cluster: MemoryCluster
    log: pytest.LogCaptureFixture

    async def post(self, query: str, **headers: str) -> httpx.Response:
        return await self.http.post("/graphql", json={"query": query}, headers=headers)

    @asynccontextmanager
    async def websocket(self, **headers: str) -> AsyncIterator[ClientConnection]:
        """A websocket that has said hello."""
        url = str(self.http.base_url).replace("http", "ws", 1) + "/graphql"
        subprotocol = Subprotocol("graphql-transport-ws")
        async with connect(url, subprotocols=[subprotocol], additional_headers=headers) as websocket:
            await websocket.send('{"type":"connection_init"}')
            assert json.loads(await websocket.recv()) == {"type": "connection_ack"}
            yield websocket

    async def until_all_are_gone(self) -> None:
        """Until the server has noticed that no client is there any more."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.server.server_state.connections:
                await asyncio.sleep(0.01)

    def lines(self) -> list[logging.LogRecord]:
        """What was told so far of failures and connections, whoever told it."""
        return [record for record in self.log.records if record.name.startswith(("hazelgate", "uvicorn"))]

    async def line(self) -> dict[str, Any]:
        """The only line, as soon as it is there: its level, its text and its fields."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self.lines():
                await asyncio.sleep(0.01)
        await self.http.get("/health")  # a second line would have come by now
        [record] = self.lines()
        return vars(record) | {"text": record.getMessage()}


@pytest.fixture
def hello_seconds() -> float:
    """How long a websocket may be silent first: as long as one needs on a machine that is busy."""
    return 60.0


@pytest.fixture
async def gateway(hello_seconds: float, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Served]:
    cluster = MemoryCluster(Processor(Catalog.load("hazelgate.domain")))
    settings = Settings(connection_init_timeout_seconds=hello_seconds, max_subscriptions_per_socket=1)
    async with serving(create_app(settings, cluster=cluster)) as server, client_of(server) as http:
        caplog.set_level(logging.ERROR, logger="uvicorn.error")  # the server's chatter about sockets is not ours
        caplog.set_level(logging.INFO)
        caplog.clear()
        yield Served(server, http, cluster, caplog)


def break_reads(gateway: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(map_name: str, keys: object) -> object:
        raise RuntimeError("the reason")

    monkeypatch.setattr(gateway.cluster, "read", broken)


# ---------------------------------------------------------------- other pages


async def test_an_error_of_another_page_is_masked_with_an_id_that_the_log_has(
    gateway: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object) -> object:
        raise RuntimeError("the reason")

    monkeypatch.setattr(MemoryCluster, "state", broken)
    response = await gateway.http.get("/ready")
    [line] = [vars(each) for each in gateway.lines()]
    assert response.status_code == 500
    [error] = response.json()["errors"]
    assert (error["message"], error["extensions"]) == (
        "internal error",
        {"code": "INTERNAL", "errorId": line["error_id"]},
    )
    assert "the reason" not in response.text
    assert "RuntimeError: the reason" in gateway.log.text
    monkeypatch.undo()


# ---------------------------------------------------------------- requests over HTTP


async def test_a_request_that_goes_well_leaves_no_line(gateway: Served) -> None:
    assert (await gateway.post(CUSTOMER)).json() == {"data": {"customer": None}}
    assert gateway.lines() == []


async def test_an_invalid_document_is_told_as_the_clients_fault(gateway: Served) -> None:
    response = await gateway.post("{ nothing }", **{"x-request-id": "mine-1"})
    line = await gateway.line()
    assert response.headers["x-request-id"] == line["request_id"] == "mine-1"
    assert (line["levelname"], line["error_codes"], line["status"]) == ("INFO", ["GRAPHQL_VALIDATION_FAILED"], 200)
    assert line["text"] == "request mine-1 failed: GRAPHQL_VALIDATION_FAILED"
    assert line["duration_ms"] > 0
    assert line["exc_info"] is None


async def test_a_refused_argument_is_told_with_the_name_of_the_operation(gateway: Served) -> None:
    await gateway.post('query FindCustomer { customer(customerId: " ") { name } }')
    line = await gateway.line()
    assert (line["levelname"], line["error_codes"], line["operation"]) == ("INFO", ["BAD_USER_INPUT"], "FindCustomer")


async def test_a_request_that_is_no_graphql_is_told_with_its_status(gateway: Served) -> None:
    response = await gateway.http.post("/graphql", content=b"nope", headers={"content-type": "application/json"})
    line = await gateway.line()
    assert response.headers["x-request-id"] == line["request_id"]
    assert (line["levelname"], line["error_codes"], line["status"]) == ("INFO", ["BAD_REQUEST"], 400)


async def test_an_unexpected_error_is_told_once_with_its_traceback(
    gateway: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many fields it hits: they carry one id, which is in the line."""
    break_reads(gateway, monkeypatch)
    query = 'query Two { a: customer(customerId: "c1") { name } b: customer(customerId: "c2") { name } }'
    response = await gateway.post(query)
    line = await gateway.line()
    errors = response.json()["errors"]
    assert [error["message"] for error in errors] == ["internal error", "internal error"]
    assert {error["extensions"]["errorId"] for error in errors} == {line["error_id"]}
    assert (line["levelname"], line["operation"], line["error_codes"]) == ("ERROR", "Two", ["INTERNAL"])
    assert gateway.log.text.count("Traceback") == 1
    assert "RuntimeError: the reason" in gateway.log.text


async def test_an_answer_that_can_not_be_written_is_told_once(gateway: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client gets the same 500 as from any web server."""

    def broken(answer: object) -> bytes:
        raise TypeError("the reason")

    monkeypatch.setattr("hazelgate.gateway.graphql.execution.Answer.encode", broken)
    response = await gateway.post(CUSTOMER)
    line = await gateway.line()
    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert response.headers["x-request-id"] == line["request_id"]
    assert (line["levelname"], line["operation"], line["status"]) == ("ERROR", "FindCustomer", 500)
    assert gateway.log.text.count("Traceback") == 1


@pytest.mark.parametrize("given", ["a b", "x" * 129])
async def test_an_id_that_could_do_harm_is_replaced(gateway: Served, given: str) -> None:
    response = await gateway.post("{ __typename }", **{"x-request-id": given})
    assert response.headers["x-request-id"] not in ("", given)


async def test_each_request_without_an_id_gets_another(gateway: Served) -> None:
    first, second = [(await gateway.post("{ __typename }")).headers["x-request-id"] for _ in range(2)]
    assert first != second


# ---------------------------------------------------------------- HTTP clients that go away


async def speak(gateway: Served, text: bytes) -> asyncio.StreamWriter:
    """A connection on which this was said."""
    url = gateway.http.base_url
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(text)
    await writer.drain()
    return writer


def request(body: bytes, length: int | None = None) -> bytes:
    head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\nx-request-id: gone-1\r\n"
    head += f"content-length: {length or len(body)}\r\n"
    return head.encode() + b"content-type: application/json\r\n\r\n" + body


async def test_a_client_that_leaves_while_it_sends_is_told(gateway: Served) -> None:
    writer = await speak(gateway, request(b'{"query"', length=1_000))
    writer.close()
    line = await gateway.line()
    assert (line["levelname"], line["text"]) == ("INFO", "request gone-1: the client went away before its answer")


async def test_a_client_that_leaves_before_its_answer_is_told(gateway: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(map_name: str, keys: list[str]) -> list[None]:
        asked.set()
        await go_on.wait()
        return [None for _ in keys]

    monkeypatch.setattr(gateway.cluster, "read", slow)
    writer = await speak(gateway, request(json.dumps({"query": CUSTOMER}).encode()))
    await asked.wait()
    writer.close()
    await gateway.until_all_are_gone()
    assert gateway.lines() == []
    go_on.set()
    line = await gateway.line()
    assert (line["text"], line["operation"]) == (
        "request gone-1: the client went away before its answer",
        "FindCustomer",
    )


async def test_a_request_that_fails_and_is_left_alone_is_told_in_one_line(
    gateway: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(map_name: str, keys: object) -> object:
        asked.set()
        await go_on.wait()
        raise RuntimeError("the reason")

    monkeypatch.setattr(gateway.cluster, "read", slow)
    writer = await speak(gateway, request(json.dumps({"query": CUSTOMER}).encode()))
    await asked.wait()
    writer.close()
    await gateway.until_all_are_gone()
    go_on.set()
    line = await gateway.line()
    assert (line["error_codes"], line["client_gone"]) == (["INTERNAL"], True)


# ---------------------------------------------------------------- operations on a websocket


async def until_ended(websocket: ClientConnection) -> list[Any]:
    """The server's messages up to the end of an operation."""
    messages: list[Any] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not messages or messages[-1]["type"] not in ("complete", "error"):
            messages.append(json.loads(await websocket.recv()))
    return messages


async def subscribe(websocket: ClientConnection, operation_id: str, query: str) -> None:
    await websocket.send(json.dumps({"type": "subscribe", "id": operation_id, "payload": {"query": query}}))


async def test_a_failed_operation_is_told_with_both_ids(gateway: Served) -> None:
    async with gateway.websocket(**{"x-request-id": "socket-1"}) as websocket:
        assert websocket.response is not None
        assert websocket.response.headers["x-request-id"] == "socket-1"
        await subscribe(websocket, "op-7", 'query Find { customer(customerId: " ") { name } }')
        await until_ended(websocket)
        line = await gateway.line()
    assert (line["connection_id"], line["operation_id"], line["operation"]) == ("socket-1", "op-7", "Find")
    assert (line["levelname"], line["text"]) == ("INFO", "request socket-1/op-7 failed: BAD_USER_INPUT")


async def test_an_operation_id_can_not_forge_a_line(gateway: Served) -> None:
    async with gateway.websocket(**{"x-request-id": "socket-1"}) as websocket:
        await subscribe(websocket, "7\nERROR forged", "{ nothing }")
        await until_ended(websocket)
        line = await gateway.line()
    assert line["text"] == r"request socket-1/'7\nERROR forged' failed: GRAPHQL_VALIDATION_FAILED"


async def test_one_operation_too_many_is_told(gateway: Served) -> None:
    async with gateway.websocket() as websocket:
        await subscribe(websocket, "1", METRICS)
        await subscribe(websocket, "2", METRICS)
        await until_ended(websocket)
        line = await gateway.line()
    assert (line["operation_id"], line["error_codes"]) == ("2", ["TOO_MANY_OPERATIONS"])


async def test_a_subscription_that_fails_again_and_again_is_told_once(
    gateway: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(info: object) -> object:
        return RuntimeError("the reason")  # as the stream gives the error of a cluster that is away

    monkeypatch.setattr("hazelgate.subscriptions.event_streams._figures", broken)
    async with gateway.websocket() as websocket:
        await subscribe(websocket, "1", METRICS)
        for _ in range(3):
            message = json.loads(await websocket.recv())
            assert message["payload"]["errors"][0]["message"] == "internal error"
        line = await gateway.line()
    assert (line["levelname"], line["operation"], line["error_codes"]) == ("ERROR", "Figures", ["INTERNAL"])


# ---------------------------------------------------------------- websockets that are lost


async def test_a_websocket_that_says_goodbye_leaves_no_line(gateway: Served) -> None:
    async with gateway.websocket() as websocket:
        await subscribe(websocket, "1", METRICS)
        await websocket.recv()
    await gateway.until_all_are_gone()
    assert gateway.lines() == []


async def test_a_websocket_that_says_goodbye_before_it_says_hello_leaves_no_line(gateway: Served) -> None:
    url = str(gateway.http.base_url).replace("http", "ws", 1) + "/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]):
        pass
    await gateway.until_all_are_gone()
    assert gateway.lines() == []


async def test_a_websocket_that_breaks_is_told_with_what_ran_on_it(gateway: Served) -> None:
    async with gateway.websocket(**{"x-request-id": "socket-1"}) as websocket:
        await subscribe(websocket, "1", METRICS)
        await websocket.recv()
        websocket.transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        line = await gateway.line()
    assert (line["levelname"], line["connection_id"], line["operations"]) == ("INFO", "socket-1", 1)
    assert line["text"].startswith("websocket socket-1 lost: ")


@pytest.mark.parametrize(
    ("message", "code"),
    [("nope", 4400), ('{"type":"connection_init"}', 4429), ('{"type":"subscribe","payload":{"query":"{a}"}}', 4400)],
)
async def test_a_websocket_that_breaks_the_protocol_is_told_with_the_code(
    gateway: Served, message: str, code: int
) -> None:
    async with gateway.websocket(**{"x-request-id": "socket-1"}) as websocket:
        await websocket.send(message)
        await websocket.wait_closed()
        assert websocket.close_code == code
        line = await gateway.line()
    assert (line["levelname"], line["close_code"]) == ("INFO", code)
    assert line["text"].startswith(f"websocket socket-1 closed: {code} ")


@pytest.mark.parametrize("hello_seconds", [0.2])
async def test_a_websocket_that_never_says_hello_is_told(gateway: Served) -> None:
    url = str(gateway.http.base_url).replace("http", "ws", 1) + "/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as websocket:
        await websocket.wait_closed()
        line = await gateway.line()
    assert line["close_code"] == 4408


async def test_a_websocket_of_another_protocol_is_told(gateway: Served) -> None:
    url = str(gateway.http.base_url).replace("http", "ws", 1) + "/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-ws")]) as websocket:
        await websocket.wait_closed()
        line = await gateway.line()
    assert line["close_code"] == 4406


async def test_an_unexpected_error_of_a_websocket_is_told_once(
    gateway: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> object:
        raise RuntimeError("the reason")

    async with gateway.websocket(**{"x-request-id": "socket-1"}) as websocket:
        monkeypatch.setattr("hazelgate.gateway.transports.websocket._decode_request", broken)
        await subscribe(websocket, "1", METRICS)
        line = await gateway.line()
    assert (line["levelname"], line["connection_id"]) == ("ERROR", "socket-1")
    assert gateway.log.text.count("Traceback") == 1


# ---------------------------------------------------------------- the cluster


async def test_a_cluster_that_is_lost_and_back_is_told_once_each(gateway: Served) -> None:
    gateway.cluster.disconnect()
    lost = await gateway.line()
    assert (lost["levelname"], lost["client"]) == ("WARNING", "memory")
    assert lost["text"] == "cluster memory is lost: no member of the cluster answers"
    gateway.log.clear()
    gateway.cluster.connect()
    back = await gateway.line()
    assert (back["levelname"], back["text"]) == ("INFO", "cluster memory is connected: ready")


async def test_a_request_to_a_cluster_that_is_away_is_told_as_a_warning(gateway: Served) -> None:
    gateway.cluster.disconnect()
    gateway.log.clear()
    await gateway.post(CUSTOMER)
    line = await gateway.line()
    assert (line["levelname"], line["error_codes"]) == ("WARNING", ["PIPELINE_UNAVAILABLE"])
    assert line["exc_info"] is None
