"""Subgraphs of Hazelgate: composed by Apollo's own composition, and joined with another by Apollo's gateway."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema

from hazelgate import Catalog
from hazelgate.gateway.graphql.executable_schema import subgraph_text
from tests.acceptance.conftest import NODE_TESTS
from tests.acceptance.dev_stack import running_dev

SHOP, BOOKINGS = "hazelgate.domain", "tests.domains.bookings.bookings"


def run(node: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [node, NODE_TESTS / "federation.mjs", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def composed(node: Path, folder: Path, **subgraphs: str) -> subprocess.CompletedProcess[str]:
    """What composition says of subgraphs by their names."""
    files = []
    for name, text in subgraphs.items():
        path = folder / f"{name}.graphql"
        path.write_text(text, encoding="utf-8")
        files.append(f"{name}={path}")
    return run(node, "compose", *files)


def test_two_domains_are_one_graph(node: Path, tmp_path: Path) -> None:
    """They share what every domain has: pages, revisions, results of events, filters."""
    texts = {"shop": subgraph_text(Catalog.load(SHOP)), "bookings": subgraph_text(Catalog.load(BOOKINGS))}
    done = composed(node, tmp_path, **texts)
    assert done.returncode == 0, done.stdout + done.stderr
    query = build_schema(done.stdout).query_type
    assert query is not None
    assert {"order", "ordersAggregate", "room", "bookings"} <= set(query.fields)


def test_a_type_that_is_not_shareable_is_found(node: Path, tmp_path: Path) -> None:
    """So composition does look."""
    texts = {"shop": subgraph_text(Catalog.load(SHOP)), "bookings": subgraph_text(Catalog.load(BOOKINGS))}
    texts = {name: text.replace("type PageInfo @shareable", "type PageInfo") for name, text in texts.items()}
    done = composed(node, tmp_path, **texts)
    assert done.returncode == 1
    assert 'Non-shareable field "PageInfo.hasNextPage" is resolved from multiple subgraphs' in done.stdout


CREATE = """mutation ($product: CreateProductInput!, $customer: CreateCustomerInput!) {
  createProduct(input: $product) { __typename }
  createCustomer(input: $customer) { __typename }
}"""
ORDER = """mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) { ... on OrderPayload { order { orderId carrier totalAmount } } }
}"""
FROM_HERE = '{ order(orderId: "order-1") { carrier totalAmount items { product { sku } } revision { version } } }'
FROM_THERE = (
    "{ late { orderId carrier totalAmount customer { name } history(first: 1) { edges { node { eventType } } } } }"
)


def _operations() -> list[dict[str, Any]]:
    product = {"productId": "pen", "sku": "PEN", "name": "Pen", "price": "1.50", "quantityOnHand": 100}
    customer = {"customerId": "ada", "name": "Ada", "email": "ada@example.org"}
    orders = [
        {"orderId": f"order-{count}", "customerId": "ada", "items": [{"productId": "pen", "quantity": count}]}
        for count in (1, 2)
    ]
    return [
        {"query": CREATE, "variables": {"product": product, "customer": customer}},
        *({"query": ORDER, "variables": {"input": order}} for order in orders),
        {"query": FROM_HERE},
        {"query": FROM_THERE},
    ]


@pytest.mark.timeout(600)
async def test_a_gateway_joins_it_with_another_subgraph(node: Path, tmp_path: Path) -> None:
    """From our entries to fields of the other subgraph, and from its entities to our fields."""
    operations = tmp_path / "operations.jsonl"
    operations.write_text("\n".join(map(json.dumps, _operations())), encoding="utf-8")
    async with running_dev("--federation", "--no-demo-data") as dev:
        done = run(node, "join", dev.graphql_url, operations)
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer for answer in answers if "errors" in answer] == []
    data = [answer["data"] for answer in answers]
    assert data[0] == {
        "createProduct": {"__typename": "ProductPayload"},
        "createCustomer": {"__typename": "CustomerPayload"},
    }
    assert [each["createOrder"]["order"] for each in data[1:3]] == [
        {"orderId": f"order-{count}", "carrier": f"van of order-{count}", "totalAmount": total}
        for count, total in ((1, "1.50"), (2, "3.00"))
    ]
    assert data[3]["order"] == {
        "carrier": "van of order-1",
        "totalAmount": "1.50",
        "items": [{"product": {"sku": "PEN"}}],
        "revision": {"version": 1},
    }
    assert data[4]["late"] == [
        {
            "orderId": f"order-{count}",
            "carrier": f"van of order-{count}",
            "totalAmount": total,
            "customer": {"name": "Ada"},
            "history": {"edges": [{"node": {"eventType": "OrderCreated"}}]},
        }
        for count, total in ((2, "3.00"), (1, "1.50"))
    ]
