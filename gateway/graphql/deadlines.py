"""How long operations may take: each by itself, and all of them once the process is to end."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Protocol

from graphql import OperationType

from hazelgate.sourcing.errors import EventTimedOut

_ON_ITS_WAY = "it may be on its way: send it again with the same eventId"


class Operation(Protocol):
    """One operation that runs."""

    ends: float
    """When its time is up, by the loop's clock."""

    def end(self) -> None:
        """Called once its time is up."""


class _Running:
    """One operation, and when its time is up: `asyncio.timeout` without a timer of its own."""

    __slots__ = ("_all", "_cancellations", "_is_over", "ends", "task")

    def __init__(self, deadlines: Deadlines, ends: float) -> None:
        self._all = deadlines
        self.ends = ends
        self._is_over = False

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None, "an operation runs in a task"
        self.task = task
        self._cancellations = task.cancelling()
        self._all.add(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._all.remove(self)
        is_own = self._is_over and self.task.uncancel() <= self._cancellations
        if is_own and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def end(self) -> None:
        """Cancel what runs: its time is up."""
        self._is_over = True
        self.task.cancel()


class Deadlines:
    """
    The deadline of every operation that runs.

    One timer serves all of them. All have the same time, so they end in the order in which they began: the timer is
    that of the oldest, and is set anew only when it fires.

    Args:
        seconds: How long one may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[Operation, None] = {}
        self._all_end_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def running(self) -> int:
        """How many operations run."""
        return len(self._running)

    def one(self, ends: float | None = None) -> _Running:
        """
        An operation, from the beginning of the block to its end.

        Args:
            ends: When its time is up, where it has begun before.

        Raises:
            TimeoutError: It took too long, or the process ends.
        """
        return _Running(self, self.next_end() if ends is None else ends)

    def next_end(self) -> float:
        """When the time of an operation is up that begins now."""
        ends = asyncio.get_running_loop().time() + self._seconds
        return ends if self._all_end_at is None else min(ends, self._all_end_at)

    def add(self, operation: Operation) -> None:
        """It has begun."""
        self._running[operation] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(operation.ends, self._look)

    def remove(self, operation: Operation) -> None:
        """It has ended."""
        self._running.pop(operation, None)

    def _look(self) -> None:
        """End those whose time is up, and look again when that of the next one is."""
        loop = asyncio.get_running_loop()
        self._timer = None
        now = loop.time()
        while (oldest := next(iter(self._running), None)) is not None:
            if oldest.ends > now:
                self._timer = loop.call_at(oldest.ends, self._look)
                return
            self.remove(oldest)
            oldest.end()

    def end_all(self, seconds: float) -> None:
        """Let none of them run longer than that from now on: the process ends."""
        loop = asyncio.get_running_loop()
        ends = self._all_end_at = loop.time() + seconds
        for each in self._running:
            each.ends = min(each.ends, ends)
        if self._timer is not None:
            self._timer.cancel()
            self._look()

    def error(self, operation: OperationType | None) -> dict[str, object]:
        """What a client is told of an operation that was ended."""
        ending = self._all_end_at is not None
        why = "the gateway ends" if ending else f"the operation took longer than {self._seconds:g} seconds"
        if operation is OperationType.MUTATION:
            return {"message": f"{why}; {_ON_ITS_WAY}", "extensions": {"code": EventTimedOut.code}}
        if ending:
            return {"message": f"{why}; send the operation again", "extensions": {"code": "SHUTTING_DOWN"}}
        return {"message": f"{why}; ask for less at once", "extensions": {"code": "DEADLINE_EXCEEDED"}}
