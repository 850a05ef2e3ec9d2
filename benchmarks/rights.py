"""Reads under a rule about rows, and without identity: two gateways to one member, taking turns."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from benchmarks import shop
from benchmarks.figures import Figure
from benchmarks.gateways import Gateway, running_gateway
from benchmarks.http_load import load
from benchmarks.stack import RunningStack, cpu_seconds_of, event_handler
from hazelgate.domain.customers import CustomerCreated
from hazelgate.domain.orders import OrderCreated, OrderLine
from hazelgate.domain.rights import CUSTOMER
from hazelgate.gateway.identity.api_keys import new_key
from hazelgate.sourcing import ids

ORDERS = 200
CONNECTIONS = 8
ROUNDS = 11
_NAME = "ada"
_SOME = "orderId status totalAmount placedAt customer { customerId name } items { name quantity priceAtOrder }"


async def under_a_rule(stack: RunningStack) -> list[Figure]:
    """Requests per second of a customer with an API key, as a multiple of those of anybody without identity."""
    keys = await _fill(stack)
    one = f"query ($id: ID!) {{ order(orderId: $id) {{ {_SOME} }} }}"
    several = f"query ($ids: [ID!]!) {{ ordersById(orderIds: $ids) {{ {_SOME} }} }}"
    page = f"{{ orders(first: 50) {{ edges {{ node {{ {_SOME} }} }} pageInfo {{ endCursor }} }} }}"
    cases: list[tuple[str, str, dict[str, object], int]] = [
        ("one order by id", one, {"id": keys[0]}, 2_000),
        ("50 orders by id", several, {"ids": keys[:50]}, 300),
        ("a page of 50", page, {}, 300),
    ]
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.toml"
        key, lines = new_key(_NAME, [CUSTOMER])
        path.write_text(lines, encoding="utf-8")
        async with running_gateway(stack) as open_, running_gateway(stack, api_keys_file=str(path)) as ruled:
            for name, query, variables, requests in cases:
                body = shop.body(query, variables)
                found: dict[int, list[float]] = {open_.pid: [], ruled.pid: []}
                cpu: dict[int, list[float]] = {open_.pid: [], ruled.pid: []}
                for number in range(ROUNDS):
                    for gateway in (open_, ruled) if number % 2 else (ruled, open_):
                        per_second, cpu_ms = await _round(gateway, body, key if gateway is ruled else None, requests)
                        found[gateway.pid].append(per_second)
                        cpu[gateway.pid].append(cpu_ms)
                without, under = median(found[open_.pid]), median(found[ruled.pid])
                by_cpu = median(one / other for one, other in zip(cpu[open_.pid], cpu[ruled.pid], strict=True))
                figures.append(
                    Figure(
                        f"{name}: under a rule about rows against without",
                        median(one / other for one, other in zip(found[ruled.pid], found[open_.pid], strict=True)),
                        "×",
                        at_least=0.9 if name.startswith("one") else None,
                        beside=f"{under:,.0f}/s and {median(cpu[ruled.pid]):,.3g} ms of processor time; "
                        f"without {without:,.0f}/s and {median(cpu[open_.pid]):,.3g} ms; "
                        f"{by_cpu:.3g} × by processor time",
                    )
                )
    return figures


async def _round(gateway: Gateway, body: bytes, key: str | None, requests: int) -> tuple[float, float]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    before = cpu_seconds_of(gateway.pid)
    made = await load(
        gateway.url,
        lambda _: body,
        connections=CONNECTIONS,
        requests=requests,
        expect=b'"orderId"',
        headers=headers,
    )
    return made.per_second, (cpu_seconds_of(gateway.pid) - before) * 1_000 / requests


async def _fill(stack: RunningStack) -> list[str]:
    """The ids of one customer's orders."""
    customer = f"key:{_NAME}"
    async with event_handler(stack) as handler:
        product = shop.new_product(0)
        created = CustomerCreated(customer_id=customer, name="Ada", email="ada@example.org")
        await shop.submit_all(handler, [created, product])
        lines = (OrderLine(product_id=product.product_id, quantity=1),)
        orders = [OrderCreated(order_id=ids.new_id(), customer_id=customer, items=lines) for _ in range(ORDERS)]
        await shop.submit_all(handler, orders, at_once=1)
    return [order.order_id for order in orders]
