"""The longest that a write waits: while views are built again, a projector is replaced, and a member is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from benchmarks import shop
from benchmarks.figures import Figure
from benchmarks.racks import CellFilled, RackNoted
from benchmarks.rebuilding import rebuild_all
from benchmarks.stack import RunningStack, connected, event_handler, running_stack
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.replacement import Replacement
from hazelgate.client.submitting.handler import EventHandler, SubmitOptions
from hazelgate.operations.ports import LOOPBACK, free_ports
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.errors import HazelgateError
from hazelgate.sourcing.ids import new_id

DOMAIN = "benchmarks.racks"
_WRITERS = 8
_AGAIN_SECONDS, _STEP_SECONDS = 0.02, 60.0
_EVENTS, _EVENT_BYTES, _CELLS = 200_000, 3_000, 20_000
_ENTRIES, _ENTRY_BYTES = 50_000, 40_000
_MEMBERS, _MEMBER_HEAP = 3, "3g"
_QUIET_SECONDS, _AFTER_SECONDS = 20.0, 60.0
_REPLACED = 3
_BATCH = 10_000


@dataclass
class Waits:
    """How long each write has waited until it was in its views, in seconds."""

    seconds: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        return max(self.seconds)


async def figures() -> list[Figure]:
    """All three: the first two on one member, the third on three."""
    return [*await _on_one_member(), *await _on_three()]


async def _on_one_member() -> list[Figure]:
    async with (
        running_stack(heap="4g", domain=DOMAIN) as stack,
        connected(stack, deadline_seconds=_STEP_SECONDS) as cluster,
    ):
        await _fill(stack, _EVENTS, cells=_CELLS, text_bytes=_EVENT_BYTES, entry_bytes=100)
        await rebuild_all(cluster)  # by then the code has run before
        async with _writing(stack) as quiet:
            await asyncio.sleep(_QUIET_SECONDS)
        async with _writing(stack) as rebuilding:
            events, seconds = await rebuild_all(cluster)
        async with _projectors(_REPLACED) as addresses, _writing(stack) as replacing:
            for address in addresses:
                await _replace(cluster, address)
    beside = f"in {_QUIET_SECONDS:.0f} s without anything: {quiet.longest:.2f} s"
    return [
        Figure(
            f"longest wait of a write, rebuild over {_EVENTS:,} events of 3 KB",
            rebuilding.longest,
            "s",
            at_most=1,
            beside=f"{len(rebuilding.seconds):,} writes beside {events:,} events in {seconds:.0f} s; {beside}",
        ),
        Figure(
            f"longest wait of a write, projector replaced {_REPLACED} times",
            replacing.longest,
            "s",
            at_most=3,
            beside=f"{len(replacing.seconds):,} writes",
        ),
    ]


async def _on_three() -> list[Figure]:
    async with running_stack(heap=_MEMBER_HEAP, members=_MEMBERS, domain=DOMAIN) as stack:
        await _fill(stack, _ENTRIES, cells=_ENTRIES, text_bytes=10, entry_bytes=_ENTRY_BYTES)
        async with _writing(stack) as quiet:
            await asyncio.sleep(_QUIET_SECONDS)
        async with _writing(stack) as killed:
            # The stack starts it again: it joins, and gets its share, while writes go on.
            os.kill(stack.all_pids("member")[-1], signal.SIGKILL)
            await asyncio.sleep(_AFTER_SECONDS)
    return [
        Figure(
            f"longest wait of a write, one of {_MEMBERS} members killed",
            killed.longest,
            "s",
            beside=f"with {_ENTRIES * _ENTRY_BYTES / 1e9:.1f} GB of entries on each; {len(killed.seconds):,} writes in "
            f"{_AFTER_SECONDS:.0f} s, while it comes back, too; before: {quiet.longest:.2f} s",
        )
    ]


async def _fill(stack: RunningStack, count: int, *, cells: int, text_bytes: int, entry_bytes: int) -> None:
    """So many events, spread over so many entries."""
    print(f"filling {count:,} events", file=sys.stderr, flush=True)
    racks, ids = [new_id() for _ in range(1_000)], [new_id() for _ in range(cells)]
    chance = random.Random(9)
    async with event_handler(stack, domain=DOMAIN) as handler:
        for begin in range(0, count, _BATCH):
            events = [
                CellFilled(
                    rack_id=chance.choice(racks),
                    cell_id=ids[number % cells],
                    text="x" * text_bytes,
                    length=entry_bytes,
                )
                for number in range(begin, min(count, begin + _BATCH))
            ]
            await shop.submit_all(handler, events)


@contextlib.asynccontextmanager
async def _writing(stack: RunningStack) -> AsyncIterator[Waits]:
    """Writers that each write one event after the other, as long as the block lasts."""
    waits, ended = Waits(), asyncio.Event()
    async with event_handler(stack, domain=DOMAIN) as handler:
        writers = [asyncio.create_task(_write(handler, waits, ended)) for _ in range(_WRITERS)]
        try:
            yield waits
        finally:
            ended.set()
            await asyncio.gather(*writers)


async def _write(handler: EventHandler, waits: Waits, ended: asyncio.Event) -> None:
    while not ended.is_set():
        rack = new_id()
        event: Event = RackNoted(rack_id=rack, text="written meanwhile")
        options = SubmitOptions(event_id=new_id(), timeout_seconds=5.0)
        started = time.perf_counter()
        while True:
            try:
                await handler.handle_event(event, options)
                break
            except HazelgateError:  # the same id is safe to send again
                if time.perf_counter() - started > _STEP_SECONDS:
                    raise
                await asyncio.sleep(_AGAIN_SECONDS)
        waits.seconds.append(time.perf_counter() - started)


@contextlib.asynccontextmanager
async def _projectors(count: int) -> AsyncIterator[list[str]]:
    """So many more projectors; where they are. They end with the block."""
    ports = free_ports(count)
    command = [sys.executable, "-m", "hazelgate.operations.cli", "projector", "--domain", DOMAIN]
    processes = [await asyncio.create_subprocess_exec(*command, "--port", str(port)) for port in ports]
    try:
        yield [f"{LOOPBACK}:{port}" for port in ports]
    finally:
        for process in processes:
            process.terminate()
            await process.wait()


async def _replace(cluster: HazelcastCluster, address: str) -> None:
    """As `hazelgate pipeline replace` does; again while the new projector does not answer yet."""
    deadline = time.perf_counter() + _STEP_SECONDS
    while True:
        try:
            await Replacement(cluster, _STEP_SECONDS, lambda line: None).replace(None, (address,))
            return
        except HazelgateError as error:
            if "nothing was changed" not in str(error) or time.perf_counter() > deadline:
                raise
            await asyncio.sleep(_AGAIN_SECONDS)
