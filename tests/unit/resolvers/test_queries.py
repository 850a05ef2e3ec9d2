"""Queries from the client's side."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.gateway import Gateway, create_customer, create_order, create_product, running_gateway

ORDERS = """
query($filter: OrderFilter, $sort: OrderSort, $first: Int, $after: String, $last: Int, $before: String) {
  orders(filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { orderId placedAt totalAmount } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


OF_C1 = {"customer": {"customerId": {"eq": "c1"}}}
OF_C2 = {"customer": {"customerId": {"eq": "c2"}}}


@pytest.fixture(scope="module")
async def shop() -> AsyncIterator[Gateway]:
    """
    Two customers; orders o0 to o5, each of one piece more than the one before, in turns; o3 is cancelled.

    It is read by all of these tests, and written by none.
    """
    async with running_gateway() as gateway:
        for customer in ("c1", "c2"):
            await create_customer(gateway, customer, name=f"Customer {customer}")
        await create_product(gateway, "p1", price="1.00", name="Pen")
        await create_product(gateway, "p2", price="2.00", name="Notepad", quantity=0)
        for number in range(6):
            await create_order(gateway, f"o{number}", "c1" if number % 2 == 0 else "c2", p1=number + 1)
        await gateway.data('mutation { cancelOrder(input: {orderId: "o3", reason: "late"}) { __typename } }')
        yield gateway


async def ids(gateway: Gateway, **arguments: Any) -> list[str]:
    """The ids of the orders on a page."""
    data = await gateway.data(ORDERS, **arguments)
    return [edge["node"]["orderId"] for edge in data["orders"]["edges"]]


async def test_orders_come_the_latest_first(shop: Gateway) -> None:
    assert await ids(shop) == ["o5", "o4", "o3", "o2", "o1", "o0"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ({"direction": "ASC"}, ["o0", "o1", "o2", "o3", "o4", "o5"]),
        ({"field": "TOTAL_AMOUNT"}, ["o5", "o4", "o3", "o2", "o1", "o0"]),
        ({"field": "TOTAL_AMOUNT", "direction": "ASC"}, ["o0", "o1", "o2", "o3", "o4", "o5"]),
    ],
)
async def test_orders_are_sorted(shop: Gateway, sort: dict[str, str], expected: list[str]) -> None:
    assert await ids(shop, sort=sort) == expected


@pytest.mark.parametrize("sort", [None, {"field": "TOTAL_AMOUNT"}])
@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (OF_C1, ["o4", "o2", "o0"]),
        ({"customer": {"customerId": {"eq": "c"}}}, []),
        ({"status": {"in": ["CANCELLED"]}}, ["o3"]),
        ({"status": {"ne": "CANCELLED"}, **OF_C2}, ["o5", "o1"]),
        ({"status": {"in": ["PENDING", "CANCELLED"]}, **OF_C2}, ["o5", "o3", "o1"]),
        ({"status": {"in": []}}, []),
        ({"totalAmount": {"gte": "5.00"}}, ["o5", "o4"]),
        ({"totalAmount": {"lte": 2}}, ["o1", "o0"]),
        ({"totalAmount": {"gte": "2.00", "lte": "3.00"}, **OF_C1}, ["o2"]),
        ({"totalAmount": {"gt": "2", "lt": "4.00"}}, ["o2"]),
        ({"totalAmount": {"eq": "2.0"}}, ["o1"]),
        ({"placedAt": {"gte": "2100-01-01T00:00:00Z"}}, []),
        ({"placedAt": {"lt": "2100-01-01T00:00:00+02:00"}, **OF_C1}, ["o4", "o2", "o0"]),
        ({"or": [{"orderId": {"eq": "o1"}}, {"status": {"eq": "CANCELLED"}}]}, ["o3", "o1"]),
        ({"not": OF_C1}, ["o5", "o3", "o1"]),
        ({"and": [OF_C2, {"not": {"cancelReason": {"isNull": True}}}]}, ["o3"]),
        ({"items": {"some": {"quantity": {"gte": 5}}}}, ["o5", "o4"]),
        ({"items": {"every": {"quantity": {"lt": 3}}}}, ["o1", "o0"]),
        ({"items": {"none": {"productId": {"eq": "p1"}}}}, []),
        ({"customer": {"name": {"containsIgnoreCase": "ER C2"}}}, ["o5", "o3", "o1"]),
    ],
)
async def test_orders_are_filtered(shop: Gateway, filter: dict[str, Any], sort: Any, expected: list[str]) -> None:
    assert await ids(shop, filter=filter, sort=sort) == expected


