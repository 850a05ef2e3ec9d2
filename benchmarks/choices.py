"""How the gateway's process is set up, against other ways: over one member, in turns."""

from __future__ import annotations

import inspect
import random

from benchmarks import plans, shop
from benchmarks.beside_peers import FIELDS, body_of
from benchmarks.figures import Figure
from benchmarks.gateways import UNREACHED, running_gateway
from benchmarks.other_gateway import PROCESSES, command
from benchmarks.stack import RunningStack
from benchmarks.turns import Server, in_turns, running_generator

_CONNECTIONS, _ROUNDS, _SECONDS = 32, 5, 1.0


async def of_the_process(stack: RunningStack) -> list[Figure]:
    """Requests a second of today's gateway, for one of a gateway that is set up otherwise."""
    cases = _cases(await plans.fill(stack))
    figures = []
    async with running_generator() as generator, running_gateway(stack, **UNREACHED) as today:
        for name, other in PROCESSES.items():
            async with running_gateway(stack, command=command(name), **UNREACHED) as there:
                for case, bodies in cases.items():
                    servers = [Server("today", today.url, today.pid), Server(name, there.url, there.pid)]
                    turns = await in_turns(
                        generator,
                        servers,
                        bodies,
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
    one = f"query ($id: ID!) {{ order(orderId: $id) {{ {FIELDS} }} }}"
    page = f"{{ orders(first: 100) {{ edges {{ node {{ {FIELDS} }} }} }} }}"
    chance = random.Random(7)
    orders = [shop.order_of(chance, there.customers, there.products) for _ in range(500)]
    return {
        "one order": [body_of(one, {"id": key}) for key in there.orders],
        "a page of 100": [body_of(page, {})],
        "createOrder": [body_of(shop.CREATE_ORDER, each) for each in orders],
    }
