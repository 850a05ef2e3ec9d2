"""
Reads beside Mercurius with its JIT compiler and Apollo Server, and writes beside a gateway that polls.

All servers run at the same time over one member. They take turns under the same load, and a figure is the median of
the rounds' ratios. `python -m benchmarks.beside_peers FILE` prints the figures, and writes what `docs.generating.peers`
makes a table and a chart of.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from benchmarks import fanout, plans, shop, writes
from benchmarks.figures import Figure, table
from benchmarks.gateways import UNREACHED, running_gateway
from benchmarks.http_load import Connection
from benchmarks.node import find_node, node_server
from benchmarks.stack import RunningStack, event_handler, running_stack
from benchmarks.turns import Generator, Server, Turns, in_turns, running_generator

_START_SECONDS = 30.0
_CONNECTIONS = 32
_ROUNDS = 7
_HEAVIEST = 13
"""Root fields of 1,000 orders that one operation may have, by its cost."""
FIELDS = "orderId customer { name } items { name quantity priceAtOrder } totalAmount status"
_ONE = f"query ($id: ID!) {{ order(orderId: $id) {{ {FIELDS} }} }}"
_SEVERAL = f"query ($ids: [ID!]!) {{ ordersById(orderIds: $ids) {{ {FIELDS} }} }}"
_PAGE = f"""query ($name: String!) {{
  orders(first: 100, filter: {{ customer: {{ name: {{ startsWith: $name }} }} }}, sort: {{ field: PLACED_AT }}) {{
    edges {{ node {{ {FIELDS} }} }}
  }}
}}"""
OURS, MERCURIUS, APOLLO, POLLING = "Hazelgate", "Mercurius with JIT", "Apollo Server", "polling every 10 ms"
TWO_WORKERS = "Hazelgate, two workers"


@dataclass(frozen=True)
class Case:
    """
    What is asked.

    Args:
        bodies: Of Hazelgate; `theirs` of the peers, where theirs differ.
        beside_mercurius: Aim, in times of Mercurius's requests per second; `beside_apollo` likewise.
    """

    name: str
    bodies: list[str]
    seconds: float
    beside_mercurius: float
    beside_apollo: float | None = None
    theirs: list[str] | None = None


@dataclass(frozen=True)
class Row:
    """One ratio, as the documentation shows it."""

    case: str
    peer: str
    aim: float | None
    times: float
    times_by_cpu: float
    per_second: tuple[float, float]
    """Ours, and the peer's."""
    cpu_ms: tuple[float, float]
    """Of the server, for one answer: ours, and the peer's."""
    generator_share: float
    """Of a processor, that the load generator took at most."""

    @classmethod
    def of(cls, case: str, turns: Turns, peer: str, aim: float | None, *, ours: str = OURS) -> Row:
        return cls(
            case,
            peer,
            aim,
            turns.times(ours, peer),
            turns.times_by_cpu(ours, peer),
            (turns.per_second(ours), turns.per_second(peer)),
            (turns.cpu(ours), turns.cpu(peer)),
            max(turns.generator_share(ours), turns.generator_share(peer)),
        )

    @property
    def figure(self) -> Figure:
        (ours, theirs), (our_ms, their_ms) = self.per_second, self.cpu_ms
        return Figure(
            f"{self.case}, beside {self.peer}",
            self.times,
            "×",
            at_least=self.aim,
            beside=f"{ours:,.0f}/s and {theirs:,.0f}/s; processor time {our_ms:.3g} ms and "
            f"{their_ms:.3g} ms, {self.times_by_cpu:.2f} ×; the generator took {self.generator_share:.0%} of one",
        )


async def reads_and_writes(stack: RunningStack) -> list[Figure]:
    """All of them, over one member."""
    rows, figures = await measured(stack)
    return [*(each.figure for each in rows), *figures]


