"""Plans are values, are kept with their document, and share a request's reads with the executor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from itertools import product
from typing import Any

import pytest
from graphql import parse

from hazelgate import Catalog
from hazelgate.client.reading.queries import EntryPage, EntryQuery
from hazelgate.gateway.graphql.executable_schema import graphql_schema
from hazelgate.gateway.settings import Settings
from hazelgate.resolvers.plans.documents import MOST_FIELDS, MOST_VARIANTS, DocumentPlans
from hazelgate.resolvers.plans.members import FEWEST_ENTRIES
from hazelgate.resolvers.plans.operations import OperationPlan
from tests.support.gateway import Gateway, Json, create_customer, create_order, create_product, running_gateway

CATALOG = Catalog.load("hazelgate.domain")
SCHEMA = graphql_schema(CATALOG)


def plan_of(text: str, **variables: Any) -> OperationPlan:
    operation = DocumentPlans(SCHEMA, parse(text)).operation(None)
    assert operation is not None
    planned = operation.variant(variables)
    assert planned is not None
    return planned.plan


# ---------------------------------------------------------------- values


def test_a_plan_prints_as_a_tree() -> None:
    text = """
    query ($id: ID!, $first: Int) {
      order(orderId: $id) {
        ...Head
        customer { called: name customerId }
        items { quantity product { sku } }
        revision { version }
      }
      customers(first: $first) { pageInfo { hasNextPage } }
      node(id: "x") { ... on Product { name } }
      eventCatalog { eventType }
      __typename
    }
    fragment Head on EnrichedOrder { kind: __typename state: status }
    """
    shown = str(plan_of(text))
    assert shown == (
        """query
  order: entry of EnrichedOrder(orderId: $id)
    kind: 'EnrichedOrder'
    state: status OrderStatus!
    customer: customer CustomerSummary!
      called: name String!
      customerId: customerId ID!
    items: items [OrderItem!]!
      quantity: quantity Int!
      product: entry of Product by productId
        sku: sku String!
    revision: revision
      version: version Int!
  customers: pages of Customer(first: $first)
    pageInfo: page info
      hasNextPage: has_next_page
  node: node(id: "x")
    on Customer
    on Product
      name: name String!
    on EnrichedOrder
    on CustomerOrderSummary
  eventCatalog: executor, eventCatalog has no plan
  __typename: 'Query'"""
    )


def test_two_plans_are_equal_where_they_do_the_same() -> None:
    plain = plan_of("{ orders(first: 3) { edges { node { orderId status } } } }")
    in_fragments = plan_of(
        """{ orders(first:3) { ...Page } }
        fragment Page on EnrichedOrderConnection { edges { ... { node { ...Id status } node { orderId } } } }
        fragment Id on Node { ... on EnrichedOrder { orderId } }"""
    )
    assert plain == in_fragments
    assert plain != plan_of("{ orders(first: 4) { edges { node { orderId status } } } }")
    assert plain != plan_of("{ orders(first: 3) { edges { node { status orderId } } } }")
    assert plain != plan_of("{ orders(first: 3) { edges { node { orderId state: status } } } }")


def test_a_field_without_a_plan_is_named() -> None:
    shown = str(plan_of('{ order(orderId: "o") { history { edges { node { metrics { submittedAt } } } } } }'))
    assert shown == "query\n  order: executor, EventRecord.metrics has no plan"


def test_a_history_is_a_part_of_a_plan() -> None:
    shown = plan_of(
        """query ($first: Int) { order(orderId: "o") { history(first: $first) {
          edges { at: cursor node { id eventType data __typename } } pageInfo { endCursor }
        } } }"""
    )
    assert (
        str(shown)
        == """\