@pytest.mark.parametrize("customer", [{}, OF_C1])
@pytest.mark.parametrize("sort", [None, {"field": "TOTAL_AMOUNT"}])
async def test_the_day_begins_with_its_bound_and_ends_before_the_other(shop: Gateway, sort: Any, customer: Any) -> None:
    edges = (await shop.data(ORDERS, filter=customer or None))["orders"]["edges"]
    middle = edges[1]["node"]
    everything = [edge["node"]["orderId"] for edge in edges]
    at = everything.index(middle["orderId"])
    since, until = {"placedAt": {"gte": middle["placedAt"]}}, {"placedAt": {"lt": middle["placedAt"]}}
    assert await ids(shop, sort=sort, filter={**since, **customer}) == everything[: at + 1]
    assert await ids(shop, sort=sort, filter={**until, **customer}) == everything[at + 1 :]


@pytest.mark.parametrize("size", [1, 2, 4, 6, 10])
@pytest.mark.parametrize("filter", [None, OF_C1, {"totalAmount": {"gte": "2.00"}}])
@pytest.mark.parametrize("sort", [None, {"direction": "ASC"}, {"field": "TOTAL_AMOUNT"}])
async def test_pages_in_either_direction_make_up_the_list(shop: Gateway, size: int, filter: Any, sort: Any) -> None:
    everything = await ids(shop, filter=filter, sort=sort)
    forward: list[str] = []
    cursor = None
    while True:
        page = (await shop.data(ORDERS, filter=filter, sort=sort, first=size, after=cursor))["orders"]
        forward += [edge["node"]["orderId"] for edge in page["edges"]]
        cursor = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasPreviousPage"] is (len(forward) > size or len(page["edges"]) < len(forward))
        if not page["pageInfo"]["hasNextPage"]:
            break
    backward: list[str] = []
    cursor = None
    while True:
        page = (await shop.data(ORDERS, filter=filter, sort=sort, last=size, before=cursor))["orders"]
        backward = [edge["node"]["orderId"] for edge in page["edges"]] + backward
        cursor = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert forward == backward == everything


async def test_a_page_of_none_only_tells_whether_there_are_any(shop: Gateway) -> None:
    page = (await shop.data(ORDERS, first=0))["orders"]
    assert (page["edges"], page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]) == ([], True, None)