async def measured(stack: RunningStack) -> tuple[list[Row], list[Figure]]:
    """The ratios, and what else is measured."""
    node = find_node()
    if node is None:
        raise RuntimeError("the peers are servers in Node: install node and npm, and run `make bench-peers`")
    keys = (await plans.fill(stack)).orders
    async with running_generator() as generator, running_gateway(stack, **UNREACHED) as gateway:
        ours = Server(OURS, gateway.url, gateway.pid)
        figures = await _health(ours, keys)
        rows: list[Row] = []
        async with (
            _peer(node, "mercurius", MERCURIUS, stack) as mercurius,
            _peer(node, "apollo", APOLLO, stack) as apollo,
        ):
            for case in await _cases(ours, keys):
                rows += await _beside(generator, case, [ours, mercurius, apollo])
        polls = ("benchmarks.polling_gateway",)
        async with running_gateway(stack, command=polls, **UNREACHED) as polling:
            rows += await _writes(stack, generator, [ours, Server(POLLING, polling.url, polling.pid)])
        async with running_gateway(stack, workers="2", **UNREACHED) as several:
            rows.append(await _two_workers(generator, ours, Server(TWO_WORKERS, several.url, several.pid), keys))
    return rows, figures


async def _two_workers(generator: Generator, one: Server, two: Server, keys: Sequence[str]) -> Row:
    bodies = [body_of(_ONE, {"id": key}) for key in keys]
    turns = await in_turns(
        generator,
        [one, two],
        bodies,
        connections=_CONNECTIONS,
        rounds=_ROUNDS,
        seconds=0.8,
        warm_up_seconds=1.6,
    )
    return Row.of("one order by id, two workers", turns, OURS, None, ours=TWO_WORKERS)


async def _cases(ours: Server, keys: Sequence[str]) -> list[Case]:
    page = body_of(_PAGE, {"name": "Ada"})
    nodes = [edge["node"] for edge in (await _data(ours, page))["orders"]["edges"]]
    several = [body_of(_SEVERAL, {"ids": keys[at : at + 50]}) for at in range(0, len(keys), 50)]
    return [
        Case("one order by id", [body_of(_ONE, {"id": key}) for key in keys], 0.8, 1.0, 2.0),
        Case("50 orders by id", several, 0.8, 1.5),
        Case("1,000 orders by id", [body_of(_SEVERAL, {"ids": keys})], 1.6, 3.0),
        Case(
            "a page of 100 with filter and sort",
            [page],
            1.0,
            2.0,
            theirs=[body_of(_SEVERAL, {"ids": [node["orderId"] for node in nodes]})],
        ),
    ]


async def _beside(generator: Generator, case: Case, servers: Sequence[Server]) -> list[Row]:
    await _require_the_same(case, servers)
    turns = await in_turns(
        generator,
        servers,
        {each.name: case.bodies if each.name == OURS else case.theirs or case.bodies for each in servers},
        connections=_CONNECTIONS,
        rounds=_ROUNDS,
        seconds=case.seconds,
        warm_up_seconds=2 * case.seconds,
    )
    return [
        Row.of(case.name, turns, peer, aim)
        for peer, aim in ((MERCURIUS, case.beside_mercurius), (APOLLO, case.beside_apollo))
    ]


async def _require_the_same(case: Case, servers: Sequence[Server]) -> None:
    """
    Raises:
        RuntimeError: A peer gives other orders.
    """
    for number in (0, -1):
        answers = []
        for each in servers:
            bodies = case.bodies if each.name == OURS else case.theirs or case.bodies
            [value] = (await _data(each, bodies[number])).values()
            answers.append([edge["node"] for edge in value["edges"]] if "edges" in value else value)
        if any(answer != answers[0] for answer in answers) or not answers[0]:
            raise RuntimeError(f"{case.name}: the servers do not give the same answer")


# ---------------------------------------------------------------- writes


async def _writes(stack: RunningStack, generator: Generator, servers: Sequence[Server]) -> list[Row]:
    customers = [shop.new_customer() for _ in range(200)]
    products = [shop.new_product(number) for number in range(200)]
    async with event_handler(stack) as handler:
        await shop.submit_all(handler, [*customers, *products], at_once=1)
    chance = random.Random(7)
    theirs, of = [each.customer_id for each in customers], [each.product_id for each in products]
    bodies = [body_of(shop.CREATE_ORDER, shop.order_of(chance, theirs, of)) for _ in range(500)]
    turns = await in_turns(
        generator,
        servers,
        bodies,
        connections=_CONNECTIONS,
        rounds=_ROUNDS,
        seconds=1.0,
        warm_up_seconds=4.0,
        expect='"SUCCESS"',
    )
    return [Row.of(f"createOrder, {_CONNECTIONS} connections", turns, POLLING, None)]


