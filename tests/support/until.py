"""Waiting for something to become true, however slow the machine is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 180.0
"""Only a net: when it is over, something hangs. No test passes or fails by how fast its machine is."""

_ASK_AGAIN_SECONDS = 0.01


async def until(is_true: Callable[[], bool], *, timeout_seconds: float = PATIENCE_SECONDS) -> None:
    """Return once it is true."""

    async def ask() -> bool:
        return is_true()

    await eventually(ask, timeout_seconds=timeout_seconds)


async def eventually(ask: Callable[[], Awaitable[T | None]], *, timeout_seconds: float = PATIENCE_SECONDS) -> T:
    """Ask until the answer is truthy, and return it."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        answer = await ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer!r} after {timeout_seconds:g} s")
        await asyncio.sleep(_ASK_AGAIN_SECONDS)


def blocking_until(ask: Callable[[], T | None]) -> T:
    """The same as `eventually` for a test without an event loop."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer!r} after {PATIENCE_SECONDS:g} s")
        time.sleep(_ASK_AGAIN_SECONDS)
    return answer
