"""Servers that answer the same load in turns, so that a machine that is slow for a while is slow for all of them."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import msgspec

from benchmarks.generator import Job, Made
from benchmarks.stack import cpu_seconds_of, with_descendants


@dataclass(frozen=True)
class Server:
    """One that takes part."""

    name: str
    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """What it has used, with its worker processes."""
        return with_descendants(cpu_seconds_of, self.pid)


@dataclass
class Turns:
    """What each server made of one load, round by round."""

    made: dict[str, list[Made]] = field(default_factory=dict)
    cpu_ms: dict[str, list[float]] = field(default_factory=dict)
    """Of the server for one answer."""

    def add(self, name: str, made: Made, cpu_seconds: float) -> None:
        self.made.setdefault(name, []).append(made)
        self.cpu_ms.setdefault(name, []).append(cpu_seconds * 1_000 / max(made.answers, 1))

    def per_second(self, name: str) -> float:
        return median(each.per_second for each in self.made[name])

    def cpu(self, name: str) -> float:
        """Milliseconds of the server's processor time for one answer."""
        return median(self.cpu_ms[name])

    def times(self, name: str, other: str) -> float:
        """How many requests a second the one answers for one of the other: the median of the rounds."""
        return median(
            one.per_second / another.per_second for one, another in zip(self.made[name], self.made[other], strict=True)
        )

    def times_by_cpu(self, name: str, other: str) -> float:
        """The same for a second of the server's processor time."""
        return median(another / one for one, another in zip(self.cpu_ms[name], self.cpu_ms[other], strict=True))

    def generator_share(self, name: str) -> float:
        """Which part of a processor the load generator took."""
        return median(each.cpu_seconds / each.seconds for each in self.made[name])


class Generator:
    """The process that sends the load."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout

    async def run(self, job: Job) -> Made:
        """
        Do a job.

        Raises:
            RuntimeError: An answer was not as expected.
        """
        self._stdin.write(msgspec.json.encode(job) + b"\n")
        made = msgspec.json.decode(await self._stdout.readline(), type=Made)
        if made.wrong is not None:
            raise RuntimeError(f"{job.url} answered otherwise than expected: {made.wrong}")
        return made


@contextlib.asynccontextmanager
async def running_generator() -> AsyncIterator[Generator]:
    """A generator; it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.generator"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**20,
    )
    try:
        yield Generator(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def in_turns(
    generator: Generator,
    servers: Sequence[Server],
    bodies: Mapping[str, Sequence[str]] | Sequence[str],
    *,
    connections: int,
    rounds: int,
    seconds: float,
    warm_up_seconds: float,
    expect: str = '"data"',
) -> Turns:
    """
    Have them answer the same load, one after the other, round by round.

    Args:
        bodies: The requests of each server, by its name; or those of all.
        seconds: How long each has in each round.
        warm_up_seconds: How long each has before the first.
    """
    of = bodies if isinstance(bodies, Mapping) else {each.name: bodies for each in servers}
    jobs = {each.name: Job(each.url, list(of[each.name]), connections, warm_up_seconds, expect) for each in servers}
    for each in servers:
        await generator.run(jobs[each.name])
        jobs[each.name].seconds = seconds
    turns = Turns()
    for number in range(rounds):
        # In the other order each second time: nobody always comes behind the same one.
        for each in servers if number % 2 == 0 else reversed(servers):
            before = each.cpu_seconds()
            made = await generator.run(jobs[each.name])
            turns.add(each.name, made, each.cpu_seconds() - before)
    return turns
