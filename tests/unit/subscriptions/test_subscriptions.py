"""Subscriptions from the cluster's topic to the websocket."""

import asyncio
import gc
from typing import Any

import pytest
from graphql.execution.collect_fields import CollectedFields

from hazelgate.gateway.settings import Settings
from hazelgate.sourcing.errors import PipelineUnavailable
from tests.support.gateway import (
    Gateway,
    Websocket,
    create_customer,
    create_order,
    create_product,
    rename_customer,
    running_gateway,
)

EVENTS = """
subscription($types: [String!], $aggregateId: ID) {
  events(types: $types, aggregateId: $aggregateId) {
    __typename
    ... on EventNotice { cursor event { eventType aggregateId sequence data } }
    ... on Discontinuity { cursor reason }
  }
}
"""
CUSTOMERS = """
subscription($id: ID) {
  customerChanged(customerId: $id) {
    __typename
    ... on CustomerChange {
      cursor
      causedBy { eventId eventType }
      customer { customerId name revision { version causedBy } orderSummary { orderCount } }
    }
    ... on Discontinuity { cursor reason }
  }
}
"""
PRODUCTS = """
subscription($id: ID) {
  productChanged(productId: $id) { ... on ProductChange { product { productId quantityAvailable } } }
}
"""
NAMES = "subscription { customerChanged { ... on CustomerChange { customer { name } } } }"
CREATE = 'mutation { createCustomer(input: {customerId: "c1", name: "A", email: "a@example.org"}) { __typename } }'
ORDERS = """
subscription($orderId: ID, $filter: OrderFilter) {
  orderChanged(orderId: $orderId, filter: $filter) {
    ... on OrderChange { causedBy { eventType } order { orderId status customer { customerId } } }
  }
}
"""


async def following(socket: Websocket, query: str, **variables: Any) -> None:
    """Subscribe, and return once the subscription counts."""
    await socket.subscribe("1", query, **variables)
    await socket.settle()


async def payload(socket: Websocket) -> Any:
    """What the subscription delivered next."""
    message = await socket.receive()
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    [value] = message["payload"]["data"].values()
    return value


