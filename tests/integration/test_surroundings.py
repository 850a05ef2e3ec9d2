"""Locale, time zone and charset of a member, a projector and a gateway change nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hazelgate import Catalog
from hazelgate.client.operators.rebuilds import Rebuilds
from hazelgate.client.submitting.handler import Submission
from tests.support.accounts import PATIENT, check_balances, open_accounts
from tests.support.connected import connected, handling
from tests.support.ledger import ACCOUNTS, OWNERS, MoneyPaidIn
from tests.support.postgres import Postgres
from tests.support.processes import Child, free_port
from tests.support.snapshots import built, kept_in, taken
from tests.support.stack import Stack, running_stack
from tests.support.until import blocking_until

NAME = "Işıl İLİĞİ ایران ۱۲۳"
"""Letters that are no ASCII, some with another capital in Turkish, and digits that int() would take, too."""


@pytest.fixture(params=["fa-IR", "tr-TR"])
def surroundings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every process that starts from here on is in this country; its C library knows neither it nor UTF-8."""
    language, country = str(request.param).split("-")
    told = f"-Duser.language={language} -Duser.country={country} -Duser.timezone=Asia/Tehran -Dfile.encoding=US-ASCII"
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"{os.environ['JAVA_TOOL_OPTIONS']} {told}")
    monkeypatch.setenv("LC_ALL", "POSIX")
    monkeypatch.setenv("LANG", f"{language}_{country}")
    monkeypatch.setenv("PYTHONCOERCECLOCALE", "0")
    monkeypatch.setenv("PYTHONUTF8", "0")
    monkeypatch.setenv("TZ", "Asia/Tehran")
    return language


@contextmanager
def gateway_to(stack: Stack, log: Path) -> Iterator[str]:
    """The URL of a gateway's GraphQL, a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "hazelgate.operations.cli", "serve", f"--port={port}"]
    command += [f"--members={stack.address}", f"--cluster-name={stack.cluster_name}"]
    gateway = Child(command, ready="Uvicorn running on", log=log)
    gateway.start()
    url = f"http://127.0.0.1:{port}"
    try:
        blocking_until(lambda: httpx.get(f"{url}/ready", timeout=30).status_code == 200)
        yield f"{url}/graphql"
    finally:
        gateway.stop()


def ask(url: str, query: str, **variables: object) -> Any:
    said = httpx.post(url, json={"query": query, "variables": variables}, timeout=60).json()
    assert "errors" not in said, said
    return said["data"]


async def test_a_snapshot_is_taken_and_restored(
    ledger: Catalog, surroundings: str, postgres: Postgres, tmp_path: Path
) -> None:
    """By a rebuild, and by a start of everything."""
    dsn = postgres.new_database()
    kept = kept_in(tmp_path / "kept")
    with running_stack(tmp_path, postgres_dsn=dsn, snapshots=kept) as stack:
        async with connected(stack.cluster()) as cluster, handling(ledger, cluster) as handler:
            ids = await open_accounts(handler, 20)
            snapshot = await taken(cluster)
            await handler.handle_events([Submission(MoneyPaidIn(account_id=each, amount=2), PATIENT) for each in ids])
            assert (await built(cluster, snapshot.id)).snapshot == snapshot.id
            await check_balances(cluster)
            rebuilds = Rebuilds(cluster)
            assert (await rebuilds.wait(await rebuilds.compare([ACCOUNTS, OWNERS]))).differences == 0
        stack.member.stop()
        log = stack.member.output()
        assert log.isascii(), "what a member says is read by programs, too"
        stack.member.start()
        async with connected(stack.cluster()) as cluster:
            await check_balances(cluster)
        assert f"of them by snapshot {snapshot.id}" in stack.member.output()


CREATE = """mutation($input: CreateCustomerInput!) { createCustomer(input: $input) { ... on CustomerPayload {
  receipt { status eventId } customer { customerId name } } } }"""
READ = """query($id: ID!, $name: String!) { customer(customerId: $id) { name revision { updatedAt } history(first: 1) {
  edges { node { timestamp } } } } customers(filter: {name: {eqIgnoreCase: $name}}) { edges { node { name } } } }"""


def test_a_gateway_and_a_projector_take_and_show_the_same(surroundings: str, tmp_path: Path) -> None:
    with (
        running_stack(tmp_path, domain="hazelgate.domain") as stack,
        gateway_to(stack, tmp_path / "gateway.log") as url,
    ):
        created = ask(url, CREATE, input={"name": NAME, "email": "isil@example.com"})["createCustomer"]
        assert created["receipt"]["status"] == "SUCCESS"
        assert created["customer"]["name"] == NAME
        read = ask(url, READ, id=created["customer"]["customerId"], name=NAME)
        assert read["customer"]["name"] == NAME
        assert read["customers"]["edges"] == [{"node": {"name": NAME}}]
        began = datetime.fromisoformat(read["customer"]["history"]["edges"][0]["node"]["timestamp"])
        assert abs((datetime.now(UTC) - began).total_seconds()) < 600
        assert began.utcoffset() == timedelta(0)
        check_money_and_dates(url, created["customer"]["customerId"])
        check_rebuilt(stack)


ORDER = """mutation($product: CreateProductInput!, $order: CreateOrderInput!) {
  createProduct(input: $product) { __typename }
  createOrder(input: $order) { ... on OrderPayload {
    order { orderId totalAmount placedAt items { priceAtOrder } } } } }"""
ORDERS = """query($amount: Decimal!, $from: DateTime!, $to: DateTime!) {
  orders(filter: {totalAmount: {gte: $amount}, placedAt: {gte: $from, lt: $to}}) { edges { node { orderId } } }
  ordersAggregate { sum { totalAmount } max { placedAt } } }"""


def check_money_and_dates(url: str, customer_id: str) -> None:
    """Filters, sums and extremes of them, and how they are written."""
    product = {"productId": "pen", "sku": "PEN", "name": NAME, "price": "1234567.05", "quantityOnHand": 9}
    items = [{"productId": "pen", "quantity": 2}]
    made = ask(url, ORDER, product=product, order={"orderId": "o1", "customerId": customer_id, "items": items})
    order = made["createOrder"]["order"]
    assert order["totalAmount"] == "2469134.10"
    assert order["items"] == [{"priceAtOrder": "1234567.05"}]
    placed = datetime.fromisoformat(order["placedAt"])
    assert placed.utcoffset() == timedelta(0)
    days = {"from": (placed - timedelta(days=1)).isoformat(), "to": (placed + timedelta(days=1)).isoformat()}
    found = ask(url, ORDERS, amount="2469134.1", **days)
    assert found["orders"]["edges"] == [{"node": {"orderId": "o1"}}]
    [group] = found["ordersAggregate"]
    assert group["sum"]["totalAmount"] == "2469134.10"
    assert datetime.fromisoformat(group["max"]["placedAt"]) == placed
    assert ask(url, ORDERS, amount="2469134.11", **days)["orders"]["edges"] == []


def check_rebuilt(stack: Stack) -> None:
    """An operator's commands in the same surroundings: a view is built again, and differs in nothing."""
    at = (f"--members={stack.address}", f"--cluster-name={stack.cluster_name}")
    for command in (["rebuild", "--all"], ["diff", "enriched-order-view"], ["history", "customer-view", "none"]):
        run = [sys.executable, "-m", "hazelgate.operations.cli", *command, *at]
        done = subprocess.run(run, capture_output=True, check=False)
        assert done.returncode == (1 if command[0] == "history" else 0), done.stderr.decode(errors="replace")
