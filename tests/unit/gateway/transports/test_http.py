"""GraphQL over HTTP: statuses, media types, and what bad requests get."""

import json
from typing import Any

import httpx
import pytest

from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, running_gateway

GRAPHQL = "application/graphql-response+json"
CREATE = """
mutation {
  createCustomer(input: {name: %s, email: %s}) { __typename ... on EventRejected { problems { path } } }
}
"""


async def post(gateway: Gateway, body: Any, accept: str = GRAPHQL, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"accept": accept, "content-type": "application/json"} | headers
    return await gateway.http.post("/graphql", content=content, headers=sent)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (GRAPHQL, GRAPHQL),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
        (f"{GRAPHQL}, application/json;q=0.9", GRAPHQL),
        (f"application/json, {GRAPHQL};q=0.5", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
    ],
)
async def test_the_answer_has_the_media_type_that_was_asked_for(gateway: Gateway, accept: str, expected: str) -> None:
    response = await post(gateway, {"query": "{ __typename }"}, accept=accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{expected}; charset=utf-8"
    assert response.json() == {"data": {"__typename": "Query"}}


async def test_a_client_that_takes_nothing_of_ours_gets_406(gateway: Gateway) -> None:
    response = await post(gateway, {"query": "{ __typename }"}, accept="image/png")
    assert response.status_code == 406


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nope",
        b'{"query": "{ __typename }"',
        b'"text"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": 7}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "operationName": {}}',
        b'{"query": "{ __typename }", "extensions": "x"}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": {"a": 1e999}}',
        b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ __typename }", "variables": {"a": "\xff"}}',
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
        b"\x00",
    ],
)
@pytest.mark.parametrize("accept", [GRAPHQL, "application/json"])
async def test_a_body_that_is_no_request_gets_400_and_says_why(gateway: Gateway, body: bytes, accept: str) -> None:
    response = await post(gateway, body, accept=accept)
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "data" not in response.json()


@pytest.mark.parametrize("missing", ["variables", "operationName", "extensions"])
async def test_null_stands_for_left_out(gateway: Gateway, missing: str) -> None:
    response = await post(gateway, {"query": "{ __typename }", missing: None})
    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ('{ a(b: "\\ud800") }', "GRAPHQL_PARSE_FAILED"),
        ("{a" * 5_000 + "}" * 5_000, "GRAPHQL_PARSE_FAILED"),
        ("{ " + "a " * 25_000 + "}", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ customers { edges } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "BAD_USER_INPUT"),
    ],
)
async def test_a_document_that_will_not_do_gets_400_or_200_by_media_type(
    gateway: Gateway, query: str, code: str
) -> None:
    """The newer media type has statuses of its own; plain JSON is 200 as soon as it is a GraphQL request."""
    for accept, status in ((GRAPHQL, 400), ("application/json", 200)):
        response = await post(gateway, {"query": query}, accept=accept)
        assert response.status_code == status
        assert {error["extensions"]["code"] for error in response.json()["errors"]} == {code}
        assert "data" not in response.json()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("{ orders(filter: {status: [LOST]}) { totalCount } }", "filter.status"),
        ('{ orders(filter: {placedFrom: "yesterday"}) { totalCount } }', "filter.placedFrom"),
        ("{ orders(filter: {totalAtLeast: 1.5}) { totalCount } }", "filter.totalAtLeast"),
        ("{ orders(first: 3000000000) { totalCount } }", "first"),
        ('mutation { replenishStock(input: {productId: "p", quantity: "2"}) { __typename } }', "input.quantity"),
        (
            'mutation { handleEvent(input: {eventType: "X", aggregateId: "a", data: 1e999}) { __typename } }',
            "input.data",
        ),
    ],
)
async def test_a_literal_that_will_not_do_is_named(gateway: Gateway, query: str, field: str) -> None:
    error = await gateway.error(query)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": field}


async def test_a_variable_that_will_not_do_is_named(gateway: Gateway) -> None:
    query = "mutation($input: ReplenishStockInput!) { replenishStock(input: $input) { __typename } }"
    error = await gateway.error(query, input={"productId": "p", "quantity": 2**31})
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": "input.quantity"}


