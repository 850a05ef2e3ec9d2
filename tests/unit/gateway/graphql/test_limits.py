"""Documents and operations that ask for too much are refused before anything runs, and soon."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_schema, get_introspection_query, parse

from hazelgate.gateway.graphql.cost import CostModel
from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, running_gateway
from tests.support.steps import lines_counted, lines_of

TIMES_OF_PARSING = 2
"""A refusal takes less than so many times what parsing the text takes. It takes 1.5 at most; without limits up to 7."""
TIMES_OF_COMPARING = 10
"""The same, where the shape lets a text pass and fields are compared up to a bound."""


def fragments(number: int, body: str = "__typename") -> str:
    spreads = " ".join(f"...F{each}" for each in range(number))
    return f"{{ {spreads} }} " + " ".join(f"fragment F{each} on Query {{ {body} }}" for each in range(number))


def nested(levels: int) -> str:
    """Orders of the customer of an order, and so on."""
    inner = "orderId"
    for _ in range(levels):
        inner = f"customer {{ orders(first: 1) {{ edges {{ node {{ {inner} }} }} }} }}"
    return f"{{ orders(first: 1) {{ edges {{ node {{ {inner} }} }} }} }}"


PAGES_IN_PAGES = (
    "{ customers(first: 1000) { edges { node { orders(first: 1000) { edges { node { orderId totalAmount } } } } } } }"
)
REPEATED = "orders { edges { node { orderId } } } "

HOSTILE = {
    "characters": '{ nodes(ids: ["' + "\\n" * 60_000 + '"]) { id } }',
    "depth": nested(12),
    "aliases": "{ " + " ".join(f"a{each}: __typename" for each in range(1_000)) + " }",
    "repeated-fields": "{ " + REPEATED * 300 + "}",
    "directives": "{ __typename " + "@skip(if: false) " * 500 + "}",
    "fragments": fragments(400),
    "root-fields": "{ " + " ".join(f"a{each}: __typename" for each in range(51)) + " }",
    "cost": PAGES_IN_PAGES,
}


@pytest.mark.parametrize("limit", HOSTILE)
async def test_an_operation_beyond_a_limit_is_refused_by_a_typed_error(gateway: Gateway, limit: str) -> None:
    """It names the limit, how much is allowed, and how much was asked for."""
    error = await gateway.error(HOSTILE[limit])
    told = error["extensions"]
    assert (told["code"], told["limit"]) == ("QUERY_TOO_COMPLEX", limit)
    assert told["asked"] > told["max"]


async def refused_soon(gateway: Gateway, text: str, times: int = TIMES_OF_PARSING) -> dict[str, Any]:
    """The error, which has to come after little work: what a small request and the parsing of the text are made of."""
    await gateway.error("{ nothing }")
    await gateway.error(text)  # what is done once, at the first of its kind, is not counted
    with lines_counted() as small:
        await gateway.error("{ nothingElse }")
    with lines_counted() as lines:
        error: dict[str, Any] = await gateway.error(text)
    assert lines.count < times * lines_of(lambda: parse(text)) + small.count
    return error


@pytest.mark.parametrize("limit", HOSTILE)
async def test_it_is_refused_soon(gateway: Gateway, limit: str) -> None:
    await refused_soon(gateway, HOSTILE[limit])


async def test_eight_hundred_fragments_are_refused_soon(gateway: Gateway) -> None:
    """They held the loop for a second."""
    error = await refused_soon(gateway, fragments(800))
    assert error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert "tokens" in error["message"]


async def test_what_the_shape_lets_pass_does_not_hold_the_rule_of_overlapping_fields(gateway: Gateway) -> None:
    """A hundred fragments with the same fields: graphql-core's own bound takes seconds."""
    error = await refused_soon(gateway, fragments(100, REPEATED + "a: __typename " + REPEATED), TIMES_OF_COMPARING)
    assert error["extensions"]["limit"] == "comparisons"


