"""`python -m benchmarks [NAME…]`: measure, and print each figure beside its aim."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import (
    beside_peers,
    choices,
    derivation,
    durable,
    fanout,
    filters,
    first_steps,
    growth,
    guards,
    hostile,
    live,
    memory,
    pauses,
    plans,
    rebuilding,
    regression,
    rights,
    selecting,
    slow_reader,
    snapshots,
    soak,
    sockets,
    writes,
)
from benchmarks.figures import Figure, table
from benchmarks.history import database, fill
from benchmarks.stack import RunningStack, running_stack
from hazelgate.operations.java import find_java

Measure = Callable[[RunningStack], Awaitable[list[Figure]]]


@dataclass(frozen=True)
class Suite:
    """What is measured on one fresh stack."""

    measures: list[Measure]
    heap: str
    pretouch_heap: bool = False
    """Whether it is taken at the start, as docs/how-to/deployment.md advises for a member under load."""
    postgres: bool = False
    """Whether it keeps events in PostgreSQL."""
    events: int = 0
    """How many are there before it starts."""
    restarted: bool = False
    """Whether it keeps snapshots, and is started once more from them when all is measured."""


SUITES: dict[str, Suite] = {
    "latency": Suite([writes.one_at_a_time, writes.orders], "2g"),
    "bulk": Suite([writes.bulk], "8g", pretouch_heap=True),
    "rebuild": Suite([rebuilding.speed_and_manners], "4g"),
    "plans": Suite([plans.against_the_executor], "2g"),
    "choices": Suite([choices.of_the_process], "2g"),
    "selecting": Suite([selecting.by_members_and_by_gateways], "2g"),
    "rights": Suite([rights.under_a_rule], "2g"),
    "filters": Suite([filters.work_and_manners], "4g"),
    "fanout": Suite([fanout.pushes], "2g"),
    "sockets": Suite([sockets.ten_thousand], "2g"),
    "slow-reader": Suite([slow_reader.one_at_a_byte_a_second], "2g"),
    "live": Suite([live.untouched_and_equal], "2g"),
    "hostile": Suite([hostile.refusals_and_others], "2g"),
    "growth": Suite([growth.cost_and_heap], "10g"),
    "peers": Suite([beside_peers.reads_and_writes], "2g"),
    "committed": Suite(
        [writes.one_at_a_time_committed, writes.bulk_committed], "8g", pretouch_heap=True, postgres=True
    ),
    "durable": Suite([durable.past, durable.cold_rebuild], "8g", postgres=True, events=1_000_000),
    "snapshot": Suite(
        [snapshots.from_a_snapshot],
        "8g",
        pretouch_heap=True,
        postgres=True,
        events=snapshots.EVENTS,
        restarted=True,
    ),
}


ALONE: dict[str, Callable[[], list[Figure]]] = {"schema": derivation.schema_of_a_large_domain}
"""What is measured in this process, without a stack."""
OF_THEIR_OWN = {
    "first-steps": first_steps.figures,
    "guards": guards.figures,
    "heap": memory.figures,
    "pauses": pauses.figures,
}
"""What is measured on stacks that it starts by itself."""


SOAK, TURNS = "soak", "turns"
"""What is measured only where it is named."""
SOAK_MINUTES, ROUNDS = 30.0, 3


async def stacks(suite: Suite) -> AsyncIterator[RunningStack]:
    """The stack of a suite; and, where it is restarted, the one that comes after it."""
    if not suite.postgres:
        async with running_stack(heap=suite.heap, pretouch_heap=suite.pretouch_heap) as stack:
            yield stack
        return
    with database() as dsn, tempfile.TemporaryDirectory(prefix="hazelgate-benchmark-") as kept:
        if suite.events:
            print(f"filling PostgreSQL with {suite.events:,} events", file=sys.stderr, flush=True)
        log = fill(dsn, suite.events) if suite.events else None
        folder = Path(kept) if suite.restarted else None
        async with running_stack(
            heap=suite.heap, pretouch_heap=suite.pretouch_heap, dsn=dsn, log=log, snapshots=folder
        ) as stack:
            yield stack
        if suite.restarted:
            # Without the seconds that taking the whole heap takes.
            async with running_stack(heap=suite.heap, dsn=dsn, log=log, snapshots=folder) as stack:
                yield stack


async def run(names: list[str], *, minutes: float = SOAK_MINUTES) -> list[Figure]:
    """All figures of the suites named."""
    figures: list[Figure] = []
    for name in names:
        if name == SOAK:
            figures += await soak.figures(minutes)
            continue
        if name in ALONE:
            figures += ALONE[name]()
            continue
        if name in OF_THEIR_OWN:
            print(f"measuring {name}", file=sys.stderr, flush=True)
            figures += await OF_THEIR_OWN[name]()
            continue
        suite = SUITES[name]
        measures = suite.measures
        async for stack in stacks(suite):
            figures.append(_start(name, stack, from_snapshot=not measures))
            for measure in measures:
                print(f"measuring {name}: {measure.__name__}", file=sys.stderr, flush=True)
                figures += await measure(stack)
            measures = []
    return figures


def _start(name: str, stack: RunningStack, *, from_snapshot: bool) -> Figure:
    seconds = stack.ready_after_seconds
    taken = "the whole heap taken first (--pretouch-heap)" if SUITES[name].pretouch_heap else ""
    if stack.log is None:
        return Figure(f"start of the stack until /ready ({name})", seconds, "s", at_most=20, beside=taken)
    if from_snapshot:
        beside = "that log and some more: the snapshot is loaded, what came after it folded"
        return Figure("restart from a snapshot until /ready", seconds, "s", beside=beside)
    beside = (
        taken or f"{stack.log.events / seconds:,.0f} events/s: all views are folded before the first event is taken"
    )
    return Figure(f"restart over {stack.log.events:,} events in PostgreSQL until /ready", seconds, "s", beside=beside)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    known = [*ALONE, *OF_THEIR_OWN, *SUITES]
    told = f"suites: {', '.join(known)}, all of these by default; {SOAK}; {TURNS}, with suites or without"
    parser.add_argument("names", nargs="*", choices=[*known, SOAK, TURNS, []], help=told)
    parser.add_argument("--against", metavar="COMMIT", help=f"the other side of {TURNS}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of {TURNS} (%(default)s)")
    parser.add_argument("--minutes", type=float, default=SOAK_MINUTES, help=f"of {SOAK}, at least 5 (%(default)g)")
    options = parser.parse_args()
    if options.minutes < 5:
        parser.error("--minutes: at least 5, or nothing can be said of its growth")
    names = options.names or known
    if (TURNS in names) != (options.against is not None):
        parser.error(f"{TURNS} and --against COMMIT go together")
    versions = f"Python {platform.python_version()}, Java {find_java().version}"
    print(f"{platform.machine()}, {os.cpu_count()} processors, {versions}, load {os.getloadavg()[0]:.1f}")
    if TURNS in names:
        suites = [each for each in names if each in regression.SUITES] or regression.SUITES
        figures = regression.figures(options.against, suites, options.rounds)
    else:
        figures = asyncio.run(run(names, minutes=options.minutes))
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
