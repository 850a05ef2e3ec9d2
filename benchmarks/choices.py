"""How the gateway's process is set up, against other ways: over one member, in turns."""

from __future__ import annotations

import inspect
import random

import msgspec

from benchmarks import plans, shop
from benchmarks.figures import Figure
from benchmarks.gateways import running_gateway
from benchmarks.other_gateway import OTHERS
from benchmarks.stack import RunningStack
from benchmarks.turns import Server, in_turns, running_generator

_CONNECTIONS, _ROUNDS, _SECONDS = 32, 5, 1.0
_ENOUGH = str(10**12)
_FIELDS = "orderId customer { name } items { name quantity priceAtOrder } totalAmount status"


async def of_the_process(stack: RunningStack) -> list[Figure]:
    """Requests a second of today's gateway, for one of a gateway that is set up otherwise."""
    cases = _cases(await plans.fill(stack))
    bounds = {"max_cost_per_second": _ENOUGH, "max_bytes_per_second": _ENOUGH}
    figures = []
    async with running_generator() as generator, running_gateway(stack, **bounds) as today:
        for name, other in OTHERS.items():
            command = ("benchmarks.other_gateway", name)
            async with running_gateway(stack, command=command, **bounds) as there:
                for case, bodies in cases.items():
                    servers = [Server("today", today.url, today.pid), Server(name, there.url, there.pid)]
                    turns = await in_turns(
                        generator,
                        servers,
                        {each.name: bodies for each in servers},
                        connections=_CONNECTIONS,
                        rounds=_ROUNDS,
                        seconds=_SECONDS,
                        warm_up_seconds=_SECONDS,
                    )
                    told = f"processor time {turns.cpu('today'):.3g} ms and {turns.cpu(name):.3g} ms"
                    about = inspect.getdoc(other)
                    times = turns.times_by_cpu("today", name)
                    figures.append(Figure(f"{case}: today, against {name}", times, "×", beside=f"{told}. {about}"))
    return figures


def _cases(there: plans.Shelves) -> dict[str, list[str]]:
    one = f"query ($id: ID!) {{ order(orderId: $id) {{ {_FIELDS} }} }}"
    page = f"{{ orders(first: 100) {{ edges {{ node {{ {_FIELDS} }} }} }} }}"
    chance = random.Random(7)
    orders: list[dict[str, object]] = [
        {
            "customerId": chance.choice(there.customers),
            "items": [{"productId": each, "quantity": 1} for each in chance.sample(there.products, 3)],
        }
        for _ in range(500)
    ]
    return {
        "one order": [_body(one, {"id": key}) for key in there.orders],
        "a page of 100": [_body(page, {})],
        "createOrder": [_body(shop.CREATE_ORDER, {"input": each}) for each in orders],
    }


def _body(query: str, variables: dict[str, object]) -> str:
    return msgspec.json.encode({"query": query, "variables": variables}).decode()
