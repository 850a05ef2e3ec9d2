"""Waiting for something to become true, for as long as it may take and no longer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(is_true: Callable[[], bool], *, timeout_seconds: float = 10.0) -> None:
    """Return once it is true."""

    async def ask() -> bool:
        return is_true()

    await eventually(ask, timeout_seconds=timeout_seconds)


async def eventually(ask: Callable[[], Awaitable[T | None]], *, timeout_seconds: float = 10.0) -> T:
    """Ask until the answer is truthy, and return it."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        answer = await ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer!r} after {timeout_seconds:g} s")
        await asyncio.sleep(0.01)
