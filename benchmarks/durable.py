"""A long log in PostgreSQL: entries as they were, what formed them, and all views built again from it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import shop
from benchmarks.figures import Figure, percentile
from benchmarks.growth import first_page_of_history, heap_in_use
from benchmarks.history import DEEP_EVENTS, History
from benchmarks.http_load import load
from benchmarks.rebuilding import PAGE, plain_loop, rebuild_all
from benchmarks.stack import RunningStack, connected
from hazelgate.client.operators.rebuilds import Rebuilds
from hazelgate.operations.postgres.connecting import connect

_ASKED = 300

_AS_OF = "query ($id: ID!, $at: DateTime!) { customer(customerId: $id, asOf: $at) { name email revision { version } } }"


async def past(stack: RunningStack) -> list[Figure]:
    """Customers with 100 events each, at random instants, and the first page of what has formed them."""
    log = _log_of(stack)
    chance = random.Random(5)
    url = f"{stack.url}/graphql"

    def as_of(_: int) -> bytes:
        length = log.last_position - log.first_position
        at = datetime.fromtimestamp((log.first_position + length * chance.uniform(0.3, 1)) / 1e6, UTC)
        return shop.body(_AS_OF, {"id": chance.choice(log.deep), "at": at.isoformat()})

    name, expect = f"asOf on a customer with {DEEP_EVENTS} events", b'"version"'
    await load(url, as_of, connections=1, requests=_ASKED, expect=expect)
    latencies = (await load(url, as_of, connections=1, requests=_ASKED, expect=expect)).latencies
    return [
        Figure(
            f"{name}, in a log of {log.events:,} in PostgreSQL, p50",
            percentile(latencies, 0.5),
            "ms",
            at_most=50,
            beside=f"p99 {percentile(latencies, 0.99):.1f} ms, HTTP",
        ),
        await first_page_of_history(stack, log.deep, "in PostgreSQL", events=log.events),
    ]


async def cold_rebuild(stack: RunningStack) -> list[Figure]:
    """All views from nothing, beside a plain Python loop over the same rows, and what it needs of memory."""
    log = _log_of(stack)
    async with connected(stack) as cluster:
        views = [each.view for each in (await Rebuilds(cluster).report()).views]
        heap, projector = heap_in_use(stack.pids["member"]), _most_memory(stack.pids["projector"])
        events, seconds = await rebuild_all(cluster)
        for view in views:
            await Rebuilds(cluster).drop_previous(view)
        heap_after = heap_in_use(stack.pids["member"])
        grown = _most_memory(stack.pids["projector"]) - projector
    if events != log.events:
        raise RuntimeError(f"{events:,} of {log.events:,} events were folded")
    plain = plain_loop(_pages(stack.dsn or ""))
    figures = [
        Figure(
            f"cold rebuild of all views from {log.events:,} events in PostgreSQL",
            events / seconds,
            "events/s",
            at_least=20_000,
            beside=f"{seconds:.0f} s; a plain Python loop over the same rows: {plain:,.0f} /s",
        ),
        Figure("the projector's memory, more at the most than before it", grown / 2**20, "MiB", at_most=50),
    ]
    if heap is not None and heap_after is not None:
        figures.append(
            Figure(
                "the member's heap, more after it than before",
                (heap_after - heap) / 2**20,
                "MiB",
                at_most=50,
                beside=f"after full collections, {heap / 2**20:,.0f} MiB before; the earlier generation is dropped",
            )
        )
    return figures


def _log_of(stack: RunningStack) -> History:
    if stack.log is None:
        raise RuntimeError("this is measured on a stack that begins with a log")
    return stack.log


def _most_memory(pid: int) -> int:
    """The most bytes that a process ever had in memory."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return 0 if found is None else int(found[1]) * 1024


def _pages(dsn: str) -> Iterator[list[bytes]]:
    with connect(dsn) as connection, connection.cursor("log") as rows:
        rows.itersize = PAGE
        rows.execute(b"SELECT record FROM event_store ORDER BY cursor")
        while page := rows.fetchmany(PAGE):
            yield [record.encode() for (record,) in page]