async def test_a_circle_of_fragments_is_counted_and_refused(gateway: Gateway) -> None:
    circle = " ".join(f"fragment F{each} on Query {{ ...F{(each + 1) % 50} }}" for each in range(50))
    body = await gateway.post("{ ...F0 } " + circle)
    assert body["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "itself" in body["errors"][0]["message"]


def test_fragments_that_double_are_known_by_their_cost() -> None:
    """Twenty fragments that each spread the next two times: a million values, in a few lines, counted in a moment."""
    schema = build_schema("type Query { a: A } type A { a: A b: Int }")
    chain = " ".join(
        f"fragment F{each} on A {{ x: a {{ ...F{each + 1} }} y: a {{ ...F{each + 1} }} }}" for each in range(20)
    )
    [cost] = CostModel(schema).of_document(parse(f"{{ a {{ ...F0 }} }} {chain} fragment F20 on A {{ b }}")).values()
    assert cost.of_data(None) > 2**20


@pytest.mark.parametrize("size", [{"n": 1_000}, {}])
async def test_a_size_from_a_variable_counts_as_well(gateway: Gateway, size: dict[str, int]) -> None:
    """Its default, where it is left out."""
    text = PAGES_IN_PAGES.replace("first: 1000", "first: $n").replace(
        "{ customers", "query($n: Int = 1000) { customers"
    )
    error = await gateway.error(text, **size)
    assert error["extensions"]["limit"] == "cost"
    assert "errors" not in await gateway.post(text, n=5)


async def test_ids_count_by_their_number(gateway: Gateway) -> None:
    orders = "orders(first: 500) { edges { node { orderId } } }"
    text = f"query($ids: [ID!]!) {{ customersById(customerIds: $ids) {{ {orders} }} }}"
    error = await gateway.error(text, ids=[f"o{each}" for each in range(1_000)])
    assert error["extensions"]["limit"] == "cost"
    assert "errors" not in await gateway.post(text, ids=["o1"])


async def test_a_page_of_a_thousand_with_fifty_in_each_is_no_cost() -> None:
    """As much as a page may have is no attack by itself."""
    async with running_gateway() as gateway:
        text = "{ orders(first: 1000) { edges { node { orderId totalAmount items { name } customer { name } } } } }"
        assert "errors" not in await gateway.post(text)


async def test_a_subscription_has_a_cost_too() -> None:
    orders = "orders(first: 1000) { edges { node { orderId items { name } } } }"
    text = f"subscription {{ customerChanged {{ ... on CustomerChange {{ customer {{ {orders} }} }} }} }}"
    async with running_gateway(Settings(max_query_cost=10_000)) as gateway, gateway.websocket() as socket:
        await socket.subscribe("1", text)
        message = await socket.receive()
        assert message["payload"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"


async def test_the_introspection_of_tools_passes() -> None:
    """Whatever is allowed of data."""
    settings = Settings(max_query_depth=3, max_query_cost=10)
    async with running_gateway(settings) as gateway:
        full = get_introspection_query(
            specified_by_url=True, input_value_deprecation=True, directive_is_repeatable=True
        )
        assert (await gateway.data(full))["__schema"]["types"]


async def test_introspection_has_an_allowance_of_its_own(gateway: Gateway) -> None:
    some = "types { fields { args { type { name ofType { name } } } } } "
    text = "{ __schema { " + " ".join(f"a{each}: {some}" for each in range(150)) + "} }"
    error = await gateway.error(text)
    assert error["extensions"]["limit"] == "introspection"


async def test_introspection_can_be_switched_off() -> None:
    async with running_gateway(Settings(introspection=False)) as gateway:
        body = await gateway.post("{ __schema { types { name } } }")
        assert "introspection" in body["errors"][0]["message"].lower()
        assert "data" not in body
        assert await gateway.data("{ __typename }") == {"__typename": "Query"}


async def test_suggestions_can_be_switched_off() -> None:
    text = "{ ordersByIds { orderId } }"
    async with running_gateway() as gateway:
        assert "Did you mean" in (await gateway.error(text))["message"]
    async with running_gateway(Settings(suggestions=False)) as gateway:
        assert "Did you mean" not in (await gateway.error(text))["message"]
        wrong = await gateway.error("query($f: OrderFilter) { orders(filter: $f) { totalCount } }", f={"statu": 1})
        assert "Did you mean" not in wrong["message"]


async def test_what_is_refused_is_counted(gateway: Gateway) -> None:
    await gateway.error(HOSTILE["cost"])
    await gateway.error(HOSTILE["depth"])
    assert 'hazelgate_refused_total{reason="complexity"} 2.0' in (await gateway.http.get("/metrics")).text