async def test_what_a_message_repeats_of_the_input_is_cut_short(gateway: Gateway) -> None:
    query = "query($f: OrderFilter) { orders(filter: $f) { totalCount } }"
    error = await gateway.error(query, f={"unknown": "x" * 100_000})
    assert len(error["message"]) <= 1_001


async def test_a_body_longer_than_allowed_gets_413(gateway: Gateway) -> None:
    response = await post(gateway, {"query": "{ __typename }", "variables": {"a": "x" * 10_000_000}})
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"


async def test_a_body_of_just_the_length_allowed_is_read() -> None:
    async with running_gateway(Settings(max_body_bytes=1_024)) as gateway:
        frame = b'{"query": "{ __typename }", "variables": {"a": "%s"}}'
        for length, status in ((1_024, 200), (1_025, 413)):
            response = await post(gateway, frame % (b"x" * (length - len(frame) + 2)))
            assert response.status_code == status


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=latin-1"],
)
async def test_a_body_that_is_not_json_in_utf8_gets_415(gateway: Gateway, content_type: str) -> None:
    response = await post(gateway, {"query": "{ __typename }"}, **{"content-type": content_type})
    assert response.status_code == 415


async def test_a_compressed_body_gets_415(gateway: Gateway) -> None:
    response = await post(gateway, b"\x1f\x8b", **{"content-encoding": "gzip"})
    assert response.status_code == 415


async def test_get_answers_a_query(gateway: Gateway) -> None:
    parameters = {
        "query": "query A($id: ID!) { node(id: $id) { id } }",
        "variables": '{"id": "Q3VzdG9tZXI6eA"}',
        "operationName": "A",
    }
    response = await gateway.http.get("/graphql", params=parameters)
    assert response.json() == {"data": {"node": None}}


async def test_get_refuses_a_mutation_and_says_how_to_send_it(gateway: Gateway) -> None:
    query = 'mutation { confirmOrder(input: {orderId: "o"}) { __typename } }'
    response = await gateway.http.get("/graphql", params={"query": query})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "parameters", [{}, {"query": "{ __typename }", "variables": "x"}, {"query": "{ __typename }", "variables": "[]"}]
)
async def test_get_with_bad_parameters_gets_400(gateway: Gateway, parameters: dict[str, str]) -> None:
    response = await gateway.http.get("/graphql", params=parameters)
    assert response.status_code == 400


async def test_other_methods_get_405(gateway: Gateway) -> None:
    response = await gateway.http.put("/graphql", json={"query": "{ __typename }"})
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


async def test_a_subscription_over_http_is_told_where_to_go(gateway: Gateway) -> None:
    error = await gateway.error("subscription { events { __typename } }")
    assert "websocket" in error["message"]


async def test_a_browser_gets_graphiql(gateway: Gateway) -> None:
    response = await gateway.http.get("/graphql", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "graphiql" in response.text.lower()


async def test_a_browser_gets_no_page_where_it_is_switched_off() -> None:
    async with running_gateway(Settings(graphiql=False)) as gateway:
        response = await gateway.http.get("/graphql", headers={"accept": "text/html"})
        assert response.status_code == 406


async def test_a_nul_byte_in_an_input_is_refused_by_field(gateway: Gateway) -> None:
    data = await gateway.data(CREATE % ('"A\\u0000"', '"a@example.org"'))
    assert data["createCustomer"]["problems"] == [{"path": ["name"]}]


async def test_nothing_bad_reached_the_store(gateway: Gateway) -> None:
    """After inputs of every bad kind there is no event, and the pipeline takes a good one."""
    await gateway.post(CREATE % ('"A\\u0000"', '"a@example.org"'))
    await gateway.post(CREATE % ('""', '"nobody"'))
    await gateway.post(
        'mutation { handleEvent(input: {eventType: "Nope", aggregateId: "a", data: {}}) { __typename } }'
    )
    assert (await gateway.data("{ events { edges { cursor } } }"))["events"]["edges"] == []
    data = await gateway.data(CREATE % ('"Ada"', '"a@example.org"'))
    assert data["createCustomer"]["__typename"] == "CustomerPayload"