query
  order: entry of EnrichedOrder(orderId: "o")
    history: history of EnrichedOrder(first: $first)
      edges: edges [EventEdge!]!
        at: cursor String!
        node: node EventRecord!
          id: id ID!
          eventType: eventType String!
          data: data JSON!
          __typename: 'EventRecord'
      pageInfo: pageInfo PageInfo!
        endCursor: endCursor String"""
    )


def test_a_selection_that_is_nested_deeply_has_a_plan() -> None:
    text = '{ order(orderId: "o") ' + "{ ... " * 100 + "{ orderId }" + " }" * 100 + " }"
    assert plan_of(text) == plan_of('{ order(orderId: "o") { orderId } }')


# ---------------------------------------------------------------- what is kept


def test_what_skip_and_include_are_given_decides_the_plan() -> None:
    text = """query ($with: Boolean!, $id: ID!) {
      order(orderId: $id) { orderId status @include(if: $with) ... @skip(if: $with) { totalAmount } }
    }"""
    operation = DocumentPlans(SCHEMA, parse(text)).operation(None)
    assert operation is not None
    with_it, without = operation.variant({"with": True, "id": "a"}), operation.variant({"with": False, "id": "a"})
    assert with_it is not None
    assert without is not None
    assert "status" in str(with_it.plan)
    assert "totalAmount" not in str(with_it.plan)
    assert with_it.plan != without.plan
    assert operation.variant({"with": True, "id": "b"}) is with_it


def test_only_so_many_variants_are_kept() -> None:
    names = [f"v{number}" for number in range(6)]
    fields = " ".join(f"f{name}: status @include(if: ${name})" for name in names)
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    text = f"query ({declared}) {{ orders {{ edges {{ node {{ id {fields} }} }} }} }}"
    operation = DocumentPlans(SCHEMA, parse(text)).operation(None)
    assert operation is not None
    choices = [{name: bool(number >> place & 1) for place, name in enumerate(names)} for number in range(64)]
    made = [operation.variant(each) for each in choices]
    assert sum(each is not None for each in made) == MOST_VARIANTS
    assert [operation.variant(each) for each in choices] == made


def test_large_operations_have_fewer_variants() -> None:
    fields = " ".join(f"f{number}: status" for number in range(MOST_FIELDS // 3))
    text = f"""query ($a: Boolean!, $b: Boolean!, $c: Boolean!) {{ orders {{ edges {{ node {{
      {fields} id @skip(if: $a) key: orderId @skip(if: $b) more: status @skip(if: $c)
    }} }} }} }}"""
    operation = DocumentPlans(SCHEMA, parse(text)).operation(None)
    assert operation is not None
    choices = product((True, False), repeat=3)
    made = [operation.variant(dict(zip("abc", each, strict=True))) for each in choices]
    assert sum(each is not None for each in made) == 3


def test_other_directives_are_the_executors() -> None:
    schema = graphql_schema(CATALOG)
    document = parse("{ orders { totalCount @odd } }")
    assert DocumentPlans(schema, document).operation(None) is None


def test_the_operation_is_picked_by_its_name() -> None:
    plans = DocumentPlans(SCHEMA, parse("query A { __typename } query B { __typename }"))
    assert plans.operation(None) is None
    assert plans.operation("C") is None
    assert plans.operation("B") is plans.operation("B") is not plans.operation("A") is not None


# ---------------------------------------------------------------- in a gateway


class Counting:
    """What a gateway reads from its cluster."""

    def __init__(self, gateway: Gateway, patch: pytest.MonkeyPatch) -> None:
        self.reads: list[tuple[str, list[str]]] = []
        self.queries: list[str] = []
        self.selections: list[tuple[str, list[str], str]] = []
        read, query, select = gateway.cluster.read, gateway.cluster.query, gateway.cluster.select

        async def counted_read(map_name: str, keys: Sequence[str]) -> list[bytes | None]:
            self.reads.append((map_name, list(keys)))
            return await read(map_name, keys)

        async def counted_query(asked: EntryQuery) -> EntryPage:
            self.queries.append(asked.map_name)
            return await query(asked)

        async def counted_select(map_name: str, keys: Sequence[str], selection: str) -> bytes | None:
            self.selections.append((map_name, list(keys), selection))
            return await select(map_name, keys, selection)

        patch.setattr(gateway.cluster, "select", counted_select)
        patch.setattr(gateway.cluster, "read", counted_read)
        patch.setattr(gateway.cluster, "query", counted_query)


@pytest.fixture
async def shop() -> AsyncIterator[Gateway]:
    """Two orders of one customer."""
    async with running_gateway() as gateway:
        await create_customer(gateway, "c1")
        for product in ("p1", "p2"):
            await create_product(gateway, product)
        await create_order(gateway, "o1", "c1", p1=1, p2=2)
        await create_order(gateway, "o2", "c1", p1=3)
        yield gateway


async def told(gateway: Gateway, query: str, **variables: Any) -> tuple[Json, Json]:
    """The body, and what it says of the way."""
    request = {"query": query, "variables": variables, "extensions": {"plan": True}}
    body = (await gateway.http.post("/graphql", json=request)).json()
    return body, body.pop("extensions")["plan"]


async def test_a_request_is_told_its_way_where_it_asks(shop: Gateway) -> None:
    body, plan = await told(shop, '{ order(orderId: "o1") { status } }')
    assert body == {"data": {"order": {"status": "PENDING"}}}
    assert plan["way"] == "plan"
    assert plan["text"].splitlines()[0] == "query"
    assert await shop.post('{ order(orderId: "o1") { status } }') == body


@pytest.mark.parametrize(
    ("query", "way"),
    [
        ('{ order(orderId: "o1") { status } }', "plan"),
        ('{ order(orderId: "o1") { status } eventCatalog { eventType } }', "partly"),
        ('{ order(orderId: "o1") { history { edges { cursor } } } }', "plan"),
        ('{ order(orderId: "o1") { history { edges { node { metrics { submittedAt } } } } } }', "executor"),
        ('{ order(orderId: "o1") { history(first: -1) { edges { cursor } } } }', "deviated"),
        ("{ eventCatalog { eventType } }", "executor"),
        ('{ order(orderId: "no id") { status } }', "deviated"),
    ],
)
async def test_each_way_is_counted(shop: Gateway, query: str, way: str) -> None:
    def counted(metrics: str) -> float:
        [line] = [
            each for each in metrics.splitlines() if each.startswith(f'hazelgate_operations_total{{way="{way}"}}')
        ]
        return float(line.split()[-1])

    before = counted((await shop.http.get("/metrics")).text)
    assert (await told(shop, query))[1]["way"] == way
    assert counted((await shop.http.get("/metrics")).text) == before + 1


HISTORY = """query ($first: Int, $after: String, $last: Int, $before: String) {
  o: order(orderId: "o1") { id past: history(first: $first, after: $after, last: $last, before: $before) {
    __typename
    edges { __typename cursor n: node { __typename id eventId eventType eventVersion aggregateType aggregateId sequence
      correlationId causationId sagaId sagaType stepNumber source timestamp data } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }
  customers(first: 2) { edges { node { name history(last: 1) { edges { node { data } } } } } }
}"""


@pytest.mark.parametrize(
    "window",
    [
        *({}, {"first": 1}, {"last": 1}, {"first": 1, "after": "first"}, {"last": 2, "before": "last"}, {"first": 0}),
        *({"first": -1}, {"first": 1, "last": 1}, {"after": "no cursor"}, {"first": 1_001}),
    ],
    ids=str,
)
async def test_a_history_by_its_plan_is_that_of_the_executor(shop: Gateway, window: dict[str, Any]) -> None:
    """A long document has no plan."""
    await shop.data('mutation { confirmOrder(input: {orderId: "o1"}) { __typename } }')
    edges = (await shop.data(HISTORY))["o"]["past"]["edges"]
    assert [each["n"]["eventType"] for each in edges] == ["OrderCreated", "OrderConfirmed"]
    cursors = {"first": edges[0]["cursor"], "last": edges[-1]["cursor"]}
    given = {
        name: cursors.get(value, value) if name in ("after", "before") else value for name, value in window.items()
    }
    by_plan, plan = await told(shop, HISTORY, **given)
    by_executor, other = await told(shop, HISTORY + " " * 33_000, **given)
    assert (plan["way"], other["way"]) == ("deviated" if "errors" in by_plan else "plan", "executor")
    assert by_plan == by_executor


async def test_a_gateway_without_plans_has_the_executor_answer_all() -> None:
    async with running_gateway(Settings(plans=False)) as gateway:
        await create_customer(gateway, "c1")
        body, plan = await told(gateway, '{ customer(customerId: "c1") { name } }')
    assert body == {"data": {"customer": {"name": "Ada"}}}
    assert plan == {"way": "executor", "text": None}


async def test_the_entry_of_a_mutation_comes_from_a_plan(shop: Gateway) -> None:
    mutation = """mutation { confirmOrder(input: {orderId: "o1"}) {
      ... on OrderPayload { receipt { status } order { s: status items { product { productId } } } }
    } }"""
    body, plan = await told(shop, mutation)
    order = body["data"]["confirmOrder"]["order"]
    assert order == {"s": "CONFIRMED", "items": [{"product": {"productId": "p1"}}, {"product": {"productId": "p2"}}]}
    assert plan["way"] == "plan"


async def test_a_mutation_has_a_plan_that_prints(shop: Gateway) -> None:
    mutation = """mutation ($input: ConfirmOrderInput!) { done: confirmOrder(input: $input) {
      ... on OrderPayload { receipt { status } it: order { status } } ... on EventError { code }
    } }"""
    body, plan = await told(shop, mutation, input={"orderId": "o1"})
    assert body["data"] == {"done": {"receipt": {"status": "SUCCESS"}, "it": {"status": "CONFIRMED"}}}
    assert plan["way"] == "plan"
    assert plan["text"].startswith("""mutation
  done: event OrderConfirmed(input: $input)
    on OrderPayload
      receipt: receipt EventReceipt!
        status: status CompletionStatus!
      it: entry of EnrichedOrder
        status: status OrderStatus!
    on EventRejected
      code: code String!""")


async def test_mutations_of_one_operation_follow_each_other(shop: Gateway) -> None:
    """One that fails stops no other, and a later one sees what an earlier one has done."""
    shown = "... on OrderPayload { order { status } } ... on EventError { code }"
    mutation = f"""mutation {{
      first: confirmOrder(input: {{orderId: "o1"}}) {{ {shown} }}
      wrong: confirmOrder(input: {{orderId: "no id"}}) {{ {shown} }}
      second: cancelOrder(input: {{orderId: "o1", reason: "late"}}) {{ {shown} }}
    }}"""
    body, plan = await told(shop, mutation)
    assert body["data"] == {
        "first": {"order": {"status": "CONFIRMED"}},
        "wrong": {"code": "INVALID_EVENT"},
        "second": {"order": {"status": "CANCELLED"}},
    }
    assert plan["way"] == "plan"


async def test_an_event_is_submitted_once_where_its_plan_deviates(shop: Gateway) -> None:
    products = shop.cluster.engine.map("product-availability-view")
    spoiled = json.loads(products["p1"])
    spoiled["name"] = None
    products["p1"] = json.dumps(spoiled, separators=(",", ":")).encode()
    shown = "... on OrderPayload { receipt { status } order { items { product { name } } } }"
    before = len(shop.cluster.engine.map("event-store"))
    body, plan = await told(shop, f'mutation {{ confirmOrder(input: {{orderId: "o1"}}) {{ {shown} }} }}')
    assert plan["way"] == "deviated"
    assert [error["path"] for error in body["errors"]] == [["confirmOrder", "order", "items", 0, "product", "name"]]
    assert body["data"]["confirmOrder"]["receipt"] == {"status": "SUCCESS"}
    assert len(shop.cluster.engine.map("event-store")) == before + 1


@pytest.mark.parametrize(
    ("options", "reads"),
    [
        ("{}", []),
        ("{waitFor: STORED}", [("enriched-order-view", ["o1"])]),
        ("{waitFor: ACCEPTED}", [("enriched-order-view", ["o1"])]),
    ],
)
async def test_the_entry_that_a_mutation_shows_comes_with_the_word_on_its_event(
    shop: Gateway, monkeypatch: pytest.MonkeyPatch, options: str, reads: list[Any]
) -> None:
    counting = Counting(shop, monkeypatch)
    shown = "... on OrderPayload { order { orderId revision { version } } again: order { status } }"
    mutation = f'mutation {{ confirmOrder(input: {{orderId: "o1"}}, options: {options}) {{ {shown} }} }}'
    body, _ = await told(shop, mutation)
    assert body["data"]["confirmOrder"]["order"]["orderId"] == "o1"
    if not reads:
        assert body["data"]["confirmOrder"] == {
            "order": {"orderId": "o1", "revision": {"version": 2}},
            "again": {"status": "CONFIRMED"},
        }
    assert counting.reads == reads


async def test_the_entries_of_a_subscription_come_from_a_plan(shop: Gateway) -> None:
    query = "subscription { customerChanged { ... on CustomerChange { customer { n: name __typename } } } }"
    async with shop.websocket() as socket:
        await socket.subscribe("1", query)
        await socket.settle()
        await create_customer(shop, "c2", "Grace")
        message = await socket.receive()
    assert message["payload"]["data"]["customerChanged"]["customer"] == {"n": "Grace", "__typename": "Customer"}
    assert 'hazelgate_operations_total{way="partly"} ' in (await shop.http.get("/metrics")).text


async def test_all_that_is_needed_at_once_is_one_read(shop: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several root fields, entries that are asked for twice, links of many entries."""
    counting = Counting(shop, monkeypatch)
    query = """{
      a: order(orderId: "o1") { ...Items } b: order(orderId: "o1") { status }
      ordersById(orderIds: ["o2", "o1", "o2"]) { ...Items }
      orders { edges { node { ...Items } } totalCount }
    }
    fragment Items on EnrichedOrder { items { product { name } } }"""
    body, plan = await told(shop, query)
    assert plan["way"] == "plan"
    assert [item["product"]["name"] for item in body["data"]["a"]["items"]] == ["Pen", "Pen"]
    read = [key for _, keys in counting.reads for key in keys]
    assert sorted(read) == ["o1", "o2", "p1", "p2"]
    assert counting.queries == ["enriched-order-view"] * 2


async def test_a_page_that_can_not_be_read_is_asked_for_once(shop: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan deviates, and the executor finds out the same without asking again."""
    counting = Counting(shop, monkeypatch)
    shop.cluster.disconnect()
    body, plan = await told(shop, '{ orders { totalCount } order(orderId: "o1") { status } }')
    assert plan["way"] == "deviated"
    assert [error["extensions"]["code"] for error in body["errors"]] == ["PIPELINE_UNAVAILABLE"] * 2
    assert (counting.reads, counting.queries) == ([], [])


async def test_an_entry_that_is_not_as_its_type_says_is_read_once(
    shop: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = shop.cluster.engine.map("enriched-order-view")
    orders["o2"] = orders["o2"].replace(b'"PENDING"', b'"LOST"')
    counting = Counting(shop, monkeypatch)
    body, plan = await told(shop, '{ ordersById(orderIds: ["o1", "o2"]) { status } }')
    assert plan["way"] == "deviated"
    assert body["data"]["ordersById"] == [{"status": "PENDING"}, None]
    assert body["errors"][0]["path"] == ["ordersById", 1, "status"]
    assert counting.reads == [("enriched-order-view", ["o1", "o2"])]


async def test_requests_at_once_do_not_see_each_others_answers(shop: Gateway) -> None:
    query = "query ($id: ID!) { order(orderId: $id) { orderId } }"
    found = await asyncio.gather(*(shop.data(query, id=f"o{1 + number % 2}") for number in range(20)))
    assert [each["order"]["orderId"] for each in found] == [f"o{1 + number % 2}" for number in range(20)]


# ---------------------------------------------------------------- at the members

MANY = [f"o{number}" for number in range(1, 21)]
BY_ID = "query ($ids: [ID!]!) { ordersById(orderIds: $ids) %s }"


async def test_of_many_entries_members_answer_what_is_selected(shop: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting(shop, monkeypatch)
    body, plan = await told(shop, BY_ID % "{ status items { quantity } __typename }", ids=MANY)
    assert plan["way"] == "plan"
    first = {"status": "PENDING", "items": [{"quantity": 1}, {"quantity": 2}], "__typename": "EnrichedOrder"}
    assert body["data"]["ordersById"] == [first, {**first, "items": [{"quantity": 3}]}, *[None] * 18]
    [(map_name, keys, selection)] = counting.selections
    assert (map_name, keys) == ("enriched-order-view", MANY)
    assert [name for name, *_ in json.loads(selection)] == ["status", "items", "__typename"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (BY_ID % "{ status }", MANY[: FEWEST_ENTRIES - 1]),
        (BY_ID % "{ status }", [*MANY, "o1"]),
        (BY_ID % "{ state: status }", MANY),
        (BY_ID % "{ items { product { name } } }", MANY),
        ('query ($ids: [ID!]!) { a: ordersById(orderIds: $ids) { status } b: order(orderId: "o1") { status } }', MANY),
        ("query ($ids: [ID!]!) { ordersById(orderIds: $ids) { status } eventCatalog { eventType } }", MANY),
    ],
    ids=["few", "one twice", "renamed", "linked", "several fields", "beside the executor"],
)
async def test_of_others_the_gateway_reads_whole_entries(
    shop: Gateway, monkeypatch: pytest.MonkeyPatch, query: str, ids: list[str]
) -> None:
    """Each entry is read once, however many fields show it."""
    counting = Counting(shop, monkeypatch)
    await told(shop, query, ids=ids)
    assert counting.selections == []
    read = [key for map_name, keys in counting.reads for key in keys if map_name == "enriched-order-view"]
    assert sorted(read) == sorted(set(ids))


async def test_of_many_entries_with_an_odd_one_the_executor_answers(
    shop: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = shop.cluster.engine.map("enriched-order-view")
    orders["o2"] = orders["o2"].replace(b'"PENDING"', b'"LOST"')
    counting = Counting(shop, monkeypatch)
    body, plan = await told(shop, BY_ID % "{ status }", ids=MANY)
    assert plan["way"] == "deviated"
    assert body["data"]["ordersById"] == [{"status": "PENDING"}, *[None] * 19]
    assert [error["path"] for error in body["errors"]] == [["ordersById", 1, "status"]]
    assert (len(counting.selections), counting.reads) == (1, [("enriched-order-view", MANY)])
