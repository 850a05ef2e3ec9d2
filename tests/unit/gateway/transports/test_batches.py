"""Several operations in one request."""

from __future__ import annotations

import httpx
import pytest

from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, running_gateway

TYPE = {"query": "{ __typename }"}


async def post(gateway: Gateway, *batch: object) -> httpx.Response:
    return await gateway.http.post("/graphql", json=list(batch))


async def test_the_answers_come_in_the_order_of_the_operations() -> None:
    async with running_gateway(Settings(max_batched_operations=3)) as gateway:
        response = await post(gateway, TYPE, {"query": "{ nothing }"}, {"query": "{ a: __typename }"})
        first, second, third = response.json()
        assert (first, third) == ({"data": {"__typename": "Query"}}, {"data": {"a": "Query"}})
        assert second["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert (await gateway.http.post("/graphql", json=TYPE)).json() == first


@pytest.mark.parametrize("number", [0, 4])
async def test_a_batch_has_at_least_one_and_no_more_than_allowed(number: int) -> None:
    async with running_gateway(Settings(max_batched_operations=3)) as gateway:
        assert (await post(gateway, *[TYPE] * number)).status_code == 400


async def test_an_entry_that_is_no_request_fails_the_whole() -> None:
    async with running_gateway(Settings(max_batched_operations=3)) as gateway:
        wrong: object
        for wrong in (7, {}, [TYPE]):
            assert (await post(gateway, TYPE, wrong)).status_code == 400


async def test_together_they_may_cost_what_one_may() -> None:
    query = {"query": "{ customers(first: 100) { edges { node { name email } } } }"}
    async with running_gateway(Settings(max_batched_operations=3, max_query_cost=500)) as gateway:
        assert "data" in (await gateway.http.post("/graphql", json=query)).json()
        codes = [each["errors"][0]["extensions"]["code"] for each in (await post(gateway, query, query, query)).json()]
        assert codes == ["QUERY_TOO_COMPLEX"] * 3


async def test_a_subscription_in_a_batch_is_refused_alone() -> None:
    async with running_gateway(Settings(max_batched_operations=2)) as gateway:
        first, second = (await post(gateway, TYPE, {"query": "subscription { events { __typename } }"})).json()
        assert "data" in first
        assert "websocket" in second["errors"][0]["message"]
