"""Entries as they were, and the events that formed them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from hazelgate.sourcing.envelope import DEAD_LETTER_DECISIONS, DEAD_LETTER_EVENTS, EVENT_STORE, DeadLetter, EntryMeta
from hazelgate.sourcing.ids import dead_letter_id
from tests.support.gateway import Gateway, create_customer, create_order, create_product
from tests.support.moments import differences, everything, use_the_shop

LETTERS = [
    ("product-availability-view", "p1", None, 10),
    ("product-availability-view", "p1", "2999-01-01T00:00:00.000000Z", 15),
    ("*", "", None, 10),
]

HISTORY = """
query($first: Int, $after: String) { customerOrderSummary(customerId: "c1") {
  revision { causedBy version }
  history(first: $first, after: $after) {
    edges { cursor node { eventId eventType aggregateId } } pageInfo { hasNextPage endCursor }
  }
} }
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_each_view_is_shown_as_it_was(gateway: Gateway, seed: int) -> None:
    moments = await use_the_shop(gateway.data, Random(seed), 40)
    assert await differences(gateway.data, Random(seed), moments, 41) == []


async def test_before_the_first_event_there_is_nothing(gateway: Gateway) -> None:
    await create_customer(gateway, "c1")
    data = await gateway.data(everything(', asOf: "2020-01-01T00:00:00Z"'))
    assert set(data.values()) == {None}


async def test_the_future_is_as_today(gateway: Gateway) -> None:
    await use_the_shop(gateway.data, Random(4), 20)
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert await gateway.data(everything(f', asOf: "{later}"')) == await gateway.data(everything())


async def change_stored(gateway: Gateway, key: str, **changes: Any) -> None:
    events = gateway.cluster.engine.map(EVENT_STORE)
    events[key] = msgspec.json.encode(msgspec.json.decode(events[key]) | changes)


async def test_what_was_not_stored_by_then_does_not_count_though_a_later_one_was(gateway: Gateway) -> None:
    """Clocks of members differ; the events of an aggregate are in order all the same."""
    await create_product(gateway, "p1", quantity=10)
    for _ in range(2):
        await gateway.data('mutation { replenishStock(input: {productId: "p1", quantity: 5}) { __typename } }')
    await change_stored(gateway, "Product:1@p1", persistedAt="2026-01-01T00:00:00.000000Z")
    await change_stored(gateway, "Product:2@p1", persistedAt="2026-01-01T00:00:09.000000Z")
    await change_stored(gateway, "Product:3@p1", persistedAt="2026-01-01T00:00:05.000000Z")

    async def on_hand(at: str) -> int:
        data = await gateway.data(f'{{ product(productId: "p1", asOf: "{at}") {{ quantityOnHand }} }}')
        return int(data["product"]["quantityOnHand"])

    assert await on_hand("2026-01-01T00:00:06Z") == 10
    assert await on_hand("2026-01-01T01:00:09+01:00") == 20


@pytest.mark.parametrize(
    ("decision", "on_hand"),
    [
        ({"action": "DISCARDED", "at": "2020-01-01T00:00:00.000000Z"}, 10),
        ({"action": "EDITED", "at": "2020-01-01T00:00:00.000000Z", "data": {"productId": "p1", "quantity": 1}}, 11),
        ({"action": "DISCARDED", "at": "2999-01-01T00:00:00.000000Z"}, 10),
    ],
)
async def test_what_operators_decided_counts_from_then_on(
    gateway: Gateway, decision: dict[str, Any], on_hand: int
) -> None:
    await create_product(gateway, "p1", quantity=10)
    await gateway.data('mutation { replenishStock(input: {productId: "p1", quantity: 5}) { __typename } }')
    record = msgspec.json.decode(gateway.cluster.engine.map(EVENT_STORE)["Product:2@p1"])
    decide(gateway, record["eventId"], "product-availability-view", "p1", decision)
    now = datetime.now(UTC).isoformat()
    data = await gateway.data(f'{{ product(productId: "p1", asOf: "{now}") {{ quantityOnHand }} }}')
    assert data["product"]["quantityOnHand"] == on_hand


