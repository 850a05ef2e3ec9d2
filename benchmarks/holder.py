"""
A process that holds many sockets, so that the process which measures has a processor's attention for itself.

`python -m benchmarks.holder URL ADDRESS…` takes an `Order` as a line of JSON on stdin, and answers it by a `Held` on
stdout. It runs at a low priority: in truth its sockets are on other machines.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sys
from collections.abc import AsyncIterator, Sequence

import msgspec
import uvloop

from benchmarks.subscribers import Subscribers

_LOW_PRIORITY = 10
_PATIENCE_SECONDS = 30.0
_ASK_AGAIN_SECONDS = 0.02
_SPARE_FILES = 200


class Order(msgspec.Struct):
    """
    What a holder is to do.

    Args:
        idle: Open so many sockets without a subscription.
        query: Open `subscribed` sockets, each with this subscription.
        results: Wait until so many results have come since the last order, and tell of them.
    """

    idle: int = 0
    query: str = ""
    subscribed: int = 0
    results: int = 0


class Held(msgspec.Struct):
    """
    What came of an order.

    Args:
        results: How many have come.
        last_delay: The longest delay, in milliseconds from the submission of an event.
        p99_delay: The same of all but one in a hundred.
        cpu_seconds: What the holder has used so far.
    """

    results: int
    last_delay: float
    p99_delay: float
    cpu_seconds: float


class Holder:
    """A holder's process, as seen from the one that measures."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout

    async def do(self, order: Order) -> Held:
        """
        Have it done.

        Raises:
            RuntimeError: It could not be done; its own stderr says why.
        """
        self._stdin.write(msgspec.json.encode(order) + b"\n")
        line = await self._stdout.readline()
        if not line:
            raise RuntimeError("a process that holds sockets has ended; its error is above")
        return msgspec.json.decode(line, type=Held)


@contextlib.asynccontextmanager
async def running_holder(url: str, addresses: Sequence[str]) -> AsyncIterator[Holder]:
    """A holder of sockets that come from these addresses; it and they end with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.holder", url, *addresses),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Holder(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def require_files(count: int) -> None:
    """
    Raise the limit of open files of this process, and of those that it starts, as far as the system lets it.

    Raises:
        RuntimeError: It does not let this process open so many.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + _SPARE_FILES
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise RuntimeError(f"a process may open {hard:,} files, and {needed:,} are needed; raise `ulimit -Hn`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _obey(url: str, addresses: Sequence[str]) -> None:
    subscribers = Subscribers(url, read_every=1, addresses=addresses)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        order = msgspec.json.decode(line, type=Order)
        await subscribers.idle(order.idle)
        await subscribers.subscribe(order.query, [{}] * order.subscribed)
        received = subscribers.received
        ends = loop.time() + _PATIENCE_SECONDS
        while received.results < order.results and loop.time() < ends:  # noqa: ASYNC110  # a count
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
        delays = sorted(received.delays) or [0.0]
        held = Held(received.results, delays[-1], delays[int(len(delays) * 0.99)], sum(os.times()[:2]))
        received.results = 0
        received.delays.clear()
        sys.stdout.buffer.write(msgspec.json.encode(held) + b"\n")
        sys.stdout.buffer.flush()
    subscribers.close()


if __name__ == "__main__":
    os.nice(_LOW_PRIORITY)
    uvloop.run(_obey(sys.argv[1], sys.argv[2:]))