async def test_all_are_counted_whatever_the_page_and_only_when_asked(
    shop: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[bool] = []
    query = shop.cluster.query

    async def noted(question: Any) -> Any:
        queries.append(question.count)
        return await query(question)

    monkeypatch.setattr(shop.cluster, "query", noted)
    await ids(shop, first=1)
    assert queries == [False]
    counting = "query($filter: OrderFilter) { orders(first: 1, filter: $filter) { totalCount edges { cursor } } }"
    data = await shop.data(counting, filter=OF_C1)
    assert (data["orders"]["totalCount"], len(data["orders"]["edges"])) == (3, 1)


async def test_customers_and_products_are_found(shop: Gateway) -> None:
    query = """
    {
      byName: customers(filter: {name: {containsIgnoreCase: "CUSTOMER C2"}}) { edges { node { customerId } } }
      byEmail: customers(filter: {email: {eqIgnoreCase: "C1@Example.org"}}) { totalCount edges { node { customerId } } }
      byPartOfEmail: customers(filter: {email: {eq: "c1"}}) { totalCount }
      byStartOfEmail: customers(filter: {email: {startsWith: "c1"}}) { totalCount }
      inAnotherCase: customers(filter: {email: {eq: "C1@Example.org"}}) { totalCount }
      bySku: products(filter: {sku: {eq: "SKU-p2"}}) { edges { node { productId } } }
      byPartOfSku: products(filter: {sku: {eq: "SKU"}}) { totalCount }
      inStock: products(filter: {quantityAvailable: {gt: 0}}) { edges { node { productId } } }
      outOfStock: products(filter: {quantityAvailable: {eq: 0}, name: {startsWithIgnoreCase: "note"}}) {
        edges { node { productId } }
      }
      all: products { totalCount }
    }
    """
    data = await shop.data(query)
    assert data["byName"]["edges"] == [{"node": {"customerId": "c2"}}]
    assert data["byEmail"] == {"totalCount": 1, "edges": [{"node": {"customerId": "c1"}}]}
    assert data["byPartOfEmail"]["totalCount"] == data["byPartOfSku"]["totalCount"] == 0
    assert (data["byStartOfEmail"]["totalCount"], data["inAnotherCase"]["totalCount"]) == (1, 0)
    assert data["bySku"]["edges"] == [{"node": {"productId": "p2"}}]
    assert data["inStock"]["edges"] == [{"node": {"productId": "p1"}}]
    assert data["outOfStock"]["edges"] == [{"node": {"productId": "p2"}}]
    assert data["all"]["totalCount"] == 2


async def test_a_customer_leads_to_its_orders_and_their_sum(shop: Gateway) -> None:
    query = """
    { customer(customerId: "c2") {
        orders(last: 2) { totalCount edges { node { orderId } } }
        orderSummary { orderCount cancelledCount totalSpent lastOrderId revision { version } }
    } }
    """
    customer = (await shop.data(query))["customer"]
    assert customer["orders"] == {"totalCount": 3, "edges": [{"node": {"orderId": "o3"}}, {"node": {"orderId": "o1"}}]}
    summary = {"orderCount": 3, "cancelledCount": 1, "totalSpent": "8.00", "lastOrderId": "o5"}
    assert customer["orderSummary"] == summary | {"revision": {"version": 4}}


async def test_entries_by_id_keep_the_order_of_the_ids(shop: Gateway) -> None:
    query = '{ ordersById(orderIds: ["o2", "none", "o0", "o2"]) { orderId } }'
    found = [{"orderId": "o2"}, None, {"orderId": "o0"}, {"orderId": "o2"}]
    assert (await shop.data(query))["ordersById"] == found


async def test_fields_that_read_the_same_read_together(shop: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[tuple[str, tuple[str, ...]]] = []
    read = shop.cluster.read

    async def noted(map_name: str, keys: Any) -> Any:
        reads.append((map_name, tuple(keys)))
        return await read(map_name, keys)

    monkeypatch.setattr(shop.cluster, "read", noted)
    await shop.data("{ customers { edges { node { orderSummary { orderCount } } } } }")
    assert reads == [("customer-order-summary-view", ("c1", "c2"))]


async def test_every_node_is_found_by_its_id(shop: Gateway) -> None:
    query = '{ customer(customerId: "c1") { id } product(productId: "p1") { id } order(orderId: "o1") { id } }'
    given = [node["id"] for node in (await shop.data(query)).values()]
    fields = (
        "__typename id ... on Customer { customerId } ... on Product { productId } ... on EnrichedOrder { orderId }"
    )
    found = (await shop.data(f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {fields} }} }}", ids=given))["nodes"]
    assert [node["id"] for node in found] == given
    assert [node["__typename"] for node in found] == ["Customer", "Product", "EnrichedOrder"]
    one = (await shop.data(f"query($id: ID!) {{ node(id: $id) {{ {fields} }} }}", id=given[2]))["node"]
    assert one == {"__typename": "EnrichedOrder", "id": given[2], "orderId": "o1"}


async def test_the_history_of_an_entry_is_its_aggregates_events(shop: Gateway) -> None:
    query = """
    query($after: String) { order(orderId: "o3") { history(first: 1, after: $after) {
      edges { node { eventType sequence data metrics { submittedAt persistedAt completedAt totalDurationMs } } }
      pageInfo { hasNextPage endCursor }
    } } }
    """
    first = (await shop.data(query))["order"]["history"]
    second = (await shop.data(query, after=first["pageInfo"]["endCursor"]))["order"]["history"]
    nodes = [page["edges"][0]["node"] for page in (first, second)]
    assert [(node["eventType"], node["sequence"]) for node in nodes] == [("OrderCreated", 1), ("OrderCancelled", 2)]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second)] == [True, False]
    assert nodes[1]["data"]["reason"] == "late"
    assert nodes[1]["metrics"]["totalDurationMs"] >= 0


