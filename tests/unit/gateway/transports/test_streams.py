"""Server-sent events in both modes, and Apollo's multipart subscriptions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hazelgate.gateway.settings import Settings
from hazelgate.gateway.transports.forms import EventsForm, PartsForm
from hazelgate.gateway.transports.streams import takes_parts
from tests.support.gateway import Gateway, create_customer, running_gateway
from tests.support.streaming import Streaming, streaming
from tests.support.until import until

EVENTS = "text/event-stream"
PARTS = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
CREATED = 'subscription { customerChanged(customerId: "c1") { ... on CustomerChange { customer { name } } } }'
METRICS = "subscription { pipelineMetrics(intervalMs: 100) { pending } }"
NAME = {"data": {"customerChanged": {"customer": {"name": "Ada"}}}}


def events(gateway: Gateway, query: str, **more: Any) -> Any:
    return streaming(gateway.app, body={"query": query}, accept=EVENTS, **more)


async def until_subscribed(gateway: Gateway, number: int = 1) -> None:
    await until_told(gateway, f"hazelgate_subscribers {number:.1f}")


async def until_told(gateway: Gateway, line: str) -> None:
    """Until the metrics have that line."""
    async with asyncio.timeout(5):
        while line not in (await gateway.http.get("/metrics")).text:
            await asyncio.sleep(0.01)


# ---------------------------------------------------------------- distinct connections


async def test_a_subscription_comes_as_events(gateway: Gateway) -> None:
    async with events(gateway, CREATED) as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        await until_subscribed(gateway)
        await create_customer(gateway, "c1")
        assert await stream.event() == ("next", NAME)
    await until_subscribed(gateway, 0)


async def test_a_query_comes_as_one_event_where_the_client_takes_nothing_else(gateway: Gateway) -> None:
    async with events(gateway, "{ __typename }") as stream:
        assert await stream.event() == ("next", {"data": {"__typename": "Query"}})
        assert await stream.event() == ("complete", None)
        await stream.ended()


async def test_a_query_is_plain_json_where_the_client_takes_that(gateway: Gateway) -> None:
    """urql says of every request that it takes events, too."""
    response = await gateway.http.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"accept": f"application/json, {EVENTS}, multipart/mixed"}
    )
    assert response.json() == {"data": {"__typename": "Query"}}


async def test_a_browsers_event_source_asks_with_get(gateway: Gateway) -> None:
    async with streaming(gateway.app, "GET", query_string="query=%7B__typename%7D", accept=EVENTS) as stream:
        assert await stream.event() == ("next", {"data": {"__typename": "Query"}})


async def test_a_mutation_is_not_run_by_get(gateway: Gateway) -> None:
    asked = "query=mutation%7BretryDeadLetter(id%3A%221%22)%7B__typename%7D%7D"
    async with streaming(gateway.app, "GET", query_string=asked, accept=EVENTS) as stream:
        assert stream.status in (400, 405)


@pytest.mark.parametrize(
    ("query", "code"), [("{ nothing }", "GRAPHQL_VALIDATION_FAILED"), ("{", "GRAPHQL_PARSE_FAILED")]
)
async def test_an_invalid_document_is_told_in_the_stream(gateway: Gateway, query: str, code: str) -> None:
    """An EventSource tells its page nothing of any other status."""
    async with events(gateway, query) as stream:
        assert stream.status == 200
        name, body = await stream.event()
        assert (name, body["errors"][0]["extensions"]["code"]) == ("next", code)
        assert (await stream.event())[0] == "complete"
        await stream.ended()


async def test_a_field_that_refuses_is_told_in_the_stream(gateway: Gateway) -> None:
    async with events(gateway, "subscription { pipelineMetrics(intervalMs: 1) { pending } }") as stream:
        _, body = await stream.event()
        assert body["errors"][0]["extensions"]["field"] == "intervalMs"
        assert (await stream.event())[0] == "complete"


async def test_a_silent_stream_has_a_heartbeat(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventsForm, "beat_seconds", 0.05)
    async with events(gateway, CREATED) as stream:
        for _ in range(3):
            assert await stream.until(b"\n\n") == b":"


async def test_a_client_that_reads_nothing_loses_its_stream() -> None:
    settings = Settings(websocket_stall_timeout_seconds=0.1)
    async with running_gateway(settings) as gateway, events(gateway, METRICS) as stream:
        await stream.event()
        stream.may_send.clear()
        await until_told(gateway, "hazelgate_websockets_stalled_total 1.0")


async def test_a_gateway_that_ends_cuts_the_stream_so_that_the_client_comes_back(gateway: Gateway) -> None:
    async with events(gateway, CREATED) as stream:
        await until_subscribed(gateway)
        gateway.app.state.ending.begin(0.0)
        await stream.ended()
        assert b"complete" not in stream.received


# ---------------------------------------------------------------- a single connection


async def reserve(gateway: Gateway) -> str:
    response = await gateway.http.put("/graphql/stream")
    assert (response.status_code, response.headers["content-type"]) == (201, "text/plain; charset=utf-8")
    return response.text


async def start(gateway: Gateway, token: str, operation_id: str, query: str) -> int:
    body = {"query": query, "extensions": {"operationId": operation_id}}
    response = await gateway.http.post("/graphql/stream", json=body, headers={"x-graphql-event-stream-token": token})
    return response.status_code


def opened(gateway: Gateway, token: str) -> Any:
    return streaming(gateway.app, "GET", "/graphql/stream", query_string=f"token={token}", accept=EVENTS)


async def test_several_operations_share_one_stream(gateway: Gateway) -> None:
    token = await reserve(gateway)
    async with opened(gateway, token) as stream:
        assert await start(gateway, token, "a", CREATED) == 202
        await until_subscribed(gateway)
        assert await start(gateway, token, "b", "{ __typename }") == 202
        assert await stream.event() == ("next", {"id": "b", "payload": {"data": {"__typename": "Query"}}})
        assert await stream.event() == ("complete", {"id": "b"})
        await create_customer(gateway, "c1")
        assert await stream.event() == ("next", {"id": "a", "payload": NAME})
        asked = {"operationId": "a", "token": token}
        assert (await gateway.http.delete("/graphql/stream", params=asked)).status_code == 200
        await until_subscribed(gateway, 0)


async def test_an_invalid_operation_is_told_in_the_stream(gateway: Gateway) -> None:
    token = await reserve(gateway)
    async with opened(gateway, token) as stream:
        assert await start(gateway, token, "a", "{ nothing }") == 202
        name, data = await stream.event()
        assert (name, data["id"]) == ("next", "a")
        assert data["payload"]["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert await stream.event() == ("complete", {"id": "a"})


async def test_a_token_opens_one_stream_once(gateway: Gateway) -> None:
    token = await reserve(gateway)
    async with opened(gateway, token), opened(gateway, token) as second:
        assert second.status == 409
    async with opened(gateway, token) as third:
        assert third.status == 404


async def test_what_nobody_has_reserved_is_not_found(gateway: Gateway) -> None:
    assert await start(gateway, "guess", "a", "{ __typename }") == 404
    async with opened(gateway, "guess") as stream:
        assert stream.status == 404


async def test_an_id_is_used_once_at_a_time(gateway: Gateway) -> None:
    token = await reserve(gateway)
    async with opened(gateway, token):
        assert await start(gateway, token, "a", METRICS) == 202
        assert await start(gateway, token, "a", METRICS) == 409
        assert await start(gateway, token, "", METRICS) == 400


async def test_so_many_operations_run_on_a_stream_and_no_more() -> None:
    async with running_gateway(Settings(max_subscriptions_per_socket=1)) as gateway:
        token = await reserve(gateway)
        async with opened(gateway, token) as stream:
            await start(gateway, token, "a", CREATED)
            await start(gateway, token, "b", CREATED)
            _, data = await stream.event()
            assert data["payload"]["errors"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"


async def test_a_reservation_ends_unless_it_is_used() -> None:
    async with running_gateway(Settings(connection_init_timeout_seconds=0.01)) as gateway:
        token = await reserve(gateway)
        await asyncio.sleep(0.05)
        async with opened(gateway, token) as stream:
            assert stream.status == 404


async def test_without_a_token_the_address_serves_single_operations(gateway: Gateway) -> None:
    async with streaming(
        gateway.app, path="/graphql/stream", body={"query": "{ __typename }"}, accept=EVENTS
    ) as stream:
        assert await stream.event() == ("next", {"data": {"__typename": "Query"}})


# ---------------------------------------------------------------- parts


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (PARTS, True),
        ("multipart/mixed; subscriptionSpec=1.0", True),
        ('multipart/mixed;subscriptionSpec="1.0", application/json', True),
        ("multipart/mixed", False),
        ("multipart/mixed;deferSpec=20220824", False),
        ("*/*", False),
    ],
)
def test_parts_are_asked_for_by_their_specification(accept: str, expected: bool) -> None:
    assert takes_parts(accept) is expected


async def part(stream: Streaming) -> bytes:
    headers, _, body = (await stream.until(b"\r\n--graphql")).partition(b"\r\n\r\n")
    assert headers == b"\r\ncontent-type: application/json"
    return body


async def test_a_subscription_comes_in_parts(gateway: Gateway) -> None:
    async with streaming(gateway.app, body={"query": CREATED}, accept=PARTS) as stream:
        assert stream.headers["content-type"] == 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
        assert await stream.until(b"--graphql") == b""
        await until_subscribed(gateway)
        await create_customer(gateway, "c1")
        assert await part(stream) == b'{"payload":{"data":{"customerChanged":{"customer":{"name":"Ada"}}}}}'


async def test_a_subscription_that_is_refused_ends_with_its_errors(gateway: Gateway) -> None:
    query = "subscription { pipelineMetrics(intervalMs: 1) { pending } }"
    async with streaming(gateway.app, body={"query": query}, accept=PARTS) as stream:
        await stream.until(b"--graphql")
        assert (await part(stream)).startswith(b'{"payload":null,"errors":[{"message":')
        await stream.ended()
        assert stream.received.endswith(b"\r\n--graphql--\r\n")


async def test_a_silent_stream_of_parts_has_a_heartbeat(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PartsForm, "beat_seconds", 0.05)
    async with streaming(gateway.app, body={"query": CREATED}, accept=PARTS) as stream:
        await stream.until(b"--graphql")
        assert await part(stream) == b"{}"


async def test_parts_say_that_the_gateway_ends(gateway: Gateway) -> None:
    async with streaming(gateway.app, body={"query": CREATED}, accept=PARTS) as stream:
        await until_subscribed(gateway)
        gateway.app.state.ending.begin(0.0)
        await stream.ended()
        assert b"SHUTTING_DOWN" in stream.received


async def test_an_invalid_document_is_plain_json(gateway: Gateway) -> None:
    async with streaming(gateway.app, body={"query": "{ nothing }"}, accept=PARTS) as stream:
        assert stream.headers["content-type"] == "application/json; charset=utf-8"
        await until(lambda: stream.is_over)
