"""`python -m benchmarks [NAME…]`: measure, and print each figure beside its aim."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Awaitable, Callable

from benchmarks import growth, rebuilding, writes
from benchmarks.figures import Figure, table
from benchmarks.stack import RunningStack, running_stack

Measure = Callable[[RunningStack], Awaitable[list[Figure]]]

#: Name, what is measured on one fresh stack, and the member's heap.
SUITES: dict[str, tuple[list[Measure], str]] = {
    "latency": ([writes.one_at_a_time, writes.orders], "2g"),
    "bulk": ([writes.bulk], "4g"),
    "rebuild": ([rebuilding.speed_and_manners], "4g"),
    "growth": ([growth.cost_and_heap], "10g"),
}


async def run(names: list[str]) -> list[Figure]:
    """All figures of the suites named."""
    figures: list[Figure] = []
    for name in names:
        measures, heap = SUITES[name]
        async with running_stack(heap=heap) as stack:
            figures.append(
                Figure(f"start of the stack until /ready ({name})", stack.ready_after_seconds, "s", at_most=20)
            )
            for measure in measures:
                print(f"measuring {name}: {measure.__name__}", file=sys.stderr, flush=True)
                figures += await measure(stack)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SUITES, []], help=f"suites: {', '.join(SUITES)}; all by default")
    names = parser.parse_args().names or list(SUITES)
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    print(f"{machine}, load {os.getloadavg()[0]:.1f}")
    figures = asyncio.run(run(names))
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
