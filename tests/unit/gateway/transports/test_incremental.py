"""`@defer` and `@stream`: in parts over HTTP, as several results on a websocket and as events, or in one answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from graphql import build_schema

from hazelgate import Catalog
from hazelgate.gateway.graphql.executable_schema import graphql_schema, schema_text
from hazelgate.gateway.graphql.incremental import Spec
from hazelgate.gateway.settings import Settings
from hazelgate.gateway.transports.streams import takes_incremental
from tests.support.gateway import Gateway, create_customer, create_order, create_product, running_gateway
from tests.support.parts import merged
from tests.support.streaming import Streaming, streaming

ON = Settings(incremental_delivery=True)
OLDER = "multipart/mixed;deferSpec=20220824, application/json"
NEWER = "multipart/mixed;incrementalSpec=v0.2, application/json"
ORDER = 'order(orderId: "o1") { orderId }'
DEFERRED = f'{{ customer(customerId: "c1") {{ name }} ... @defer(label: "later") {{ {ORDER} }} }}'
CUSTOMER = {"data": {"customer": {"name": "Ada"}}, "hasNext": True}
FOUND = {"order": {"orderId": "o1"}}


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """Three customers and an order; answers may come in parts."""
    async with with_orders(ON) as gateway:
        yield gateway


@asynccontextmanager
async def with_orders(settings: Settings) -> AsyncIterator[Gateway]:
    async with running_gateway(settings) as gateway:
        for number in (1, 2, 3):
            await create_customer(gateway, f"c{number}")
        await create_product(gateway, "p1")
        await create_order(gateway, "o1", "c1", p1=1)
        yield gateway


@asynccontextmanager
async def orders_that_wait(gateway: Gateway) -> AsyncIterator[asyncio.Event]:
    """Reads of orders wait for this."""
    go_on, read = asyncio.Event(), gateway.cluster.read

    async def waiting(map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        if "order" in map_name:
            await go_on.wait()
        return await read(map_name, keys)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway.cluster, "read", waiting)
        yield go_on


async def part(stream: Streaming) -> Any:
    headers, _, body = (await stream.until(b"\r\n--graphql")).partition(b"\r\n\r\n")
    assert headers in (b"\r\ncontent-type: application/json", b"--graphql\r\ncontent-type: application/json")
    return json.loads(body)


async def parts(gateway: Gateway, query: str, accept: str = OLDER, **variables: Any) -> list[Any]:
    """All parts of an answer."""
    body = {"query": query, "variables": variables}
    async with streaming(gateway.app, body=body, accept=accept) as stream:
        await stream.ended()
        opening, *found, closing = stream.received.split(b"--graphql")
        assert (opening, closing) == (b"", b"--\r\n")
        return [json.loads(each.partition(b"\r\n\r\n")[2]) for each in found]


# ---------------------------------------------------------------- on request


async def test_a_schema_has_the_directives_where_they_are_switched_on() -> None:
    catalog = Catalog.load(Settings().domain)
    known = {each.name for each in build_schema(schema_text(catalog, incremental=True)).directives}
    assert known >= {"defer", "stream"}
    assert graphql_schema(catalog).get_directive("defer") is None


async def test_without_them_a_document_that_defers_is_invalid() -> None:
    async with running_gateway() as gateway:
        error = await gateway.error(DEFERRED)
        assert (error["extensions"]["code"], error["message"]) == (
            "GRAPHQL_VALIDATION_FAILED",
            "Unknown directive '@defer'.",
        )


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (OLDER, Spec.BY_PATH),
        (NEWER, Spec.BY_ID),
        ('multipart/mixed; boundary="-"; deferSpec="20220824"', Spec.BY_PATH),
        ("application/json, text/event-stream, multipart/mixed", Spec.BY_PATH),
        ("multipart/mixed;deferSpec=20990101, application/json", None),
        ("multipart/mixed;q=0, application/json", None),
        ('multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json', None),
        ("application/json", None),
        ("*/*", None),
    ],
)
def test_a_client_says_how_it_reads_parts(accept: str, expected: Spec | None) -> None:
    assert takes_incremental(accept) is expected


async def test_a_client_that_takes_no_parts_gets_everything_in_one_answer(gateway: Gateway) -> None:
    assert await gateway.data(DEFERRED) == {"customer": {"name": "Ada"}, **FOUND}


# ---------------------------------------------------------------- over HTTP


async def test_what_is_deferred_comes_once_it_is_read(gateway: Gateway) -> None:
    """The first part does not wait for it."""
    async with (
        orders_that_wait(gateway) as go_on,
        streaming(gateway.app, body={"query": DEFERRED}, accept=OLDER) as stream,
    ):
        assert await part(stream) == CUSTOMER
        assert (stream.status, stream.headers["content-type"]) == (
            200,
            'multipart/mixed;boundary="graphql";deferSpec=20220824',
        )
        go_on.set()
        later = {"data": FOUND, "path": [], "label": "later"}
        assert await part(stream) == {"incremental": [later], "hasNext": False}
        await stream.ended()
        assert stream.received.endswith(b"\r\n--graphql--\r\n")


async def test_the_newer_form_names_parts_by_ids(gateway: Gateway) -> None:
    async with streaming(gateway.app, body={"query": DEFERRED}, accept=NEWER) as stream:
        assert await part(stream) == CUSTOMER | {"pending": [{"id": "0", "path": [], "label": "later"}]}
        assert stream.headers["content-type"] == 'multipart/mixed;boundary="graphql";incrementalSpec=v0.2'
        assert await part(stream) == {
            "incremental": [{"id": "0", "data": FOUND}],
            "completed": [{"id": "0"}],
            "hasNext": False,
        }


@pytest.mark.parametrize("accept", [OLDER, NEWER])
async def test_a_list_comes_item_by_item(gateway: Gateway, accept: str) -> None:
    edges = "edges @stream(initialCount: 1) { node { customerId ... @defer { email } } }"
    found = await parts(gateway, f"{{ customers {{ {edges} }} }}", accept)
    assert len(found[0]["data"]["customers"]["edges"]) == 1
    names = [f"c{number}" for number in (1, 2, 3)]
    assert sorted(each["node"]["email"] for each in merged(found)["data"]["customers"]["edges"]) == [
        f"{name}@example.org" for name in names
    ]


async def test_what_is_not_deferred_after_all_is_one_part(gateway: Gateway) -> None:
    query = 'query($later: Boolean!) { customer(customerId: "c1") { ... @defer(if: $later) { name } } }'
    assert await parts(gateway, query, later=False) == [CUSTOMER | {"hasNext": False}]
    assert len(await parts(gateway, query, later=True)) == 2


async def test_wrong_variables_are_an_error_as_ever(gateway: Gateway) -> None:
    query = 'query($later: Boolean!) { customer(customerId: "c1") { ... @defer(if: $later) { name } } }'
    [refused] = await parts(gateway, query)
    assert refused["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert refused["hasNext"] is False


async def test_an_operation_without_the_directives_is_plain_json(gateway: Gateway) -> None:
    async with streaming(gateway.app, body={"query": "{ __typename }"}, accept=OLDER) as stream:
        await stream.ended()
        assert stream.headers["content-type"] == "application/json; charset=utf-8"


# ---------------------------------------------------------------- what may be deferred


async def test_a_mutations_payload_may_be_deferred(gateway: Gateway) -> None:
    query = """mutation($input: CreateOrderInput!) { createOrder(input: $input) {
      ... on OrderPayload { receipt { status } ... @defer { order { customer { name } } } }
    } }"""
    given = {"orderId": "o2", "customerId": "c2", "items": [{"productId": "p1", "quantity": 1}]}
    first, later = await parts(gateway, query, input=given)
    assert first["data"]["createOrder"]["receipt"]["status"]
    assert later["incremental"] == [{"data": {"order": {"customer": {"name": "Ada"}}}, "path": ["createOrder"]}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('mutation { ... @defer { retryDeadLetter(id: "1") { __typename } } }', "cannot be used on root mutation type"),
        ("subscription { live { ... @defer { __typename } } }", "not supported on subscription operations"),
        ("{ customers @stream { totalCount } }", "cannot be used on non-list field"),
        ('{ ... @defer(label: "a") { a: __typename } ... @defer(label: "a") { b: __typename } }', "label"),
    ],
)
async def test_what_can_not_be_deferred_is_refused_clearly(gateway: Gateway, query: str, expected: str) -> None:
    error = (await gateway.post(query))["errors"][0]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert expected in error["message"]


async def test_parts_count_for_the_cost() -> None:
    """Each of them takes time in which nobody else is answered."""
    async with running_gateway(ON.model_copy(update={"max_query_cost": 50_000})) as gateway:
        query = "{ customers(first: 100) { edges { node { customerId %s { name } } } } }"
        await gateway.data(query % "...")
        error = await gateway.error(query % "... @defer")
        assert error["extensions"]["limit"] == "cost"


# ---------------------------------------------------------------- errors and ends


@asynccontextmanager
async def orders_that_fail(gateway: Gateway) -> AsyncIterator[None]:
    """No page of orders can be read."""

    async def fail(query: Any) -> Any:
        raise ValueError(query)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway.cluster, "query", fail)
        yield


FAILING = '{ customer(customerId: "c1") { name ... @defer { email orders { totalCount edges { cursor } } } } }'


async def test_an_error_makes_null_of_its_own_part_alone(gateway: Gateway) -> None:
    """`orders` can't be null, so without @defer the customer would be."""
    async with orders_that_fail(gateway):
        assert (await gateway.post(FAILING))["data"] == {"customer": None}
        first, later = await parts(gateway, FAILING)
        assert first == CUSTOMER
        [failed] = later["incremental"]
        assert (failed["data"], failed["path"]) == (None, ["customer"])
        [error] = failed["errors"]
        assert (error["path"][:2], error["extensions"]["code"]) == (["customer", "orders"], "INTERNAL")
        _, later = await parts(gateway, FAILING, NEWER)
        assert later["completed"][0]["errors"][0]["path"][:2] == ["customer", "orders"]
        assert "incremental" not in later


