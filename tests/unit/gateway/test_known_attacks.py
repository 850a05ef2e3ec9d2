"""
The checks of graphql-cop, and what OWASP's page about GraphQL adds: each fails to get what it is after.

Depth, cost, rates, deadlines and rights have tests of their own: `graphql/test_limits.py`, `door/test_rates.py`,
`graphql/test_deadlines.py` and `rights/`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, running_gateway

CREATE = 'mutation { createCustomer(input: {name: "Eve", email: "eve@example.org"}) { __typename } }'
CIRCULAR = (
    "{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } }"
)
CROSS_SITE = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}


@pytest.fixture
async def closed() -> AsyncIterator[Gateway]:
    """A gateway that tells nobody of its schema."""
    async with running_gateway(Settings(introspection=False, suggestions=False, graphiql=False)) as gateway:
        yield gateway


async def limit_of(gateway: Gateway, text: str) -> Any:
    """The limit that refuses an operation."""
    return (await gateway.error(text))["extensions"]["limit"]


async def nobody_was_created(gateway: Gateway) -> bool:
    """Whether the view of customers is empty."""
    return await gateway.data("{ customers { totalCount } }") == {"customers": {"totalCount": 0}}


# ---------------------------------------------------------------- too much work


async def test_a_hundred_aliases_of_a_field_are_refused(gateway: Gateway) -> None:
    text = "{ " + " ".join(f"alias{each}: __typename" for each in range(101)) + " }"
    assert await limit_of(gateway, text) == "root-fields"


async def test_a_field_that_is_repeated_is_refused(gateway: Gateway) -> None:
    assert await limit_of(gateway, "{ " + "__typename " * 500 + "}") == "repeated-fields"


async def test_unknown_directives_have_no_error_each(gateway: Gateway) -> None:
    """A long answer to a short request is an attack by itself. graphql-cop counts ten errors for ten directives."""
    answer = await gateway.post("{ __typename " + "@aa" * 10 + " }")
    assert 0 < len(answer["errors"]) < 10


async def test_fragments_in_a_circle_are_refused(gateway: Gateway) -> None:
    circle = "{ __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }"
    answer = await gateway.post(circle)
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_batches_are_refused_unless_they_are_switched_on(gateway: Gateway) -> None:
    response = await gateway.http.post("/graphql", json=[{"query": "{ __typename }"}] * 10)
    assert response.status_code == 400
    assert "data" not in response.json()


async def test_a_page_has_no_more_than_a_thousand_entries(gateway: Gateway) -> None:
    error = await gateway.error("{ customers(first: 1001) { edges { node { id } } } }")
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


# ---------------------------------------------------------------- requests that a page of another site can make


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
async def test_a_form_can_not_post(gateway: Gateway, content_type: str) -> None:
    """A browser sends these without asking whether it may."""
    response = await gateway.http.post(
        "/graphql", content=b"query=" + CREATE.encode(), headers={"content-type": content_type}
    )
    assert response.status_code == 415
    assert await nobody_was_created(gateway)


async def test_a_post_has_no_operation_in_its_address(gateway: Gateway) -> None:
    response = await gateway.http.post("/graphql", params={"query": CREATE})
    assert response.status_code in (400, 415)
    assert await nobody_was_created(gateway)


async def test_get_changes_nothing(gateway: Gateway) -> None:
    response = await gateway.http.get("/graphql", params={"query": CREATE})
    assert response.status_code == 405
    assert await nobody_was_created(gateway)


async def test_get_tells_a_page_of_another_site_nothing(gateway: Gateway) -> None:
    response = await gateway.http.get("/graphql", params={"query": "{ __typename }"}, headers=CROSS_SITE)
    assert response.status_code == 403
    assert "data" not in response.json()


# ---------------------------------------------------------------- what an answer tells


@pytest.mark.parametrize("text", ["{ __typename }", "qwerty cop { abc }", "{ nothing }", "{ node(id: 7) { id } }"])
async def test_no_answer_has_a_trace(gateway: Gateway, text: str) -> None:
    """Not even to a client that asks for one."""
    request = {"query": text, "extensions": {"tracing": True, "debug": True}}
    response = await gateway.http.post("/graphql", json=request, headers={"x-apollo-tracing": "1"})
    for told in ("tracing", "exception", "stacktrace", "traceback", ".py"):
        assert told not in response.text.lower()


@pytest.mark.parametrize("text", ["{ system }", "{ custome { id } }", CIRCULAR, "{ __schema { queryType { name } } }"])
async def test_a_closed_gateway_tells_no_name_of_its_schema(closed: Gateway, text: str) -> None:
    answer = await closed.post(text)
    assert "data" not in answer
    assert "Did you mean" not in str(answer)
    assert "customer" not in str(answer)


@pytest.mark.parametrize("path", ["/graphql", "/", "/graphiql", "/playground", "/console", "/altair"])
async def test_a_closed_gateway_has_no_page(closed: Gateway, path: str) -> None:
    response = await closed.http.get(path, headers={"accept": "text/html"}, follow_redirects=True)
    assert response.status_code in (404, 406)
    assert "graphiql" not in response.text.lower()