def decide(gateway: Gateway, event_id: str, projection: str, entry_key: str, decision: dict[str, Any]) -> None:
    letter = dead_letter_id(event_id, projection, entry_key)
    whole = {"id": letter, "eventId": event_id, "projection": projection, "entryKey": entry_key, **decision}
    gateway.cluster.engine.map(DEAD_LETTER_DECISIONS)[letter] = msgspec.json.encode(whole)


async def test_what_operators_made_of_an_event_that_can_not_be_read_counts_from_then_on(gateway: Gateway) -> None:
    await create_product(gateway, "p1", quantity=10)
    await gateway.data('mutation { replenishStock(input: {productId: "p1", quantity: 5}) { __typename } }')
    await change_stored(gateway, "Product:2@p1", data={"quantity": "some"})
    record = msgspec.json.decode(gateway.cluster.engine.map(EVENT_STORE)["Product:2@p1"])

    async def on_hand() -> int:
        now = datetime.now(UTC).isoformat()
        data = await gateway.data(f'{{ product(productId: "p1", asOf: "{now}") {{ quantityOnHand }} }}')
        return int(data["product"]["quantityOnHand"])

    assert await on_hand() == 10
    edited = {"action": "EDITED", "data": {"productId": "p1", "quantity": 2}}
    decide(gateway, record["eventId"], "*", "", {**edited, "at": "2999-01-01T00:00:00.000000Z"})
    assert await on_hand() == 10
    decide(gateway, record["eventId"], "*", "", {**edited, "at": "2020-01-01T00:00:00.000000Z"})
    assert await on_hand() == 12


@pytest.mark.parametrize(("view", "entry_key", "retry_at", "on_hand"), LETTERS)
async def test_an_event_in_an_open_letter_is_not_even_tried(
    gateway: Gateway, view: str, entry_key: str, retry_at: str | None, on_hand: int
) -> None:
    """A fold that hangs would take the gateway along. One that is tried again by itself may have passed by now."""
    await create_product(gateway, "p1", quantity=10)
    await gateway.data('mutation { replenishStock(input: {productId: "p1", quantity: 5}) { __typename } }')
    record = msgspec.json.decode(gateway.cluster.engine.map(EVENT_STORE)["Product:2@p1"])
    letter = DeadLetter(
        meta=EntryMeta(version=1, caused_by="", updated_at="", applied={}, keys={}),
        id=dead_letter_id(record["eventId"], view, entry_key),
        event_key="Product:2@p1",
        event_id=record["eventId"],
        event_type=record["eventType"],
        lane=0,
        position=0,
        projection=view,
        entry_key=entry_key,
        error="did not return within 5 s",
        attempts=1,
        blocked_count=0,
        first_failed_at="",
        last_failed_at="",
        waiting=(),
        retry_at=retry_at,
    )
    gateway.cluster.engine.map(DEAD_LETTER_EVENTS)[letter.id] = msgspec.json.encode(letter)
    now = datetime.now(UTC).isoformat()
    data = await gateway.data(f'{{ product(productId: "p1", asOf: "{now}") {{ quantityOnHand }} }}')
    assert data["product"]["quantityOnHand"] == on_hand


async def test_a_summary_lists_the_events_of_all_its_orders(gateway: Gateway) -> None:
    await create_customer(gateway, "c1")
    await create_customer(gateway, "c2")
    await create_product(gateway, "p1")
    for number, customer in enumerate(("c1", "c2", "c1", "c1")):
        await create_order(gateway, f"o{number}", customer, p1=1)
    await gateway.data('mutation { confirmOrder(input: {orderId: "o0"}) { __typename } }')
    await gateway.data('mutation { cancelOrder(input: {orderId: "o0", reason: "late"}) { __typename } }')
    summary = (await gateway.data(HISTORY))["customerOrderSummary"]
    nodes = [edge["node"] for edge in summary["history"]["edges"]]
    assert [(node["eventType"], node["aggregateId"]) for node in nodes] == [
        ("OrderCreated", "o0"),
        ("OrderCreated", "o2"),
        ("OrderCreated", "o3"),
        ("OrderCancelled", "o0"),
    ]
    assert (nodes[-1]["eventId"], len(nodes)) == (summary["revision"]["causedBy"], summary["revision"]["version"])
    paged, after = [], None
    while True:
        page = (await gateway.data(HISTORY, first=1, after=after))["customerOrderSummary"]["history"]
        paged += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == nodes
