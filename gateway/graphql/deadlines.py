"""How long operations may take: each by itself, and all of them once the process is to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graphql import OperationType

from hazelgate.sourcing.errors import EventTimedOut

_ON_ITS_WAY = "it may be on its way: send it again with the same eventId"


class Deadlines:
    """
    The deadline of every operation that runs.

    Args:
        seconds: How long one may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: set[asyncio.Timeout] = set()
        self._all_end_at: float | None = None

    @property
    def running(self) -> int:
        """How many operations run."""
        return len(self._running)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """
        An operation, from its beginning to its end.

        Raises:
            TimeoutError: It took too long, or the process ends.
        """
        ends = asyncio.get_running_loop().time() + self._seconds
        if self._all_end_at is not None:
            ends = min(ends, self._all_end_at)
        async with asyncio.timeout_at(ends) as timeout:
            self._running.add(timeout)
            try:
                yield
            finally:
                self._running.discard(timeout)

    def end_all(self, seconds: float) -> None:
        """Let none of them run longer than that from now on: the process ends."""
        ends = self._all_end_at = asyncio.get_running_loop().time() + seconds
        for timeout in self._running:
            when = timeout.when()
            if when is None or when > ends:
                timeout.reschedule(ends)

    def error(self, operation: OperationType | None) -> dict[str, object]:
        """What a client is told of an operation that was ended."""
        ending = self._all_end_at is not None
        why = "the gateway ends" if ending else f"the operation took longer than {self._seconds:g} seconds"
        if operation is OperationType.MUTATION:
            return {"message": f"{why}; {_ON_ITS_WAY}", "extensions": {"code": EventTimedOut.code}}
        if ending:
            return {"message": f"{why}; send the operation again", "extensions": {"code": "SHUTTING_DOWN"}}
        return {"message": f"{why}; ask for less at once", "extensions": {"code": "DEADLINE_EXCEEDED"}}
