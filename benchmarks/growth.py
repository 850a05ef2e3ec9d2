"""What an event costs when the views are large, and what a member needs for a million events."""

from __future__ import annotations

import random
import re
import subprocess
import time
from pathlib import Path

from benchmarks import shop
from benchmarks.figures import Figure, percentile
from benchmarks.http_load import load
from benchmarks.stack import RunningStack, event_handler
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.operations.java import find_java

_FEW, _MANY = 1_000, 1_000_000
_WARM_UP, _MEASURED = 150_000, 60_000
_FILL_BATCH = 50_000
_DEEP_EVENTS, _ASKED = 100, 300


async def cost_and_heap(stack: RunningStack) -> list[Figure]:
    """
    CustomerUpdated on random customers, with 1,000 and then with 1,000,000 of them, in one run.

    The cost of an event is the processor time of member and projector: it does not depend on what else the machine does
    as much as the elapsed time, which is printed too.
    """
    chance = random.Random(11)
    async with event_handler(stack) as handler:
        known = await _fill(handler, _FEW)
        await _update(stack, handler, known, chance, _WARM_UP)
        few = await _update(stack, handler, known, chance, _MEASURED)
        known += await _fill(handler, _MANY - _FEW)
        await _update(stack, handler, known, chance, _WARM_UP)
        many = await _update(stack, handler, known, chance, _MEASURED)
        deep = await _update_one(handler, known[0], _DEEP_EVENTS)
    figures = [
        await first_page_of_history(stack, deep, "in memory"),
        Figure(
            "cost of an event, 1,000,000 entries to 1,000",
            many[0] / few[0],
            "×",
            at_most=1.2,
            beside=f"processor time of member and projector: {few[0]:.0f} µs then {many[0]:.0f} µs",
        ),
        Figure(
            "the same by elapsed time",
            many[1] / few[1],
            "×",
            beside=f"{few[1]:.0f} µs with 1,000, {many[1]:.0f} µs with 1,000,000, load generator included",
        ),
    ]
    heap = heap_in_use(stack.pids["member"])
    if heap is not None:
        figures.append(
            Figure(
                "member's heap after 1,000,000 events of 500 bytes",
                heap / 2**20,
                "MiB",
                beside=f"after a full collection, with {2 * (_WARM_UP + _MEASURED):,} smaller updates to them: "
                f"store, ids, heads, completions, and a view of 1,000,000",
            )
        )
    return figures


async def _fill(handler: EventHandler, count: int) -> list[str]:
    created: list[str] = []
    while len(created) < count:
        events = [
            shop.new_customer(payload_bytes=shop.PAYLOAD_BYTES) for _ in range(min(_FILL_BATCH, count - len(created)))
        ]
        await shop.submit_all(handler, events)
        created += [event.customer_id for event in events]
    return created


async def _update_one(handler: EventHandler, customer_id: str, count: int) -> list[str]:
    await shop.submit_all(handler, [shop.renamed(customer_id, number) for number in range(count)], at_once=1)
    return [customer_id]


async def first_page_of_history(
    stack: RunningStack, customer_ids: list[str], where: str, *, events: int = _MANY
) -> Figure:
    """The first 20 events of customers that have more."""
    chance = random.Random(5)

    def bodies(_: int) -> bytes:
        return shop.body(shop.HISTORY, {"id": chance.choice(customer_ids)})

    url, expect = f"{stack.url}/graphql", b'"hasNextPage":true'
    await load(url, bodies, connections=1, requests=_ASKED, expect=expect)
    latencies = (await load(url, bodies, connections=1, requests=_ASKED, expect=expect)).latencies
    return Figure(
        f"history, first page of 20, in a log of {events:,} {where}, p50",
        percentile(latencies, 0.5),
        "ms",
        at_most=10,
        beside=f"p99 {percentile(latencies, 0.99):.1f} ms, HTTP",
    )


async def _update(
    stack: RunningStack, handler: EventHandler, known: list[str], chance: random.Random, count: int
) -> tuple[float, float]:
    """Microseconds an event: processor time of member and projector, and elapsed time."""
    events = [shop.renamed(chance.choice(known), number) for number in range(count)]
    before, started = _cpu(stack), time.perf_counter()
    await shop.submit_all(handler, events)
    elapsed = time.perf_counter() - started
    return (_cpu(stack) - before) / count * 1e6, elapsed / count * 1e6


def _cpu(stack: RunningStack) -> float:
    return stack.cpu_seconds("member") + stack.cpu_seconds("projector")


def heap_in_use(pid: int) -> float | None:
    """Bytes in use after a full collection; None where the Java at hand has no jcmd (a JRE)."""
    jcmd = Path(find_java().executable).resolve().with_name("jcmd")
    if not jcmd.exists():
        return None
    subprocess.run([jcmd, str(pid), "GC.run"], check=True, capture_output=True, timeout=120)
    told = subprocess.run(
        [jcmd, str(pid), "GC.heap_info"], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    spaces = r"^\s*(?:garbage-first heap|PSYoungGen|ParOldGen|def new generation|tenured generation).*?used (\d+)K"
    used = re.findall(spaces, told, re.MULTILINE)
    return sum(map(int, used)) * 1024.0 if used else None