# ---------------------------------------------------------------- health


def heaviest(keys: Sequence[str]) -> dict[str, str]:
    """
    Bodies of the heaviest queries that the default limits let through, by what answers them.

    The cost is near the limit: as many entries and values as one operation may ask for. A long document has no plan,
    so graphql-core executes it.
    """
    roots = " ".join(f"o{number}: ordersById(orderIds: $ids) {{ {FIELDS} }}" for number in range(_HEAVIEST))
    text = f"query ($ids: [ID!]!) {{ {roots} }}"
    return {
        "a plan": body_of(text, {"ids": keys}),
        "graphql-core": body_of(text + " " * 33_000, {"ids": keys}),
    }


async def _health(ours: Server, keys: Sequence[str]) -> list[Figure]:
    """How long `/health` takes at most while a heavy query runs, asked for again and again."""
    figures = []
    for by, body in heaviest(keys).items():
        slowest, took = [], []
        for _ in range(5):
            asked, seconds = await _asked_beside(ours, body)
            slowest.append(max(asked) * 1_000)
            took.append(seconds * 1_000)
        figures.append(
            Figure(
                f"/health while the heaviest permitted query runs, by {by}",
                max(slowest),
                "ms",
                at_most=100,
                beside=f"the slowest of 5 queries; each query took {sorted(took)[2]:,.0f} ms",
            )
        )
    return figures


async def _asked_beside(ours: Server, body: str) -> tuple[list[float], float]:
    """The seconds that `/health` took each time, and those of the query."""
    heavy = await Connection.to(ours.url)
    started = time.perf_counter()
    query = asyncio.create_task(heavy.post(body.encode()))
    took: list[float] = []
    async with httpx.AsyncClient() as http:
        while not query.done():
            asked = time.perf_counter()
            (await http.get(ours.url.replace("/graphql", "/health"))).raise_for_status()
            took.append(time.perf_counter() - asked)
    if b'"errors"' in (answer := await query)[:20]:
        raise RuntimeError(f"the heaviest query was refused: {answer[:300].decode()}")
    heavy.close()
    return took, time.perf_counter() - started


# ---------------------------------------------------------------- servers


@contextlib.asynccontextmanager
async def _peer(node: str, kind: str, name: str, stack: RunningStack) -> AsyncIterator[Server]:
    process, stdin, stdout = await node_server(node, "reads.mjs", kind, stack.member, stack.cluster_name)
    try:
        line = await asyncio.wait_for(stdout.readline(), _START_SECONDS)
        if not line:
            raise RuntimeError(f"{name} did not start")
        yield Server(name, f"http://127.0.0.1:{int(line.split()[-1])}/graphql", process.pid)
    finally:
        stdin.close()
        await process.wait()


async def _data(server: Server, body: str) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.post(server.url, content=body, headers={"content-type": "application/json"})
    told = answer.json()
    if "errors" in told:
        raise RuntimeError(f"{server.name}: {told['errors'][:1]}")
    data: dict[str, Any] = told["data"]
    return data


async def _run() -> tuple[list[Row], list[Figure]]:
    async with running_stack() as stack:
        rows, figures = await measured(stack)
        figures += [await writes.share_of_the_gateway(stack), *await fanout.pushes(stack)]
    return rows, figures


def main(path: Path) -> None:
    """Print the figures, and write them to a file."""
    rows, figures = asyncio.run(_run())
    print(table([*(each.figure for each in rows), *figures]))
    node = subprocess.check_output(("node", "--version"), text=True).strip().removeprefix("v")
    data = {
        "measured": f"{date.today()}, {os.cpu_count()} processors, Python {platform.python_version()}, Node {node}",
        "rows": [asdict(each) for each in rows],
        "others": [asdict(each) for each in figures],
    }
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def body_of(query: str, variables: dict[str, object]) -> str:
    """A request, as a job has it."""
    return shop.body(query, variables).decode()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
