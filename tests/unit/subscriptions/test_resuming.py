"""A client that comes back with its last cursor has missed nothing, and gets nothing again."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hazelgate.client.views.cursors import encode_opaque
from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, Websocket, create_customer, create_product, running_gateway
from tests.support.until import until

EVENTS = """
subscription($after: String, $types: [String!], $aggregateId: ID) {
  events(after: $after, types: $types, aggregateId: $aggregateId) {
    __typename
    ... on EventNotice { cursor event { eventId aggregateId sequence } }
    ... on Discontinuity { cursor reason }
  }
}
"""
CUSTOMERS = """
subscription($after: String, $id: ID, $filter: CustomerFilter) {
  customerChanged(after: $after, customerId: $id, filter: $filter) {
    __typename
    ... on CustomerChange { cursor change customerId customer { name revision { version } } }
    ... on Discontinuity { cursor reason }
  }
}
"""
PAGE = """
query($first: Int, $after: String, $aggregateId: ID) {
  events(first: $first, after: $after, aggregateId: $aggregateId) {
    edges { cursor node { eventId aggregateId } }
    pageInfo { hasNextPage }
  }
}
"""


@asynccontextmanager
async def following(gateway: Gateway, query: str, **variables: Any) -> AsyncIterator[Websocket]:
    async with gateway.websocket() as socket:
        await socket.subscribe("1", query, **variables)
        await socket.settle()
        yield socket


async def told(socket: Websocket) -> Any:
    message = await socket.receive()
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    [value] = message["payload"]["data"].values()
    return value


async def aggregates(socket: Websocket, count: int) -> list[str]:
    return [(await told(socket))["event"]["aggregateId"] for _ in range(count)]


async def cursor_now(gateway: Gateway) -> str:
    cursor: str = (await gateway.data("{ streamCursor }"))["streamCursor"]
    return cursor


async def rename(gateway: Gateway, customer_id: str, name: str) -> None:
    query = "mutation($input: UpdateCustomerInput!) { updateCustomer(input: $input) { __typename } }"
    data = await gateway.data(query, input={"customerId": customer_id, "name": name})
    assert data["updateCustomer"]["__typename"] == "CustomerPayload"


@pytest.fixture
async def other(gateway: Gateway) -> AsyncIterator[Gateway]:
    """Another gateway to the same cluster."""
    async with running_gateway(beside=gateway) as other:
        yield other


async def test_who_comes_back_gets_what_it_has_missed_and_then_what_happens(gateway: Gateway, other: Gateway) -> None:
    async with following(gateway, EVENTS) as socket:
        await create_customer(gateway, "c1")
        cursor = (await told(socket))["cursor"]
    for number in range(2, 5):
        await create_customer(gateway, f"c{number}")
    async with following(other, EVENTS, after=cursor) as socket:
        assert await aggregates(socket, 3) == ["c2", "c3", "c4"]
        await create_customer(gateway, "c5")
        assert await aggregates(socket, 1) == ["c5"]
        assert socket.waiting == 0


async def test_what_is_read_and_the_stream_after_its_cursor_leave_nothing_out(gateway: Gateway) -> None:
    await create_customer(gateway, "c1")
    cursor = await cursor_now(gateway)
    await create_customer(gateway, "c2")
    async with following(gateway, EVENTS, after=cursor) as socket:
        await create_customer(gateway, "c3")
        assert await aggregates(socket, 2) == ["c2", "c3"]


async def test_one_kind_of_cursor_serves_pages_and_streams(gateway: Gateway) -> None:
    for number in range(4):
        await create_customer(gateway, f"c{number}")
    page = (await gateway.data(PAGE, first=2))["events"]
    assert page["pageInfo"]["hasNextPage"]
    async with following(gateway, EVENTS, after=page["edges"][-1]["cursor"]) as socket:
        assert await aggregates(socket, 1) == ["c2"]
        cursor = (await told(socket))["cursor"]
    await create_customer(gateway, "c4")
    page = (await gateway.data(PAGE, after=cursor))["events"]
    assert [edge["node"]["aggregateId"] for edge in page["edges"]] == ["c4"]


async def test_types_and_aggregate_choose_of_the_past_too(gateway: Gateway) -> None:
    cursor = await cursor_now(gateway)
    for number in range(3):
        await create_customer(gateway, f"c{number}")
    await create_product(gateway, "p1")
    await rename(gateway, "c1", "Eve")
    async with following(gateway, EVENTS, after=cursor, types=["ProductCreated"]) as socket:
        assert await aggregates(socket, 1) == ["p1"]
    async with following(gateway, EVENTS, after=cursor, aggregateId="c1") as socket:
        assert await aggregates(socket, 2) == ["c1", "c1"]
    page = (await gateway.data(PAGE, after=cursor, aggregateId="c1"))["events"]
    assert len(page["edges"]) == 2


async def test_an_entry_that_has_changed_comes_once_and_as_it_is(gateway: Gateway, other: Gateway) -> None:
    await create_customer(gateway, "c1", "Ada")
    await create_customer(gateway, "c2", "Bob")
    cursor = await cursor_now(gateway)
    for name in ("Alma", "Anna", "Amy"):
        await rename(gateway, "c1", name)
    await create_customer(gateway, "c3", "Cid")
    async with following(other, CUSTOMERS, after=cursor) as socket:
        changes = [await told(socket) for _ in range(2)]
        assert [(each["customerId"], each["customer"]["name"]) for each in changes] == [("c1", "Amy"), ("c3", "Cid")]
        await rename(gateway, "c2", "Ben")
        assert (await told(socket))["customer"] == {"name": "Ben", "revision": {"version": 2}}
        assert socket.waiting == 0
    async with following(other, CUSTOMERS, after=changes[0]["cursor"]) as socket:
        assert [(await told(socket))["customerId"] for _ in range(2)] == ["c3", "c2"]


async def test_with_a_filter_an_entry_that_matched_has_left(gateway: Gateway) -> None:
    await create_customer(gateway, "c1", "Ada")
    cursor = await cursor_now(gateway)
    await rename(gateway, "c1", "Eve")
    await create_customer(gateway, "c2", "Eve")
    await create_customer(gateway, "c3", "Ada")
    async with following(gateway, CUSTOMERS, after=cursor, filter={"name": {"eq": "Ada"}}) as socket:
        changes = [await told(socket) for _ in range(2)]
    assert [(each["change"], each["customerId"]) for each in changes] == [("LEFT", "c1"), ("CHANGED", "c3")]


async def test_a_reader_with_a_cursor_that_is_slow_waits_and_loses_nothing() -> None:
    async with running_gateway(Settings(subscriber_queue_size=3)) as gateway:
        cursor = await cursor_now(gateway)
        async with following(gateway, EVENTS, after=cursor) as socket:
            socket.may_send.clear()
            for number in range(20):
                await create_customer(gateway, f"c{number}")
            socket.may_send.set()
            assert await aggregates(socket, 20) == [f"c{number}" for number in range(20)]


async def test_what_happens_while_the_gateway_hears_nothing_is_read_in_the_log(gateway: Gateway) -> None:
    cursor = await cursor_now(gateway)
    async with following(gateway, EVENTS, after=cursor) as socket:
        await create_customer(gateway, "c1")
        gateway.cluster.hold()
        await create_customer(gateway, "c2", waitFor="ACCEPTED")
        gateway.cluster.disconnect()
        gateway.cluster.release()
        await until(lambda: gateway.cluster.engine.idle)
        gateway.cluster.connect()
        await create_customer(gateway, "c3")
        assert await aggregates(socket, 3) == ["c1", "c2", "c3"]
        assert socket.waiting == 0


async def test_a_cursor_of_another_log_is_a_discontinuity_that_says_what_to_do(gateway: Gateway) -> None:
    async with running_gateway() as another:
        cursor = await cursor_now(another)
    await create_customer(gateway, "c1")
    async with following(gateway, EVENTS, after=cursor) as socket:
        gap = await told(socket)
        assert gap["__typename"] == "Discontinuity"
        assert "another log" in gap["reason"]
        assert "ead the views again" in gap["reason"]
        await create_customer(gateway, "c2")
        assert await aggregates(socket, 1) == ["c2"]
    async with following(gateway, EVENTS, after=gap["cursor"]) as socket:
        assert await aggregates(socket, 1) == ["c2"]
    error = await gateway.error(PAGE, after=cursor)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": "after"}


async def test_a_cursor_from_behind_the_end_of_the_log_is_a_discontinuity(gateway: Gateway) -> None:
    far = encode_opaque(f"log2/{gateway.cluster.log_id}/{4_000_000_000_000_000:016d}-~/")
    async with following(gateway, CUSTOMERS, after=far) as socket:
        assert (await told(socket))["__typename"] == "Discontinuity"


@pytest.mark.parametrize("query", [EVENTS, CUSTOMERS])
async def test_what_is_no_cursor_is_refused(gateway: Gateway, query: str) -> None:
    async with following(gateway, query, after="x") as socket:
        message = await socket.receive()
        assert message["type"] == "error"
        [error] = message["payload"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": "after"}


async def test_a_page_ends_where_all_before_it_is_settled(gateway: Gateway) -> None:
    """An event with an earlier place may still be stored: whoever went on from a later one would never see it."""
    await create_customer(gateway, "c1")
    unsettled = (await gateway.data(PAGE))["events"]["edges"][0]["cursor"]
    await create_customer(gateway, "c2")
    positions = [each["position"] for each in stored(gateway)]
    gateway.cluster.engine.settled = lambda: positions[1] - 1  # type: ignore[method-assign]  # another member is at it
    for arguments in ({}, {"after": unsettled}, {"aggregateId": "c2"}):
        page = (await gateway.data(PAGE, **arguments))["events"]
        assert "c2" not in [edge["node"]["aggregateId"] for edge in page["edges"]]
        assert not page["pageInfo"]["hasNextPage"]


def stored(gateway: Gateway) -> list[Any]:
    import msgspec

    records = map(msgspec.json.decode, gateway.cluster.engine.map("event-store").values())
    return sorted(records, key=lambda record: record["position"])


async def test_two_resumed_readers_share_no_execution(gateway: Gateway) -> None:
    """The second would miss what the first was told before it came."""
    cursor = await cursor_now(gateway)
    await create_customer(gateway, "c1")
    async with following(gateway, EVENTS, after=cursor) as one, following(gateway, EVENTS, after=cursor) as two:
        assert await aggregates(one, 1) == await aggregates(two, 1) == ["c1"]


@pytest.mark.exhaustive
async def test_random_disconnects_over_two_gateways_lose_and_repeat_nothing(gateway: Gateway, other: Gateway) -> None:
    chance = random.Random(7)
    cursor = await cursor_now(gateway)
    got: list[str] = []
    written = 0
    while len(got) < 600:
        where = chance.choice([gateway, other])
        async with following(where, EVENTS, after=cursor) as socket:
            for _ in range(chance.randrange(60)):
                if written < 600 and (chance.random() < 0.6 or written == len(got)):
                    await create_customer(gateway, f"c{written}")
                    written += 1
                else:
                    notice = await told(socket)
                    cursor = notice["cursor"]
                    got.append(notice["event"]["aggregateId"])
                if len(got) == 600:
                    break
    assert got == [f"c{number}" for number in range(600)]


async def test_a_read_waits_for_the_event_of_a_receipt(gateway: Gateway, other: Gateway) -> None:
    gateway.cluster.hold()
    create = """mutation { createCustomer(
      input: {customerId: "c1", name: "Ada", email: "a@example.org"}, options: {waitFor: ACCEPTED}
    ) { ... on CustomerPayload { receipt { token } } } }"""
    assert (await gateway.data(create))["createCustomer"] == {"receipt": {"token": None}}
    gateway.cluster.release()
    rename = """mutation { updateCustomer(input: {customerId: "c1", name: "Eve"}) {
      ... on CustomerPayload { receipt { token } }
    } }"""
    token = (await gateway.data(rename))["updateCustomer"]["receipt"]["token"]
    read = 'query($token: String) { customer(customerId: "c1", minRevision: $token) { name } }'
    assert await other.data(read, token=token) == {"customer": {"name": "Eve"}}
    of_another = 'query($token: String) { product(productId: "p1", minRevision: $token) { name } }'
    assert await other.data(of_another, token=token) == {"product": None}


async def test_a_read_that_waits_in_vain_says_so(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hazelgate.client.following.revisions.WAIT_SECONDS", 0.05)
    token = encode_opaque("event1/Customer:7@c1")
    error = await gateway.error(
        'query($token: String) { customer(customerId: "c1", minRevision: $token) { name } }', token=token
    )
    assert error["extensions"]["code"] == "REVISION_NOT_REACHED"
