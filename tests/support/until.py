"""Waiting for something to become true, however slow the machine is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 180.0
"""Only a net: when it is over, something hangs. No test passes or fails by how fast its machine is."""

REST_SECONDS = 0.05
"""So long a writer of a load rests between two calls: there is load all the while, and some of the processor left."""

_FIRST_ASK_AGAIN_SECONDS = 0.01
_LAST_ASK_AGAIN_SECONDS = 0.1


def _pauses() -> Iterator[float]:
    """Between two questions: at first short ones, and not so many where it takes long."""
    seconds = _FIRST_ASK_AGAIN_SECONDS
    while True:
        yield seconds
        seconds = min(seconds * 1.3, _LAST_ASK_AGAIN_SECONDS)


async def until(is_true: Callable[[], bool], *, timeout_seconds: float = PATIENCE_SECONDS) -> None:
    """Return once it is true."""

    async def ask() -> bool:
        return is_true()

    await eventually(ask, timeout_seconds=timeout_seconds)


async def eventually(ask: Callable[[], Awaitable[T | None]], *, timeout_seconds: float = PATIENCE_SECONDS) -> T:
    """Ask until the answer is truthy, and return it."""
    deadline = time.monotonic() + timeout_seconds
    pauses = _pauses()
    while not (answer := await ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer!r} after {timeout_seconds:g} s")
        await asyncio.sleep(next(pauses))
    return answer


def blocking_until(ask: Callable[[], T | None]) -> T:
    """The same as `eventually` for a test without an event loop."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    pauses = _pauses()
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer!r} after {PATIENCE_SECONDS:g} s")
        time.sleep(next(pauses))
    return answer
