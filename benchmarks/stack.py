"""A `hazelgate dev` of our own, with the process ids of its parts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.history import History
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.sourcing.catalog import Catalog

_CPU_CLOCK_OF_A_PROCESS = 2
"""In the id of a clock of Linux, as `clock_getcpuclockid(3)` makes it of a process's id."""
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_START_TIMEOUT_SECONDS = 90.0
SHOP = "hazelgate.domain"
_RESTORED_PER_SECOND = 1_000.0
"""A slow restart; the start of a stack over a long log may take that long."""


@dataclass
class RunningStack:
    """Where the parts are."""

    url: str
    member: str
    cluster_name: str
    ready_after_seconds: float
    """From the command's start to the line that says ready."""
    pid: int = 0
    """Of the command."""
    pids: dict[str, int] = field(default_factory=dict)
    dsn: str | None = None
    """Where its events are; None: in memory."""
    log: History | None = None
    """What was in PostgreSQL before it started."""

    def all_pids(self, part: str) -> list[int]:
        """Of each member, projector or gateway that runs now."""
        return _all_parts_of(self.pid).get(part, [])

    def cpu_seconds(self, part: str) -> float:
        """What a part (member, projector, gateway) has used since it started, with its worker."""
        return with_descendants(cpu_seconds_of, self.pids[part])


@contextlib.asynccontextmanager
async def running_stack(
    *,
    heap: str = "2g",
    pretouch_heap: bool = False,
    dsn: str | None = None,
    log: History | None = None,
    snapshots: Path | None = None,
    member_property: str | None = None,
    members: int = 1,
    domain: str = SHOP,
) -> AsyncIterator[RunningStack]:
    """
    Start a stack without demo data, wait until it is ready, and end it.

    Args:
        heap: The member's, at most.
        pretouch_heap: Whether the member takes it at the start.
        dsn: The PostgreSQL that it keeps events in; None: in memory.
        log: What is in there already.
        snapshots: The folder that it keeps snapshots in; None: it keeps none.
        member_property: A system property of the member that is to be true.
        members: How many there are, each with a projector.
        domain: What it serves.
    """
    started = time.perf_counter()
    store = [*([] if dsn is None else ["--postgres"]), *([] if snapshots is None else ["--snapshots", str(snapshots)])]
    memory = ["--heap", heap, *(["--pretouch-heap"] if pretouch_heap else [])]
    patience = _START_TIMEOUT_SECONDS + (0 if log is None else log.events / _RESTORED_PER_SECOND)
    options = {} if member_property is None else {"JAVA_TOOL_OPTIONS": f"-D{member_property}=true"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "hazelgate.operations.cli", "dev", "--port", "0", "--no-demo-data", *memory, *store),
        *("--members", str(members), "--domain", domain),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "HAZELGATE_POSTGRES_DSN": dsn or "", **options},
    )
    assert process.stdout is not None
    forwarding: asyncio.Task[None] | None = None
    lines: list[str] = []
    try:
        async with asyncio.timeout(patience):
            while not (lines and "ready after" in lines[-1]):
                line = await process.stdout.readline()
                if not line:
                    raise RuntimeError("the stack did not start:\n" + "\n".join(lines))
                lines.append(line.decode().rstrip())
        stack = _read(lines, time.perf_counter() - started)
        stack.pid, stack.pids = process.pid, _parts_of(process.pid)
        stack.dsn, stack.log = dsn, log
        forwarding = asyncio.create_task(_drain(process.stdout))
        yield stack
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
        if forwarding is not None:  # until then: a stack whose lines nobody reads does not end
            forwarding.cancel()


@contextlib.asynccontextmanager
async def connected(stack: RunningStack, *, deadline_seconds: float = 60.0) -> AsyncIterator[HazelcastCluster]:
    """A client of the stack's member, started and ready."""
    cluster = HazelcastCluster(
        members=[stack.member], cluster_name=stack.cluster_name, deadline_seconds=deadline_seconds
    )
    await cluster.start()
    try:
        await cluster.wait_until_ready(30)
        yield cluster
    finally:
        await cluster.close()


@contextlib.asynccontextmanager
async def event_handler(stack: RunningStack, *, domain: str = SHOP) -> AsyncIterator[EventHandler]:
    """A gateway's way into the stack's pipeline, in this process."""
    async with connected(stack, deadline_seconds=30) as cluster:
        handler = EventHandler(Catalog.load(domain), cluster, source="benchmark")
        try:
            await handler.start()
            yield handler
        finally:
            await handler.close()


def _read(lines: list[str], seconds: float) -> RunningStack:
    text = "\n".join(lines)
    member = re.search(r"^member(?:[ -]?1)?\s+(\S+) \(cluster ([^,]+),", text, re.MULTILINE)
    url = re.search(r"^gateway\s+(\S+)$", text, re.MULTILINE)
    if member is None or url is None:
        raise RuntimeError("the stack did not say where its parts are:\n" + text)
    return RunningStack(url[1], member[1], member[2], seconds)


def _parts_of(pid: int) -> dict[str, int]:
    """The parts among a process's descendants, by what their command lines say."""
    return {part: pids[-1] for part, pids in _all_parts_of(pid).items()}


def _all_parts_of(pid: int) -> dict[str, list[int]]:
    marks = {"engine.jar": "member", "projector": "projector", "serve": "gateway"}
    parts: dict[str, list[int]] = {}
    for child in descendants(pid):
        try:
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
        except FileNotFoundError:  # it has ended
            continue
        for mark, part in marks.items():
            if any(word == mark or word.endswith("/" + mark) for word in words):
                parts.setdefault(part, []).append(child)
    return parts


def cpu_seconds_of(pid: int) -> float:
    """
    What a process, without its children, has used since it started.

    `/proc` counts in hundredths of a second. Over 2,000 requests that is 5 µs of each.
    """
    return time.clock_gettime((~pid << 3) | _CPU_CLOCK_OF_A_PROCESS)


def resident_bytes_of(pid: int) -> int:
    """What a process has of the machine's memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


def with_descendants(measure: Callable[[int], float], pid: int) -> float:
    """What is measured of a process, with all that it has started. Of those, one that has just ended counts no more."""
    found = measure(pid)
    for child in descendants(pid):
        with contextlib.suppress(OSError):
            found += measure(child)
    return found


def descendants(pid: int) -> list[int]:
    """The processes that it has started, and those that they have."""
    children: list[int] = []
    with contextlib.suppress(FileNotFoundError):  # it has ended
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread has
                children += map(int, (thread / "children").read_text().split())
    return [*children, *(deeper for child in children for deeper in descendants(child))]


async def _drain(output: asyncio.StreamReader) -> None:
    while line := await output.readline():
        if any(mark in line for mark in (b"WARN", b"ERROR", b"SEVERE", b"starting it again")):
            print(line.decode().rstrip(), file=sys.stderr)
