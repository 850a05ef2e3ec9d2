"""An operation ends in time, and reads no more than it may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from graphql import OperationType

from hazelgate.gateway.graphql.deadlines import Deadlines
from hazelgate.gateway.settings import Settings
from tests.support.gateway import CREATE_CUSTOMER, Gateway, create_customer, create_product, running_gateway

GIVEN = {"customerId": "c1", "name": "Ada", "email": "a@example.org"}
SHORT = Settings(execution_timeout_seconds=0.05)


@asynccontextmanager
async def reads_that_hang(gateway: Gateway) -> AsyncIterator[None]:
    """The cluster answers no read."""

    async def hang(map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        await asyncio.sleep(3_600)
        raise AssertionError("an hour has gone by")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway.cluster, "read", hang)
        yield


async def test_a_query_that_takes_too_long_is_ended() -> None:
    async with running_gateway(SHORT) as gateway, reads_that_hang(gateway):
        error = await gateway.error('{ customer(customerId: "c1") { name } }')
        assert error["extensions"]["code"] == "DEADLINE_EXCEEDED"
        assert "0.05 seconds" in error["message"]


async def test_a_mutation_that_takes_too_long_may_be_on_its_way() -> None:
    """So it says what is safe: the same eventId again."""
    async with running_gateway(SHORT) as gateway:
        gateway.cluster.hold()
        error = await gateway.error(CREATE_CUSTOMER, input=GIVEN, options={"eventId": "e1"})
        assert error["extensions"]["code"] == "TIMED_OUT"
        assert "on its way: send it again with the same eventId" in error["message"]
        gateway.cluster.release()


async def test_it_is_counted() -> None:
    async with running_gateway(SHORT) as gateway:
        async with reads_that_hang(gateway):
            await gateway.error('{ customer(customerId: "c1") { name } }')
        assert 'hazelgate_refused_total{reason="deadline"} 1.0' in (await gateway.http.get("/metrics")).text


async def test_a_socket_outlives_an_operation_that_took_too_long() -> None:
    async with running_gateway(SHORT) as gateway, gateway.websocket() as socket:
        async with reads_that_hang(gateway):
            await socket.subscribe("1", '{ customer(customerId: "c1") { name } }')
            message = await socket.receive()
        assert message["payload"]["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
        assert await socket.receive() == {"id": "1", "type": "complete"}
        await socket.subscribe("1", "{ __typename }")
        assert (await socket.receive())["payload"] == {"data": {"__typename": "Query"}}


async def test_once_the_process_ends_all_operations_do() -> None:
    """Those that run, and those that come meanwhile."""
    deadlines = Deadlines(60)

    async def long() -> None:
        async with deadlines.one():
            await asyncio.sleep(60)

    running = asyncio.create_task(long())
    await asyncio.sleep(0)
    assert deadlines.running == 1
    deadlines.end_all(0.01)
    for each in (running, asyncio.create_task(long())):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(each, 5)
    assert "the gateway ends" in str(deadlines.error(OperationType.QUERY)["message"])


async def test_an_operation_that_reads_more_than_it_may_is_an_error() -> None:
    async with running_gateway(Settings(max_read_entries=3)) as gateway:
        for each in range(4):
            await create_product(gateway, f"p{each}")
        text = "query($ids: [ID!]!) { productsById(productIds: $ids) { name } }"
        assert "errors" not in await gateway.post(text, ids=["p0", "p1", "p2"])
        body = await gateway.post(text, ids=["p0", "p1", "p2", "p3"])
        assert {each["extensions"]["code"] for each in body["errors"]} == {"QUERY_TOO_COMPLEX"}
        body = await gateway.post("{ products(first: 10) { edges { node { name } } } }")
        assert {each["extensions"]["code"] for each in body["errors"]} == {"QUERY_TOO_COMPLEX"}


async def test_what_one_request_read_is_not_held_against_another() -> None:
    async with running_gateway(Settings(max_read_entries=3)) as small:
        await create_customer(small, "c1")
        for _ in range(5):
            assert "errors" not in await small.post('{ customer(customerId: "c1") { name } }')