async def test_events_come_in_order_and_once(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await following(socket, EVENTS)
        for number in range(20):
            await create_customer(gateway, f"c{number}")
        notices = [await payload(socket) for _ in range(20)]
        assert [notice["event"]["aggregateId"] for notice in notices] == [f"c{number}" for number in range(20)]
        assert notices[0]["event"]["data"]["name"] == "Ada"
        assert socket.waiting == 0


@pytest.mark.parametrize("query", [EVENTS, NAMES, CUSTOMERS])
async def test_what_an_event_took_is_given_back_while_the_subscription_goes_on(gateway: Gateway, query: str) -> None:
    """graphql-core's executors of all events share what they remember of selections, and each remembers its own."""

    def remembered() -> int:
        gc.collect()
        return sum(type(each) is CollectedFields for each in gc.get_objects())

    async with gateway.websocket() as socket:
        await following(socket, query)
        counts = []
        for batch in range(3):
            for number in range(10):
                await create_customer(gateway, f"c{batch}-{number}")
                await payload(socket)
            counts.append(remembered())
    assert counts[2] == counts[1]


async def test_events_are_chosen_by_type_and_aggregate(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await following(socket, EVENTS, types=["CustomerUpdated"], aggregateId="c2")
        for customer in ("c1", "c2"):
            await create_customer(gateway, customer)
            await rename_customer(gateway, customer, "Grace")
        assert (await payload(socket))["event"] == {
            "eventType": "CustomerUpdated",
            "aggregateId": "c2",
            "sequence": 2,
            "data": {"customerId": "c2", "name": "Grace"},
        }
        await socket.settle()
        assert socket.waiting == 0


async def test_a_cursor_of_a_subscription_is_one_of_the_query(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await following(socket, EVENTS)
        await create_customer(gateway, "c1")
        await create_customer(gateway, "c2")
        cursor = (await payload(socket))["cursor"]
        query = "query($after: String) { events(after: $after) { edges { node { aggregateId } } } }"
        assert (await gateway.data(query, after=cursor))["events"]["edges"] == [{"node": {"aggregateId": "c2"}}]


async def test_a_customer_comes_as_it_is_after_the_event(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await following(socket, CUSTOMERS, id="c1")
        await create_customer(gateway, "c0")
        await create_customer(gateway, "c1")
        await rename_customer(gateway, "c1", "Grace")
        first, second = await payload(socket), await payload(socket)
        assert (first["customer"]["name"], first["customer"]["revision"]["version"]) == ("Ada", 1)
        assert (second["customer"]["name"], second["customer"]["revision"]["version"]) == ("Grace", 2)
        assert second["causedBy"]["eventId"] == second["customer"]["revision"]["causedBy"]


async def test_each_event_has_reads_of_its_own(gateway: Gateway) -> None:
    """What one event's fields read must not answer for the next event: the order summary has to grow."""
    await create_customer(gateway, "c1")
    await create_product(gateway, "p1")
    async with gateway.websocket() as socket:
        await following(socket, CUSTOMERS, id="c1")
        await rename_customer(gateway, "c1", "Grace")
        assert (await payload(socket))["customer"]["orderSummary"] is None
        await create_order(gateway, "o1", "c1", p1=1)
        await rename_customer(gateway, "c1", "Ada")
        assert (await payload(socket))["customer"]["orderSummary"] == {"orderCount": 1}


async def test_a_product_comes_when_its_stock_changes(gateway: Gateway) -> None:
    await create_product(gateway, "p1", quantity=5)
    async with gateway.websocket() as socket:
        await following(socket, PRODUCTS, id="p1")
        await gateway.data(
            'mutation { reserveStock(input: {productId: "p1", orderId: "o", quantity: 2}) { __typename } }'
        )
        assert await payload(socket) == {"product": {"productId": "p1", "quantityAvailable": 3}}


async def test_orders_are_chosen_by_customer_even_where_the_event_does_not_name_it(gateway: Gateway) -> None:
    await create_product(gateway, "p1")
    for customer in ("c1", "c2"):
        await create_customer(gateway, customer)
    async with gateway.websocket() as socket:
        await following(socket, ORDERS, filter={"customer": {"customerId": {"eq": "c2"}}})
        for order, customer in (("o1", "c1"), ("o2", "c2")):
            await create_order(gateway, order, customer, p1=1)
            await gateway.data("mutation($id: ID!) { confirmOrder(input: {orderId: $id}) { __typename } }", id=order)
        placed, confirmed = await payload(socket), await payload(socket)
        assert (placed["order"]["orderId"], placed["order"]["status"]) == ("o2", "PENDING")
        assert (confirmed["causedBy"]["eventType"], confirmed["order"]["status"]) == ("OrderConfirmed", "CONFIRMED")
        await socket.settle()
        assert socket.waiting == 0


async def test_an_entry_is_read_once_for_all_subscribers(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[tuple[str, tuple[str, ...]]] = []
    read = gateway.cluster.read

    async def counted(map_name: str, keys: Any) -> Any:
        reads.append((map_name, tuple(keys)))
        return await read(map_name, keys)

    async with gateway.websocket() as one, gateway.websocket() as two:
        for socket in (one, two):
            for number in range(5):
                await socket.subscribe(str(number), NAMES)
            await socket.settle()
        monkeypatch.setattr(gateway.cluster, "read", counted)
        await gateway.data(CREATE)
        for socket in (one, two):
            for _ in range(5):
                assert (await payload(socket))["customer"] == {"name": "A"}
    assert [keys for name, keys in reads if name == "customer-view"] == [("c1",)]


async def test_a_slow_subscriber_misses_events_is_told_so_and_holds_nobody_up() -> None:
    async with (
        running_gateway(Settings(subscriber_queue_size=3)) as gateway,
        gateway.websocket() as slow,
        gateway.websocket() as fast,
    ):
        for socket in (slow, fast):
            await following(socket, EVENTS)
        slow.may_send.clear()
        for number in range(10):
            await create_customer(gateway, f"c{number}")
            assert (await payload(fast))["event"]["aggregateId"] == f"c{number}"
        slow.may_send.set()
        # One that was on its way when the socket stopped, three that waited, and then the gap.
        came = [await payload(slow) for _ in range(5)]
        assert [item["__typename"] for item in came] == ["EventNotice"] * 4 + ["Discontinuity"]
        assert [item["event"]["aggregateId"] for item in came[:4]] == ["c0", "c1", "c2", "c3"]
        await create_customer(gateway, "c10")
        last = await payload(slow)
        assert last["event"]["aggregateId"] == "c10"
        # The gap ends at the last event left out: going on from there, nothing comes twice or is missing.
        query = "query($after: String) { events(after: $after) { edges { node { aggregateId } } } }"
        data = await gateway.data(query, after=came[4]["cursor"])
        assert data["events"]["edges"] == [{"node": {"aggregateId": "c10"}}]


async def test_a_lost_connection_is_told_as_a_discontinuity(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await following(socket, EVENTS)
        await create_customer(gateway, "c1")
        cursor = (await payload(socket))["cursor"]
        gateway.cluster.disconnect()
        gateway.cluster.connect()
        gap = await payload(socket)
        assert (gap["__typename"], gap["cursor"]) == ("Discontinuity", cursor)
        await create_customer(gateway, "c2")
        assert (await payload(socket))["event"]["aggregateId"] == "c2"


async def test_an_entry_that_can_not_be_read_is_told_as_a_discontinuity(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway.websocket() as socket:
        await following(socket, CUSTOMERS)
        with monkeypatch.context() as patched:

            async def away(map_name: str, keys: Any) -> Any:
                raise PipelineUnavailable("gone in between")

            patched.setattr(gateway.cluster, "read", away)
            await gateway.data(CREATE)
            gap = await payload(socket)
            assert (gap["__typename"], gap["reason"]) == ("Discontinuity", "gone in between")
        await create_customer(gateway, "c2")
        assert (await payload(socket))["customer"]["customerId"] == "c2"


async def test_the_pipelines_figures_come_at_once_and_then_regularly(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await socket.subscribe("1", "subscription { pipelineMetrics(intervalMs: 100) { eventsTotal total { p50Ms } } }")
        assert (await payload(socket))["eventsTotal"] == 0
        await create_customer(gateway, "c1")
        async with asyncio.timeout(5):
            while (await payload(socket))["eventsTotal"] != 1:
                pass


async def test_figures_go_on_through_an_outage(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await socket.subscribe("1", "subscription { pipelineMetrics(intervalMs: 100) { pending } }")
        await payload(socket)
        gateway.cluster.disconnect()
        message = await socket.receive()
        while "errors" not in message["payload"]:
            message = await socket.receive()
        assert message["payload"]["errors"][0]["extensions"]["code"] == "PIPELINE_UNAVAILABLE"
        gateway.cluster.connect()
        async with asyncio.timeout(5):
            while "errors" in (await socket.receive())["payload"]:
                pass
