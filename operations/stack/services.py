"""
Keeps the processes of a one-command stack running: starts them, forwards what they print, starts them anew when they
end, and ends them all.

Each child is the head of a process group of its own, so that a Ctrl-C in the terminal reaches this process alone,
which then ends the children in the right order. Only processes that were started here are ever signalled.
"""

import asyncio
import contextlib
import itertools
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from hazelgate.operations.stack import leash
from hazelgate.sourcing.backoff import Backoff

Write = Callable[[str], None]
"""Takes one line, without its line break."""


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """One process to keep running."""

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    """Set in addition to this process's own environment."""
    stop_seconds: float = 3.0
    """How long it may take to end after SIGTERM, before it is killed."""
    inherits: tuple[int, ...] = ()
    """File descriptors that it gets, besides its output."""

    @property
    def kind(self) -> str:
        """The name without its number: `member 2` is a member."""
        return self.name.rstrip("0123456789").rstrip()


class Service:
    """A child that is kept running. A new `spec` counts from its next start on."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.stopping = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


BACKOFF = Backoff(first_seconds=0.5, longest_seconds=10.0)
GOOD_RUN_SECONDS = 30.0
"""A child that ran so long before it ended has not failed because of how it was started."""


def failures_in_a_row(before: int, ran_seconds: float) -> int:
    """How often a child that has just ended has failed in a row, given how often before and how long it ran."""
    return 1 if ran_seconds >= GOOD_RUN_SECONDS else before + 1


class ServiceGroup:
    """An async context: children started within it run until it is left, and none outlives it."""

    def __init__(self, write: Write, *, backoff: Backoff = BACKOFF) -> None:
        self._write = write
        self._backoff = backoff
        self._leash: asyncio.subprocess.Process | None = None
        self._children: list[Service] = []
        self._width = 0

    async def __aenter__(self) -> Self:
        self._leash = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", str(Path(leash.__file__)), stdin=asyncio.subprocess.PIPE, process_group=0
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if self._leash is not None and self._leash.stdin is not None:
            self._leash.stdin.close()
            await self._leash.wait()

    def start(self, *specs: ChildSpec) -> list[Service]:
        """Start children, and keep each of them running from now on."""
        self._width = max(self._width, *(len(spec.name) for spec in specs))
        started = [Service(spec) for spec in specs]
        for service in started:
            service.task = asyncio.create_task(self._keep(service))
            self._children.append(service)
        return started

    async def end(self, service: Service) -> None:
        """End one child before the others. A second time changes nothing."""
        service.stopping.set()
        if service.task is not None:
            await service.task
        if service in self._children:
            self._children.remove(service)

    async def stop(self) -> None:
        """End all children, the one started last first, each before the next. Those of a kind end together."""
        while self._children:
            _, same = next(itertools.groupby(reversed(self._children), lambda service: service.spec.kind))
            await asyncio.gather(*map(self.end, list(same)))

    async def _keep(self, service: Service) -> None:
        loop = asyncio.get_running_loop()
        stopping, failures = service.stopping, 0
        while not stopping.is_set():
            started = loop.time()
            try:
                ending = await self._run(service.spec, stopping)
            except OSError as error:
                ending = f"could not be started: {error}"
            if stopping.is_set():
                return
            failures = failures_in_a_row(failures, loop.time() - started)
            delay = self._backoff.pause_seconds(failures)
            self._say(service.spec, f"{ending}; starting it again in {delay:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), delay)

    async def _run(self, spec: ChildSpec, stopping: asyncio.Event) -> str:
        process = await asyncio.create_subprocess_exec(
            *spec.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **spec.environ},
            process_group=0,
            pass_fds=spec.inherits,
        )
        self._tell_leash(f"+{process.pid}\n")
        assert process.stdout is not None  # a pipe was asked for
        forwarding = asyncio.create_task(self._forward(spec, process.stdout))
        ended = asyncio.create_task(process.wait())
        told = asyncio.create_task(stopping.wait())
        await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not ended.done():
            _signal_group(process.pid, signal.SIGTERM)
            await asyncio.wait({ended}, timeout=spec.stop_seconds)
        _signal_group(process.pid, signal.SIGKILL)  # the child where it would not end, and whatever it started
        status = await ended
        self._tell_leash(f"-{process.pid}\n")
        await asyncio.wait({forwarding}, timeout=1.0)
        forwarding.cancel()
        return f"ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"

    async def _forward(self, spec: ChildSpec, output: asyncio.StreamReader) -> None:
        """Pass on whole lines; a line that never ends is passed on in parts."""
        rest = b""
        while chunk := await output.read(65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > 65_536:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._say(spec, line.decode(errors="replace").rstrip("\r"))
        if rest:
            self._say(spec, rest.decode(errors="replace"))

    def _say(self, spec: ChildSpec, line: str) -> None:
        self._write(f"{spec.name:<{self._width}} | {line}")

    def _tell_leash(self, line: str) -> None:
        if self._leash is not None and self._leash.stdin is not None:
            self._leash.stdin.write(line.encode())


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