async def test_a_history_is_read_by_its_keys_and_never_searched(shop: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(question: Any) -> Any:
        raise AssertionError("a history needs no search")

    monkeypatch.setattr(shop.cluster, "query", refused)
    data = await shop.data('{ customer(customerId: "c1") { history { edges { node { eventType } } } } }')
    assert data["customer"]["history"]["edges"] == [{"node": {"eventType": "CustomerCreated"}}]


async def test_events_come_oldest_first_and_page_by_page(shop: Gateway) -> None:
    query = """
    query($types: [String!], $aggregate: ID, $after: String) {
      events(types: $types, aggregateId: $aggregate, first: 4, after: $after) {
        edges { node { eventId eventType aggregateType aggregateId sequence correlationId source timestamp } }
        pageInfo { hasNextPage endCursor }
      }
    }
    """
    page = (await shop.data(query, types=["OrderCreated", "OrderCancelled"]))["events"]
    assert [edge["node"]["aggregateId"] for edge in page["edges"]] == ["o0", "o1", "o2", "o3"]
    assert page["pageInfo"]["hasNextPage"] is True
    cursor = page["pageInfo"]["endCursor"]
    page = (await shop.data(query, types=["OrderCreated", "OrderCancelled"], after=cursor))["events"]
    assert [edge["node"]["eventType"] for edge in page["edges"]] == ["OrderCreated", "OrderCreated", "OrderCancelled"]
    page = (await shop.data(query, aggregate="o3"))["events"]
    assert [edge["node"]["sequence"] for edge in page["edges"]] == [1, 2]


@pytest.mark.parametrize("size", [1, 3, 7, 1_000])
async def test_an_aggregates_events_come_from_any_cursor_on_without_a_search(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Other events lie between them in the log; and more than one chunk of them is read."""
    await create_product(gateway, "p1")
    await create_product(gateway, "p2")
    mutation = "mutation($inputs: [HandleEventInput!]!) { handleEvents(inputs: $inputs) { __typename } }"
    given = [
        {"eventType": "StockReplenished", "aggregateId": f"p{1 + number % 2}", "data": {"quantity": 1 + number}}
        for number in range(500)
    ]
    await gateway.data(mutation, inputs=given)

    async def refused(question: Any) -> Any:
        raise AssertionError("the keys are known")

    monkeypatch.setattr(gateway.cluster, "query", refused)
    query = """
    query($types: [String!], $first: Int, $after: String) {
      events(aggregateId: "p2", types: $types, first: $first, after: $after) {
        edges { cursor node { aggregateId sequence } } pageInfo { hasNextPage }
      }
    }
    """
    everything = (await gateway.data(query, first=1_000))["events"]["edges"]
    assert [edge["node"] for edge in everything] == [{"aggregateId": "p2", "sequence": n} for n in range(1, 252)]
    for start in (0, 1, 100, 200, 248, 249, 250):
        page = (await gateway.data(query, first=size, after=everything[start]["cursor"]))["events"]
        assert page["edges"] == everything[start + 1 : start + 1 + size]
        assert page["pageInfo"]["hasNextPage"] is (start + 1 + size < len(everything))
    created = (await gateway.data(query, types=["ProductCreated"]))["events"]["edges"]
    assert created == everything[:1]


async def test_events_are_found_by_correlation_and_saga(gateway: Gateway) -> None:
    await create_customer(gateway, "c1", correlationId="k1", sagaId="s1", sagaType="Signup", stepNumber=3)
    await create_customer(gateway, "c2")
    fields = "edges { node { aggregateId correlationId sagaId sagaType stepNumber } }"
    data = await gateway.data(
        f'{{ a: events(correlationId: "k1") {{ {fields} }} b: events(sagaId: "s1") {{ {fields} }} }}'
    )
    node = {"aggregateId": "c1", "correlationId": "k1", "sagaId": "s1", "sagaType": "Signup", "stepNumber": 3}
    assert data["a"]["edges"] == data["b"]["edges"] == [{"node": node}]


async def test_an_event_and_its_completion_are_found_by_the_events_id(gateway: Gateway) -> None:
    before = datetime.now(UTC)
    await create_customer(gateway, "c1", eventId="e1")
    query = """
    {
      event(eventId: "e1") { eventId eventVersion sequence data timestamp }
      completion(eventId: "e1") { eventId correlationId status sequence error completedAt metrics { totalDurationMs } }
      noEvent: event(eventId: "e2") { eventId }
      noCompletion: completion(eventId: "e2") { eventId }
    }
    """
    data = await gateway.data(query)
    assert (data["event"]["eventVersion"], data["event"]["data"]["customerId"]) == (1, "c1")
    assert datetime.fromisoformat(data["event"]["timestamp"]) >= before
    assert (data["completion"]["status"], data["completion"]["error"]) == ("SUCCESS", None)
    assert data["noEvent"] is None
    assert data["noCompletion"] is None


async def test_a_refused_event_has_a_completion_that_says_why(gateway: Gateway) -> None:
    await create_customer(gateway, "c1")
    await create_customer(gateway, "c1", eventId="e2")
    data = await gateway.data(
        '{ completion(eventId: "e2") { status sequence error } event(eventId: "e2") { eventId } }'
    )
    assert (data["completion"]["status"], data["completion"]["sequence"], data["event"]) == ("REJECTED", None, None)
    assert "exists already" in data["completion"]["error"]


async def test_the_catalog_describes_every_event_type(gateway: Gateway) -> None:
    fields = "eventType version aggregateType description jsonSchema updates readableVersions"
    catalog = (await gateway.data(f"{{ eventCatalog {{ {fields} }} }}"))["eventCatalog"]
    assert len(catalog) == 9
    created = next(each for each in catalog if each["eventType"] == "OrderCreated")
    assert created["updates"] == ["enriched-order-view", "customer-order-summary-view"]
    assert "orderId" in str(created["jsonSchema"])
    assert created["readableVersions"] == [1]
    assert all(each["description"] for each in catalog)


async def test_the_pipelines_figures(shop: Gateway) -> None:
    latencies = "{ p50Ms p95Ms p99Ms maxMs }"
    fields = "eventsTotal eventsPerSecond pending deadLetters " + " ".join(
        f"{stage} {latencies}" for stage in ("total", "jet", "persist", "viewUpdate", "publish")
    )
    figures = (await shop.data(f"{{ pipelineMetrics {{ {fields} }} }}"))["pipelineMetrics"]
    assert (figures["eventsTotal"], figures["pending"], figures["deadLetters"]) == (11, 0, 0)
    assert 0 < figures["total"]["p50Ms"] <= figures["total"]["maxMs"]


async def test_there_are_no_dead_letters(gateway: Gateway) -> None:
    data = await gateway.data("{ deadLetters { totalCount edges { node { id error event { eventId } } } } }")
    assert data["deadLetters"] == {"totalCount": 0, "edges": []}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ('{ customer(customerId: "a@b") { name } }', "customerId"),
        ('{ product(productId: "") { name } }', "productId"),
        ('{ order(orderId: "a\\u0000") { status } }', "orderId"),
        ('{ ordersById(orderIds: ["o1", "a b"]) { status } }', "orderIds"),
        ('{ node(id: "nonsense") { id } }', "id"),
        ('{ nodes(ids: ["nonsense"]) { id } }', "ids"),
        ('{ event(eventId: "a@b") { source } }', "eventId"),
        ('{ completion(eventId: "a@b") { status } }', "eventId"),
        ('{ events(types: ["Nope"]) { edges { cursor } } }', "types"),
        ("{ orders(filter: {customer: {customerId: {eq: null}}}) { totalCount } }", "filter.customer.customerId.eq"),
        ("{ orders(filter: {}) { totalCount } }", "filter"),
        ("{ orders(filter: {orderId: null}) { totalCount } }", "filter.orderId"),
        ("{ orders(first: 1001) { totalCount } }", "first"),
        ("{ customers(last: -1) { totalCount } }", "last"),
        ("{ products(first: 1, last: 1) { totalCount } }", "last"),
        ('{ events(after: "nonsense") { edges { cursor } } }', "after"),
    ],
)
async def test_an_argument_that_will_not_do_is_named(gateway: Gateway, query: str, field: str) -> None:
    assert (await gateway.error(query))["extensions"] == {"code": "BAD_USER_INPUT", "field": field}


async def test_more_than_a_thousand_ids_are_refused(gateway: Gateway) -> None:
    query = "query($ids: [ID!]!) { ordersById(orderIds: $ids) { orderId } }"
    assert (await gateway.error(query, ids=["o"] * 1_001))["extensions"]["field"] == "orderIds"
    assert (await gateway.data(query, ids=["o"] * 1_000))["ordersById"] == [None] * 1_000


async def test_pipelines_tell_what_they_take_and_how_they_are(gateway: Gateway) -> None:
    """For operators, beside `hazelgate pipeline status`."""
    query = "{ pipelines { name status eventTypes pending fingerprints warnings projectors { member ready } } }"
    assert (await gateway.data(query))["pipelines"] == [
        {
            "name": "events",
            "status": "RUNNING",
            "eventTypes": ["*"],
            "pending": 0,
            "fingerprints": ["memory"],
            "warnings": [],
            "projectors": [{"member": "memory", "ready": True}],
        }
    ]