@pytest.mark.parametrize("accept", [OLDER, NEWER])
async def test_a_deadline_is_that_of_all_parts(accept: str) -> None:
    """What does not come in time is told as such."""
    settings = ON.model_copy(update={"execution_timeout_seconds": 0.2})
    async with with_orders(settings) as gateway, orders_that_wait(gateway):
        first, late = await parts(gateway, DEFERRED, accept)
        assert first["data"] == CUSTOMER["data"]
        [failed] = late["incremental" if accept == OLDER else "completed"]
        assert failed["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
        assert late["hasNext"] is False


async def test_a_client_that_goes_away_ends_the_rest(gateway: Gateway) -> None:
    async with orders_that_wait(gateway):
        async with streaming(gateway.app, body={"query": DEFERRED}, accept=OLDER) as stream:
            await part(stream)
            assert gateway.app.state.ending._deadlines.running == 1
        assert gateway.app.state.ending._deadlines.running == 0


async def test_a_gateway_that_ends_sends_the_parts_first(gateway: Gateway) -> None:
    async with (
        orders_that_wait(gateway) as go_on,
        streaming(gateway.app, body={"query": DEFERRED}, accept=OLDER) as stream,
    ):
        await part(stream)
        gateway.app.state.ending.begin(0.0)
        assert (await gateway.http.get("/ready")).status_code == 503
        go_on.set()
        assert (await part(stream))["incremental"][0]["data"] == FOUND
        await stream.ended()


# ---------------------------------------------------------------- elsewhere


@pytest.mark.parametrize(("extensions", "number"), [({}, 2), ({"incrementalSpec": "v0.2"}, 2), ({"deferSpec": "x"}, 1)])
async def test_a_websocket_gets_several_results(gateway: Gateway, extensions: dict[str, Any], number: int) -> None:
    async with gateway.websocket() as socket:
        payload = {"query": DEFERRED, "extensions": extensions}
        await socket.send({"type": "subscribe", "id": "1", "payload": payload})
        found = []
        while (message := await socket.receive())["type"] == "next":
            found.append(message["payload"])
        assert message == {"type": "complete", "id": "1"}
        assert len(found) == number
        assert ("pending" in found[0]) == ("incrementalSpec" in extensions)
        assert merged(found)["data"] == {"customer": {"name": "Ada"}, **FOUND}


async def test_a_websocket_hears_why_nothing_ran(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await socket.subscribe("1", "query($a: Boolean!) { ... @defer(if: $a) { __typename } }")
        assert (await socket.receive())["type"] == "error"


async def test_events_come_one_by_one(gateway: Gateway) -> None:
    async with streaming(gateway.app, body={"query": DEFERRED}, accept="text/event-stream") as stream:
        assert await stream.event() == ("next", CUSTOMER)
        later = {"data": FOUND, "path": [], "label": "later"}
        assert await stream.event() == ("next", {"incremental": [later], "hasNext": False})
        assert await stream.event() == ("complete", None)


async def test_a_batch_is_answered_as_a_whole() -> None:
    async with with_orders(ON.model_copy(update={"max_batched_operations": 2})) as gateway:
        response = await gateway.http.post("/graphql", json=[{"query": DEFERRED}] * 2, headers={"accept": OLDER})
        assert response.json() == [{"data": {"customer": {"name": "Ada"}, **FOUND}}] * 2


async def test_a_plan_answers_what_is_deferred_as_a_whole(gateway: Gateway) -> None:
    body = {"query": DEFERRED, "extensions": {"plan": True}}
    async with streaming(gateway.app, body=body, accept=OLDER) as stream:
        assert (await part(stream))["extensions"]["plan"]["way"] == "partly"


async def test_of_a_field_that_is_asked_for_twice_only_the_rest_is_deferred(gateway: Gateway) -> None:
    """No plan answers both at once."""
    query = '{ customer(customerId: "c1") { name } ... @defer { customer(customerId: "c1") { name email } } }'
    first, later = await parts(gateway, query)
    assert first == CUSTOMER
    assert later["incremental"] == [{"data": {"email": "c1@example.org"}, "path": ["customer"]}]
