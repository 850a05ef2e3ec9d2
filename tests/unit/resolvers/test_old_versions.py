"""A stored event of an old version: clients see its data in today's schema, with the version that it was written in."""

from __future__ import annotations

from typing import Any

import msgspec

from hazelgate.client.cluster import stream_topic
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, EVENT_IDS, EVENT_STORE
from tests.support.gateway import Gateway, create_product

FIELDS = "eventId eventVersion data"
TODAY = {"eventId": "old", "eventVersion": 1, "data": {"productId": "p1", "orderId": "o1", "quantity": 3}}
STORED = {"productId": "p1", "orderId": "o1", "qty": 3}


async def stored_long_ago(gateway: Gateway, **changes: Any) -> bytes:
    """A reservation as the first release stored it."""
    await create_product(gateway, "p1")
    events = gateway.cluster.engine.map(EVENT_STORE)
    created = msgspec.json.decode(events["Product:1@p1"])
    position = created["position"] + 1
    record = created | {
        "cursor": f"{position:016d}-{created['lane']:05d}",
        "position": position,
        "eventId": "old",
        "eventType": "StockReserved",
        "eventVersion": 1,
        "sequence": 2,
        "data": STORED,
    }
    raw = events["Product:2@p1"] = msgspec.json.encode(record | changes)
    view = gateway.cluster.engine.map("product-availability-view")
    view["p1"] = view["p1"].replace(b":%d}" % created["position"], b":%d}" % position)
    gateway.cluster.engine.map(AGGREGATE_HEADS)["Product@p1"] = b'{"_meta":{"version":2}}'
    gateway.cluster.engine.map(EVENT_IDS)["old"] = b'{"hash":"x","key":"Product:2@p1"}'
    return raw


async def test_an_event_by_its_id(gateway: Gateway) -> None:
    raw = await stored_long_ago(gateway)
    data = await gateway.data(f'{{ event(eventId: "old") {{ {FIELDS} }} }}')
    assert data["event"] == TODAY
    assert gateway.cluster.engine.map(EVENT_STORE)["Product:2@p1"] == raw


async def test_the_log(gateway: Gateway) -> None:
    await stored_long_ago(gateway)
    for arguments in ('types: ["StockReserved"]', 'aggregateId: "p1", types: ["StockReserved"]'):
        data = await gateway.data(f"{{ events({arguments}) {{ edges {{ node {{ {FIELDS} }} }} }} }}")
        assert [edge["node"] for edge in data["events"]["edges"]] == [TODAY]


async def test_the_history_of_an_entry(gateway: Gateway) -> None:
    await stored_long_ago(gateway)
    query = f'{{ product(productId: "p1") {{ history {{ edges {{ node {{ {FIELDS} }} }} }} }} }}'
    data = await gateway.data(query)
    assert data["product"]["history"]["edges"][1]["node"] == TODAY


async def test_subscriptions(gateway: Gateway) -> None:
    raw = await stored_long_ago(gateway)
    product = f"... on ProductChange {{ causedBy {{ {FIELDS} }} }}"
    async with gateway.websocket() as socket:
        await socket.subscribe("1", f"subscription {{ events {{ ... on EventNotice {{ event {{ {FIELDS} }} }} }} }}")
        await socket.subscribe("2", f"subscription {{ productChanged {{ {product} }} }}")
        await socket.settle()
        gateway.cluster._publish(stream_topic(gateway.cluster.gateway_id), b"[%b]" % raw)
        heard = [(await socket.receive())["payload"]["data"] for _ in range(2)]
    shown = [next(iter(each.values())) for each in heard]
    assert [each.get("event") or each["causedBy"] for each in shown] == [TODAY, TODAY]


async def test_a_type_that_is_gone_is_shown_as_it_is_stored(gateway: Gateway) -> None:
    await stored_long_ago(gateway, eventType="StockCounted")
    data = await gateway.data(f'{{ event(eventId: "old") {{ {FIELDS} }} }}')
    assert data["event"] == TODAY | {"data": STORED}


async def test_the_catalog_names_the_versions_that_can_be_read(gateway: Gateway) -> None:
    data = await gateway.data("{ eventCatalog { eventType version readableVersions } }")
    assert {"eventType": "StockReserved", "version": 2, "readableVersions": [1, 2]} in data["eventCatalog"]
