"""The gateway over a real network, on a real member and projector with the shop."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from hazelgate.gateway.app import create_app
from hazelgate.gateway.identity.api_keys import new_key
from hazelgate.gateway.settings import Settings
from hazelgate.operations.member import SnapshotOptions
from tests.support.moments import differences, use_the_shop
from tests.support.served import client_of, served_gateway, serving
from tests.support.stack import Stack, running_stack
from tests.support.until import PATIENCE_SECONDS, eventually

ORDER = """
mutation($input: CreateOrderInput!) {
  createOrder(input: $input) {
    ... on OrderPayload { receipt { status } order { orderId totalAmount customer { name } items { name } } }
    ... on EventError { code message }
  }
}
"""


@pytest.fixture(scope="module")
def shop_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A member and a projector with the shop, for this module: its tests may kill both, and start them again."""
    snapshots = SnapshotOptions(location=str(tmp_path_factory.mktemp("kept")))
    with running_stack(tmp_path_factory.mktemp("shop"), domain="hazelgate.domain", snapshots=snapshots) as stack:
        yield stack


@pytest.fixture(scope="module")
async def http(shop_stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway to that stack."""
    async with served_gateway(shop_stack) as http:
        yield http


@pytest.fixture(autouse=True)
async def ready(http: httpx.AsyncClient) -> None:
    """Every test begins with all parts there."""
    await until_ready(http)


async def until_ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await http.get("/ready")).status_code != 200:
            await asyncio.sleep(0.05)


async def post(http: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    response = await http.post("/graphql", json={"query": query, "variables": variables})
    assert response.status_code == 200, response.text
    return response.json()


async def data(http: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    body = await post(http, query, **variables)
    assert "errors" not in body, body
    return body["data"]


def fresh(prefix: str) -> str:
    """An id that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


async def customer(http: httpx.AsyncClient) -> str:
    customer_id = fresh("c")
    query = """
    mutation($id: ID!) { createCustomer(input: {customerId: $id, name: "Ada", email: "ada@example.org"}) {
      ... on CustomerPayload { customer { customerId } } ... on EventError { message }
    } }
    """
    found = await data(http, query, id=customer_id)
    assert found == {"createCustomer": {"customer": {"customerId": customer_id}}}
    return customer_id


async def product(http: httpx.AsyncClient) -> str:
    product_id = fresh("p")
    query = """
    mutation($id: ID!, $sku: String!) {
      createProduct(input: {productId: $id, sku: $sku, name: "Pen", price: "1.25", quantityOnHand: 5}) {
        ... on ProductPayload { product { productId } } ... on EventError { message }
    } }
    """
    found = await data(http, query, id=product_id, sku=product_id)
    assert found == {"createProduct": {"product": {"productId": product_id}}}
    return product_id


async def order(http: httpx.AsyncClient, customer_id: str, product_id: str, quantity: int = 1) -> str:
    given = {"customerId": customer_id, "items": [{"productId": product_id, "quantity": quantity}]}
    result = (await data(http, ORDER, input=given))["createOrder"]
    assert result["receipt"]["status"] == "SUCCESS"
    order_id: str = result["order"]["orderId"]
    return order_id


@asynccontextmanager
async def subscribed(
    http: httpx.AsyncClient, query: str, *, answers_at_once: bool = False, **variables: Any
) -> AsyncIterator[ClientConnection]:
    """A websocket with one subscription that counts already, as far as it does not tell so itself."""
    url = str(http.base_url).replace("http", "ws", 1) + "/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send('{"type":"connection_init"}')
        assert await socket.recv() == '{"type":"connection_ack"}'
        payload = {"query": query, "variables": variables}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        if not answers_at_once:
            await socket.send('{"type":"ping"}')
            assert await socket.recv() == '{"type":"pong"}'
        yield socket


async def delivered(socket: ClientConnection) -> Any:
    """What the subscription delivers next."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        message = json.loads(await socket.recv())
    assert message["type"] == "next", message
    [value] = message["payload"]["data"].values()
    return value


async def test_an_order_is_created_enriched_and_read_back(http: httpx.AsyncClient) -> None:
    customer_id, product_id = await customer(http), await product(http)
    given = {"customerId": customer_id, "items": [{"productId": product_id, "quantity": 3}]}
    result = (await data(http, ORDER, input=given))["createOrder"]
    assert result["order"]["totalAmount"] == "3.75"
    assert (result["order"]["customer"], result["order"]["items"]) == ({"name": "Ada"}, [{"name": "Pen"}])
    query = "query($id: ID!) { customer(customerId: $id) { orders { totalCount } orderSummary { totalSpent } } }"
    found = (await data(http, query, id=customer_id))["customer"]
    assert found == {"orders": {"totalCount": 1}, "orderSummary": {"totalSpent": "3.75"}}


async def test_what_is_created_is_pushed(http: httpx.AsyncClient) -> None:
    customer_id, product_id = await customer(http), await product(http)
    query = """
    subscription($id: ID) { orderChanged(filter: {customer: {customerId: {eq: $id}}}) {
      ... on OrderChange { causedBy { eventType sequence } order { orderId status } }
    } }
    """
    async with subscribed(http, query, id=customer_id) as socket:
        order_id = await order(http, customer_id, product_id)
        await data(http, "mutation($id: ID!) { confirmOrder(input: {orderId: $id}) { __typename } }", id=order_id)
        assert await delivered(socket) == {
            "causedBy": {"eventType": "OrderCreated", "sequence": 1},
            "order": {"orderId": order_id, "status": "PENDING"},
        }
        assert await delivered(socket) == {
            "causedBy": {"eventType": "OrderConfirmed", "sequence": 2},
            "order": {"orderId": order_id, "status": "CONFIRMED"},
        }


async def test_each_event_is_pushed_once_and_in_order(http: httpx.AsyncClient) -> None:
    product_id = await product(http)
    query = """
    subscription($id: ID) {
      events(aggregateId: $id, types: ["StockReplenished"]) { ... on EventNotice { event { sequence } } }
    }
    """
    async with subscribed(http, query, id=product_id) as socket:
        one = {"eventType": "StockReplenished", "aggregateId": product_id, "data": {"quantity": 1}}
        mutation = "mutation($inputs: [HandleEventInput!]!) { handleEvents(inputs: $inputs) { __typename } }"
        results = (await data(http, mutation, inputs=[one] * 200))["handleEvents"]
        assert results == [{"__typename": "EventPayload"}] * 200
        came = [(await delivered(socket))["event"]["sequence"] for _ in range(200)]
        assert came == list(range(2, 202))


async def test_a_live_query_shows_in_the_end_what_the_query_answers(http: httpx.AsyncClient) -> None:
    """Pages of the real index, figures, links and the log, while orders are made and confirmed."""
    customer_id, product_id = await customer(http), await product(http)
    query = """($id: ID!) { %s
      customer(customerId: $id) { orders(first: 2) { totalCount edges { node { orderId status } } } }
      orders(sort: {field: PLACED_AT, direction: DESC}, first: 3) { edges { node { orderId status } } }
      ordersAggregate(filter: {customer: {customerId: {eq: $id}}}, groupBy: [STATUS]) { group count }
      events(last: 2) { edges { node { eventType aggregateId } } }
    %s }"""
    live = "subscription" + query % ("live(throttleMs: 50) {", "}")
    shown: list[Any] = []

    async def show() -> None:
        async for message in socket:
            told = json.loads(message)
            shown.append(told["payload"]["data"]["live"])

    async def is_shown() -> bool:
        return shown[-1:] == [await data(http, "query" + query % ("", ""), id=customer_id)]

    async with subscribed(http, live, answers_at_once=True, id=customer_id) as socket, asyncio.TaskGroup() as group:
        showing = group.create_task(show())
        await eventually(is_shown)
        for _ in range(4):
            order_id = await order(http, customer_id, product_id)
            await data(http, "mutation($id: ID!) { confirmOrder(input: {orderId: $id}) { __typename } }", id=order_id)
            await eventually(is_shown)
        showing.cancel()
    assert shown[0]["customer"] == {"orders": {"totalCount": 0, "edges": []}}
    assert shown[-1]["customer"]["orders"]["totalCount"] == 4
    assert shown[-1]["ordersAggregate"] == [{"group": ["CONFIRMED"], "count": 4}]


@pytest.mark.parametrize("field", ["PLACED_AT", "TOTAL_AMOUNT"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pages_of_the_real_index_make_up_the_list(http: httpx.AsyncClient, field: str, direction: str) -> None:
    customer_id, product_id = await customer(http), await product(http)
    orders = [await order(http, customer_id, product_id, quantity) for quantity in range(1, 6)]
    query = """
    query($id: ID, $sort: OrderSort, $first: Int, $after: String, $last: Int, $before: String) {
      orders(
        filter: {customer: {customerId: {eq: $id}}}, sort: $sort
        first: $first, after: $after, last: $last, before: $before
      ) {
        totalCount edges { node { orderId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
    """
    sort = {"field": field, "direction": direction}
    expected = orders if direction == "ASC" else orders[::-1]
    forward: list[str] = []
    cursor = None
    while True:
        page = (await data(http, query, id=customer_id, sort=sort, first=2, after=cursor))["orders"]
        forward += [edge["node"]["orderId"] for edge in page["edges"]]
        assert page["totalCount"] == 5
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert forward == expected
    page = (await data(http, query, id=customer_id, sort=sort, last=2))["orders"]
    assert [edge["node"]["orderId"] for edge in page["edges"]] == expected[-2:]
    page = (await data(http, query, id=customer_id, sort=sort, last=2, before=page["pageInfo"]["startCursor"]))[
        "orders"
    ]
    assert [edge["node"]["orderId"] for edge in page["edges"]] == expected[1:3]


async def test_filters_of_the_real_engine(http: httpx.AsyncClient) -> None:
    customer_id, product_id = await customer(http), await product(http)
    small, large = await order(http, customer_id, product_id, 1), await order(http, customer_id, product_id, 100)
    await data(http, 'mutation($id: ID!) { cancelOrder(input: {orderId: $id, reason: "x"}) { __typename } }', id=small)
    query = "query($f: OrderFilter) { orders(filter: $f) { edges { node { orderId } } } }"
    for given, expected in (
        ({"status": {"eq": "CANCELLED"}}, [small]),
        ({"status": {"in": ["PENDING", "CONFIRMED"]}}, [large]),
        ({"totalAmount": {"gte": "9.99"}}, [large]),
        ({"totalAmount": {"lte": "9.99"}}, [small]),
        ({"totalAmount": {"gte": "1.25", "lte": "125.00"}}, [large, small]),
        ({"placedAt": {"gte": "2100-01-01T00:00:00Z"}}, []),
    ):
        edges = (await data(http, query, f={"customer": {"customerId": {"eq": customer_id}}, **given}))["orders"][
            "edges"
        ]
        assert [edge["node"]["orderId"] for edge in edges] == expected
    query = "query($f: ProductFilter) { products(filter: $f) { totalCount } }"
    for wanted, count in (
        ({"sku": {"eq": product_id}}, 1),
        ({"sku": {"eq": product_id}, "quantityAvailable": {"eq": 0}}, 0),
        ({"sku": {"eq": product_id[:-1]}}, 0),
    ):
        assert (await data(http, query, f=wanted))["products"]["totalCount"] == count
    query = "query($f: ProductFilter) { products(filter: $f, first: 1) { edges { node { name } } } }"
    assert (await data(http, query, f={"name": {"containsIgnoreCase": "pEN"}, "quantityAvailable": {"gt": 0}}))[
        "products"
    ]["edges"] == [{"node": {"name": "Pen"}}]


async def test_the_log_the_history_and_the_completion_of_an_event(http: httpx.AsyncClient) -> None:
    customer_id, event_id = await customer(http), fresh("e")
    mutation = """
    mutation($id: ID!, $event: ID!) {
      updateCustomer(input: {customerId: $id, name: "Grace"}, options: {eventId: $event}) { __typename }
    }
    """
    await data(http, mutation, id=customer_id, event=event_id)
    query = """
    query($id: ID!, $event: ID!) {
      event(eventId: $event) { sequence eventType data }
      completion(eventId: $event) { status sequence metrics { totalDurationMs jetLatencyMs publishLatencyMs } }
      events(aggregateId: $id) { edges { node { eventType } } }
      customer(customerId: $id) {
        revision { version causedBy }
        history { edges { node { sequence metrics { completedAt } } } }
      }
      deadLetters { totalCount edges { cursor } }
      pipelineMetrics { eventsTotal total { p50Ms maxMs } }
    }
    """
    found = await data(http, query, id=customer_id, event=event_id)
    assert (found["event"]["sequence"], found["event"]["data"]["name"]) == (2, "Grace")
    assert (found["completion"]["status"], found["completion"]["sequence"]) == ("SUCCESS", 2)
    assert 0 < found["completion"]["metrics"]["totalDurationMs"] < 60_000
    assert [edge["node"]["eventType"] for edge in found["events"]["edges"]] == ["CustomerCreated", "CustomerUpdated"]
    assert found["customer"]["revision"] == {"version": 2, "causedBy": event_id}
    history = [edge["node"] for edge in found["customer"]["history"]["edges"]]
    assert [node["sequence"] for node in history] == [1, 2]
    assert all(node["metrics"]["completedAt"] for node in history)
    assert found["deadLetters"] == {"totalCount": 0, "edges": []}
    assert found["pipelineMetrics"]["eventsTotal"] >= 2


async def test_metrics_have_the_engines_histograms(http: httpx.AsyncClient) -> None:
    await customer(http)
    text = (await http.get("/metrics")).text
    assert 'hazelgate_stage_latency_seconds_bucket{le="+Inf",stage="persist"}' in text
    assert 'hazelgate_ready{part="pipeline"} 1.0' in text


async def test_two_tenants_have_one_id_each_and_an_operator_of_all_sees_both(shop_stack: Stack, tmp_path: Path) -> None:
    """Through the gateway on a real member: a live query and an event stream show a tenant its own alone."""
    path, keys = keys_of(
        tmp_path, acme=(["operator"], {"tid": "acme"}), globex=(["operator"], {"tid": "globex"}), ops=(["operator"], {})
    )
    settings = Settings(
        cluster_name=shop_stack.cluster_name,
        members=(shop_stack.address,),
        operation_timeout_seconds=2 * PATIENCE_SECONDS,
        api_keys_file=path,
        tenant_claim="tid",
    )
    create = """
    mutation($id: ID!, $name: String!) { createCustomer(input: {customerId: $id, name: $name, email: "a@example.org"}) {
      ... on CustomerPayload { customer { name } } ... on EventError { message }
    } }
    """
    live = "subscription { live { customers { totalCount edges { node { customerId name } } } } }"
    stream = "subscription { events { ... on EventNotice { event { aggregateId data } } } }"
    async with serving(create_app(settings)) as server, client_of(server) as http:
        await until_ready(http)

        async def ask(who: str, query: str, **variables: Any) -> Any:
            body = {"query": query, "variables": variables}
            answer = await http.post("/graphql", json=body, headers={"x-api-key": keys[who]})
            assert "errors" not in answer.json(), answer.text
            return answer.json()["data"]

        async with socket_of(http, keys["acme"], live, stream) as socket:
            first = json.loads(await socket.recv())
            assert first["payload"]["data"]["live"]["customers"]["totalCount"] == 0
            for who, name in (("globex", "Bob"), ("acme", "Ann")):
                found = await ask(who, create, id="c1", name=name)
                assert found == {"createCustomer": {"customer": {"name": name}}}
            said = [json.loads(await socket.recv()) for _ in range(2)]
            assert {each["id"] for each in said} == {"0", "1"}
            by_id = {each["id"]: each["payload"]["data"] for each in said}
            assert by_id["0"]["live"]["customers"] == {
                "totalCount": 1, "edges": [{"node": {"customerId": "c1", "name": "Ann"}}]
            }  # fmt: skip
            assert by_id["1"]["events"]["event"]["aggregateId"] == "c1"
            assert by_id["1"]["events"]["event"]["data"]["name"] == "Ann"
        for who, name in (("globex", "Bob"), ("acme", "Ann")):
            asked = '{ customer(customerId: "c1") { name } customers { totalCount } }'
            assert await ask(who, asked) == {"customer": {"name": name}, "customers": {"totalCount": 1}}
        events = await ask("ops", "{ events(last: 2) { edges { node { aggregateId } } } pipelines { name } }")
        assert [each["node"]["aggregateId"] for each in events["events"]["edges"]] == ["globex!c1", "acme!c1"]
        assert events["pipelines"]


def keys_of(folder: Path, **callers: tuple[list[str], dict[str, str]]) -> tuple[Path, dict[str, str]]:
    """A file of API keys, and the key of each caller, by its roles and claims."""
    made = {name: new_key(name, roles, claims) for name, (roles, claims) in callers.items()}
    path = folder / "keys.toml"
    path.write_text("\n".join(lines for _, lines in made.values()), encoding="utf-8")
    return path, {name: text for name, (text, _) in made.items()}


@asynccontextmanager
async def socket_of(http: httpx.AsyncClient, key: str, *queries: str) -> AsyncIterator[ClientConnection]:
    """A caller's websocket with these operations, by their numbers."""
    url = str(http.base_url).replace("http", "ws", 1) + "/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"apiKey": key}}))
        assert await socket.recv() == '{"type":"connection_ack"}'
        for number, query in enumerate(queries):
            subscribe = {"type": "subscribe", "id": str(number), "payload": {"query": query}}
            await socket.send(json.dumps(subscribe))
        yield socket


async def test_ten_megabytes_get_413_and_the_answer_arrives(http: httpx.AsyncClient) -> None:
    """The client is still writing when it is decided; it has to come to reading."""
    response = await http.post("/graphql", json={"query": "{ __typename }", "variables": {"a": "x" * 10_000_000}})
    assert response.status_code == 413
    assert (await data(http, "{ __typename }")) == {"__typename": "Query"}


async def away_and_back(http: httpx.AsyncClient, part: str, stack: Stack) -> None:
    """
    Kill a part: `/ready` names it, and what needs it fails fast with a code. Start it: all is well again.

    Queries need the members, and no projector.
    """
    customer_id = await customer(http)
    child = stack.member if part == "member" else stack.projector
    async with subscribed(http, "subscription { events { __typename } }") as socket:
        child.kill()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (response := await http.get("/ready")).status_code == 200:
                    await asyncio.sleep(0.05)
            assert response.status_code == 503
            assert response.json()[part]["ready"] is False
            reads = ('{ customer(customerId: "c") { name } }', "{ orders { totalCount } }")
            for query in (
                'mutation { confirmOrder(input: {orderId: "o"}) { __typename } }',
                *(reads if part == "member" else ()),
            ):
                async with asyncio.timeout(PATIENCE_SECONDS):  # less than the deadline of an operation
                    [error] = (await post(http, query))["errors"]
                assert error["extensions"] == {"code": "PIPELINE_UNAVAILABLE"}
            if part == "projector":
                assert await data(http, reads[0]) == {"customer": None}
                assert "totalCount" in (await data(http, reads[1]))["orders"]
            readable = await http.get("/ready", params={"for": "reads"})
            assert readable.status_code == (503 if part == "member" else 200)
            assert (await http.get("/health")).status_code == 200
        finally:
            await asyncio.to_thread(child.start)
        await until_ready(http)
        if part == "member":
            # Everything was in this one member's memory; the subscriber hears that it may have missed something.
            assert (await delivered(socket))["__typename"] == "Discontinuity"
        else:
            query = "query($id: ID!) { customer(customerId: $id) { name } }"
            assert (await data(http, query, id=customer_id))["customer"] == {"name": "Ada"}
        await customer(http)
        assert (await delivered(socket))["__typename"] == "EventNotice"


@pytest.mark.parametrize("part", ["projector", "member"])
async def test_a_part_that_goes_away_is_named_and_comes_back(
    http: httpx.AsyncClient, shop_stack: Stack, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has one line of a cluster that was lost, and one when it is back."""
    with caplog.at_level(logging.INFO, logger="hazelgate.client"):
        await away_and_back(http, part, shop_stack)
    told = [record.getMessage() for record in caplog.records if record.name == "hazelgate.client.state_log"]
    name = f"cluster {shop_stack.cluster_name}"
    times = 1 if part == "member" else 0
    assert told.count(f"{name} is lost: no member of the cluster answers") == times
    assert len([line for line in told if line.startswith(f"{name} is connected: ")]) == times
    assert told[-1].endswith(": ready")


async def test_operators_rebuild_views_and_roll_back(http: httpx.AsyncClient) -> None:
    start = "mutation($views: [String!]) { startRebuild(views: $views) { id kind views status } }"
    started = (await data(http, start, views=["customer-view"]))["startRebuild"]
    assert (started["kind"], started["views"]) == ("REBUILD", ["customer-view"])

    async def is_done(rebuild_id: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                told = (await data(http, "{ rebuilds { id status events total endedAt } }"))["rebuilds"]
                (rebuild,) = [each for each in told if each["id"] == rebuild_id]
                if rebuild["status"] != "RUNNING":
                    break
                await asyncio.sleep(0.05)
        assert rebuild["status"] == "DONE", rebuild
        assert rebuild["events"] <= rebuild["total"]

    await is_done(started["id"])
    views = {each["view"]: each for each in (await data(http, "{ views { view live previous incomplete } }"))["views"]}
    assert views["customer-view"] == {
        "view": "customer-view",
        "live": "g2.customer-view",
        "previous": "customer-view",
        "incomplete": False,
    }
    back = (await data(http, 'mutation { rollbackView(view: "customer-view") { id kind } }'))["rollbackView"]
    assert back["kind"] == "ROLLBACK"
    await is_done(back["id"])
    ended = await data(http, "mutation($id: ID!) { cancelRebuild(id: $id) { status } }", id=back["id"])
    assert ended["cancelRebuild"]["status"] == "DONE"
    refused = await post(http, start, views=["nonsense"])
    assert refused["errors"][0]["extensions"]["code"] == "REBUILD_REFUSED"


async def test_operators_take_snapshots_and_build_views_from_them(http: httpx.AsyncClient) -> None:
    await customer(http)
    taken = (await data(http, "mutation { createSnapshot { id status } }"))["createSnapshot"]

    async def ended(field: str, wanted: str) -> Any:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                told = (await data(http, f"{{ {field} {{ id status }} }}"))[field]
                (status,) = [each["status"] for each in told if each["id"] == wanted]
                if status != "RUNNING":
                    return status
                await asyncio.sleep(0.05)

    assert await ended("snapshotAttempts", taken["id"]) == "DONE"
    query = "{ snapshots { id position views { viewName snapshotTimestamp position location entries } } }"
    (snapshot,) = (await data(http, query))["snapshots"]
    views = {each["viewName"]: each for each in snapshot["views"]}
    assert views["customer-view"]["entries"] >= 1
    assert views["customer-view"]["position"] == snapshot["position"]
    assert views["customer-view"]["location"].endswith(taken["id"])
    start = "mutation($from: String!) { startRebuild(beginWith: $from) { id } }"
    rebuild = (await data(http, start, **{"from": taken["id"]}))["startRebuild"]
    assert await ended("rebuilds", rebuild["id"]) == "DONE"
    refused = await post(http, 'mutation { createSnapshot(views: ["nonsense"]) { id } }')
    assert refused["errors"][0]["extensions"]["code"] == "SNAPSHOT_REFUSED"


async def test_random_instants_are_shown_as_they_were(http: httpx.AsyncClient) -> None:
    async def ask(query: str) -> Any:
        return await data(http, query)

    moments = await use_the_shop(ask, random.Random(6), 60)
    assert await differences(ask, random.Random(7), moments, 30) == []
