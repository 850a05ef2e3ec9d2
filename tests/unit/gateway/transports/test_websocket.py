"""graphql-transport-ws, message by message."""

import asyncio
from typing import Any

import pytest

from hazelgate.gateway.settings import Settings
from tests.support.gateway import Closed, Gateway, create_customer, running_gateway

EVENTS = (
    "subscription { events { ... on EventNotice { event { eventType aggregateId } } ... on Discontinuity { reason } } }"
)


async def test_a_query_over_the_socket_is_answered_once_and_completed(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await socket.subscribe("1", "{ __typename }")
        assert await socket.receive() == {"id": "1", "type": "next", "payload": {"data": {"__typename": "Query"}}}
        assert await socket.receive() == {"id": "1", "type": "complete"}


async def test_a_mutation_over_the_socket_is_answered(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await socket.subscribe("1", 'mutation { confirmOrder(input: {orderId: "o"}) { __typename } }')
        assert (await socket.receive())["payload"] == {"data": {"confirmOrder": {"__typename": "EventRejected"}}}


async def test_a_ping_is_answered_before_and_after_the_init(gateway: Gateway) -> None:
    async with gateway.websocket(init=False) as socket:
        await socket.send({"type": "ping", "payload": {"a": 1}})
        assert await socket.receive() == {"type": "pong"}
        await socket.send({"type": "connection_init", "payload": {"token": "x"}})
        assert await socket.receive() == {"type": "connection_ack"}
        await socket.send({"type": "pong"})
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def closing(gateway: Gateway, *messages: Any, init: bool = True) -> int:
    """The code with which the socket closes after these messages."""
    async with gateway.websocket(init=init) as socket:
        for message in messages:
            await socket.send(message)
        try:
            while True:
                await socket.receive()
        except Closed as closed:
            return closed.code


SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": EVENTS}}


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        "null",
        '"ping"',
        {},
        {"type": "start", "id": "1"},
        {"type": "subscribe", "payload": {"query": "{ __typename }"}},
        {"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}},
        {"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": "1", "payload": {"query": 1}},
        {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": "x"}},
        '{"type": "ping", "payload": ' + "[" * 10_000 + "]" * 10_000 + "}",
    ],
)
async def test_a_message_that_is_none_closes_the_socket_with_4400(gateway: Gateway, message: Any) -> None:
    assert await closing(gateway, message) == 4400


async def test_a_binary_message_closes_the_socket_with_4400(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await socket.send_bytes(b'{"type": "ping"}')
        with pytest.raises(Closed, match="4400"):
            await socket.receive()


async def test_subscribing_before_the_init_closes_with_4401(gateway: Gateway) -> None:
    assert await closing(gateway, SUBSCRIBE, init=False) == 4401


async def test_a_second_init_closes_with_4429(gateway: Gateway) -> None:
    assert await closing(gateway, {"type": "connection_init"}) == 4429


async def test_an_init_whose_payload_is_no_object_closes_with_4400(gateway: Gateway) -> None:
    assert await closing(gateway, {"type": "connection_init", "payload": "x"}, init=False) == 4400


async def test_an_id_in_use_closes_with_4409(gateway: Gateway) -> None:
    assert await closing(gateway, SUBSCRIBE, SUBSCRIBE) == 4409


async def test_without_an_init_in_time_the_socket_closes_with_4408() -> None:
    async with running_gateway(Settings(connection_init_timeout_seconds=0.05)) as gateway:
        assert await closing(gateway, {"type": "ping"}, init=False) == 4408


async def test_once_initialised_the_init_timeout_is_over() -> None:
    async with (
        running_gateway(Settings(connection_init_timeout_seconds=0.05)) as gateway,
        gateway.websocket() as socket,
    ):
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.2)
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


@pytest.mark.parametrize("subprotocol", ["graphql-ws", "chat"])
async def test_another_subprotocol_closes_with_4406(gateway: Gateway, subprotocol: str) -> None:
    async with gateway.websocket(init=False, subprotocol=subprotocol) as socket:
        with pytest.raises(Closed, match="4406"):
            await socket.receive()


async def test_a_message_that_is_too_long_closes_with_1009() -> None:
    async with running_gateway(Settings(max_body_bytes=1_024)) as gateway:
        assert await closing(gateway, {"type": "ping", "payload": {"a": "x" * 1_100}}) == 1009


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { events { __typename } productChanged { __typename } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription($i: Int!) { pipelineMetrics(intervalMs: $i) { pending } }", "BAD_USER_INPUT"),
        ("subscription { pipelineMetrics(intervalMs: 1) { pending } }", "BAD_USER_INPUT"),
        ('subscription { events(types: ["Nope"]) { __typename } }', "BAD_USER_INPUT"),
        ('subscription { orderChanged(orderId: "a@b") { __typename } }', "BAD_USER_INPUT"),
        ('subscription { events(after: "x") { __typename } }', "BAD_USER_INPUT"),
        ('subscription { orderChanged(after: "x") { __typename } }', "BAD_USER_INPUT"),
    ],
)
async def test_an_operation_that_will_not_do_ends_alone(gateway: Gateway, query: str, code: str) -> None:
    """Its error names it; another operation of the socket goes on, and the id is free again."""
    async with gateway.websocket() as socket:
        await socket.subscribe("good", EVENTS)
        await socket.subscribe("bad", query)
        message = await socket.receive()
        assert (message["type"], message["id"]) == ("error", "bad")
        assert {error["extensions"]["code"] for error in message["payload"]} == {code}
        await create_customer(gateway, "c1")
        assert (await socket.receive())["id"] == "good"
        await socket.subscribe("bad", "{ __typename }")
        assert (await socket.receive())["id"] == "bad"


def torn(message: str) -> str:
    """The message with half a character for `CUT`, and a query for `QUERY`."""
    return message.replace("CUT", r'"\ud83d"').replace("QUERY", '"query": "query($a: JSON) { __typename }"')


@pytest.mark.parametrize(
    "message",
    [
        '{"id": "bad", "type": "subscribe", "payload": {QUERY, "variables": {"a": CUT}}}',
        '{"type": "subscribe", "payload": {QUERY, "variables": {"id": "x", "a": CUT}}, "id": "bad"}',
        '{"id": "bad", "type": "subscribe", "payload": {"query": CUT}}',
        '{"id": "bad", "type": "subscribe", "payload": {QUERY, "operationName": CUT}}',
        '{"id": "bad", "type": "subscribe", "payload": {QUERY, "variables": {"a": NaN}}}',
        '{"id": "bad", "type": "subscribe", "payload": {QUERY, "variables": {"a": ' + "[" * 5_000 + "]" * 5_000 + "}}}",
    ],
)
async def test_an_operation_that_can_not_be_read_ends_alone(gateway: Gateway, message: str) -> None:
    """A cut emoji closed the socket, with all that ran on it."""
    async with gateway.websocket() as socket:
        await socket.subscribe("good", EVENTS)
        await socket.send(torn(message))
        told = await socket.receive()
        assert (told["type"], told["id"]) == ("error", "bad")
        assert told["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        await create_customer(gateway, "c1")
        assert (await socket.receive())["id"] == "good"


@pytest.mark.parametrize(
    "message",
    [
        '{"id": "bad", "type": "subscribe", "payload": {',
        '{"id": "bad", "type": "subscribe", "payload": "' + '\\"' * 100_000,
        '{"id": CUT, "type": "subscribe", "payload": {QUERY}}',
        '{"type": "subscribe", "payload": {"id": "bad", QUERY, "variables": {"a": CUT}}}',
        '{"id": "bad", "type": "complete", "payload": CUT}',
        '["id", "bad", "type", "subscribe", CUT]',
    ],
)
async def test_what_can_not_be_read_and_names_no_operation_closes_with_4400(gateway: Gateway, message: str) -> None:
    assert await closing(gateway, torn(message)) == 4400


async def test_a_completed_operation_is_heard_no_more(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await socket.subscribe("1", EVENTS)
        await socket.subscribe("2", EVENTS)
        await socket.settle()
        await socket.send({"type": "complete", "id": "1"})
        await socket.settle()
        await create_customer(gateway, "c1")
        assert (await socket.receive())["id"] == "2"
        await socket.settle()
        assert socket.waiting == 0


async def test_completing_what_does_not_run_is_no_error(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await socket.send({"type": "complete", "id": "unknown"})
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def test_more_operations_than_allowed_are_refused_one_by_one() -> None:
    async with running_gateway(Settings(max_subscriptions_per_socket=1)) as gateway, gateway.websocket() as socket:
        await socket.subscribe("1", EVENTS)
        await socket.subscribe("2", EVENTS)
        message = await socket.receive()
        assert (message["id"], message["payload"][0]["extensions"]["code"]) == ("2", "TOO_MANY_OPERATIONS")
        await create_customer(gateway, "c1")
        assert (await socket.receive())["id"] == "1"


async def test_a_client_that_leaves_takes_its_operations_along(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await socket.subscribe("1", EVENTS)
        await socket.settle()
        assert "hazelgate_subscribers 1.0" in (await gateway.http.get("/metrics")).text
    await asyncio.sleep(0)
    text = (await gateway.http.get("/metrics")).text
    assert "hazelgate_subscribers 0.0" in text
    assert "hazelgate_websockets 0.0" in text
