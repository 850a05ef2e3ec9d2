"""Reads and orders over HTTP by plans, and by graphql-core's executor alone: two gateways to one member, in turns."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from statistics import median

import httpx

from benchmarks import shop
from benchmarks.figures import Figure
from benchmarks.gateways import Gateway, running_gateway
from benchmarks.http_load import Load, load
from benchmarks.stack import RunningStack, cpu_seconds_of, event_handler
from hazelgate.domain.orders import OrderCreated, OrderLine
from hazelgate.sourcing import ids

ORDERS = 1_000
PRODUCTS = 20
CONNECTIONS = 8
ROUNDS = 5

SOME = "orderId status totalAmount placedAt customer { customerId name } items { name quantity priceAtOrder }"
OTHERS = "__typename key: orderId state: status revision { version } items { sku product { quantityAvailable } }"


@dataclass
class Case:
    """
    One operation, and how often it is sent in a round.

    Args:
        expect: What each answer has. Of what is no read, no two answers are the same.
    """

    name: str
    query: str
    variables: dict[str, object]
    requests: int
    connections: int = CONNECTIONS
    expect: bytes = b'"data"'
    is_read: bool = True


@dataclass
class Measured:
    """What a gateway made of one case, round by round."""

    per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def add(self, made: Load, cpu_seconds: float) -> None:
        self.per_second.append(made.per_second)
        self.cpu_ms.append(cpu_seconds * 1_000 / len(made.latencies))

    def __str__(self) -> str:
        return f"{median(self.per_second):,.0f}/s and {median(self.cpu_ms):,.3g} ms of processor time"


async def against_the_executor(stack: RunningStack) -> list[Figure]:
    """Requests per second of the one as a multiple of the other, for each case."""
    shelves = await fill(stack)
    figures = []
    async with running_gateway(stack, plans="true") as planned, running_gateway(stack, plans="false") as executed:
        for case in _cases(shelves):
            answers = {await _answer(gateway, case) for gateway in (planned, executed)}
            if case.is_read and len(answers) != 1:
                raise RuntimeError(f"{case.name}: the two ways do not give the same answer")
            found = {planned.pid: Measured(), executed.pid: Measured()}
            for _ in range(ROUNDS):
                for gateway in (planned, executed):
                    found[gateway.pid].add(*await _round(gateway, case))
            by_plan, by_executor = found[planned.pid], found[executed.pid]
            figures.append(
                Figure(
                    f"{case.name}: by plan against the executor",
                    median(by_plan.per_second) / median(by_executor.per_second),
                    "×",
                    beside=f"{by_plan}; executor {by_executor}",
                )
            )
    return figures


@dataclass
class Shelves:
    """The ids of what is there."""

    orders: list[str]
    customers: list[str]
    products: list[str]

    @property
    def order(self) -> dict[str, object]:
        """The variables of one that is new each time."""
        items = [{"productId": product, "quantity": 1} for product in self.products[:3]]
        return {"input": {"customerId": self.customers[0], "items": items}}


def _cases(shelves: Shelves) -> list[Case]:
    keys = shelves.orders
    one = f"query ($id: ID!) {{ order(orderId: $id) {{ {SOME} }} }}"
    several = f"query ($ids: [ID!]!) {{ ordersById(orderIds: $ids) {{ {SOME} }} }}"
    renamed = f"query ($ids: [ID!]!) {{ ordersById(orderIds: $ids) {{ {OTHERS} }} }}"
    page = f"""query ($name: String!) {{
      orders(first: 100, filter: {{ customer: {{ name: {{ startsWith: $name }} }} }}, sort: {{ field: PLACED_AT }}) {{
        edges {{ node {{ {SOME} }} }} pageInfo {{ hasNextPage endCursor }}
      }}
    }}"""
    return [
        Case("one order by id", one, {"id": keys[0]}, 2_000),
        Case("50 orders by id", several, {"ids": keys[:50]}, 300),
        Case("50 orders, renamed and with a link", renamed, {"ids": keys[:50]}, 200),
        Case("1,000 orders by id", several, {"ids": keys}, 24),
        Case("a page of 100 with filter and sort", page, {"name": "Ada"}, 120),
        Case("createOrder", shop.CREATE_ORDER, shelves.order, 2_000, 32, b'"SUCCESS"', is_read=False),
        Case("createOrder, one at a time", shop.CREATE_ORDER, shelves.order, 300, 1, b'"SUCCESS"', is_read=False),
    ]


async def fill(stack: RunningStack) -> Shelves:
    """Orders of a few customers and products."""
    async with event_handler(stack) as handler:
        customers = [shop.new_customer() for _ in range(20)]
        products = [shop.new_product(number) for number in range(PRODUCTS)]
        await shop.submit_all(handler, [*customers, *products])
        orders = [
            OrderCreated(
                order_id=ids.new_id(),
                customer_id=customers[number % len(customers)].customer_id,
                items=tuple(
                    OrderLine(product_id=products[(number + place) % PRODUCTS].product_id, quantity=1 + place)
                    for place in range(3)
                ),
            )
            for number in range(ORDERS)
        ]
        await shop.submit_all(handler, orders, at_once=1)
    return Shelves(
        [order.order_id for order in orders],
        [customer.customer_id for customer in customers],
        [product.product_id for product in products],
    )


async def _round(gateway: Gateway, case: Case) -> tuple[Load, float]:
    body = shop.body(case.query, case.variables)
    before = cpu_seconds_of(gateway.pid)
    made = await load(
        gateway.url, lambda _: body, connections=case.connections, requests=case.requests, expect=case.expect
    )
    return made, cpu_seconds_of(gateway.pid) - before


async def _answer(gateway: Gateway, case: Case) -> str:
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.post(gateway.url, content=shop.body(case.query, case.variables), headers=_JSON)
    data = answer.json()
    if "errors" in data:
        raise RuntimeError(f"{case.name}: {data['errors'][:1]}")
    return json.dumps(data)


_JSON = {"content-type": "application/json"}
