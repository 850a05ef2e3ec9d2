"""Time that passes only while nothing happens: a test of time limits takes no time, and is the same on any machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from selectors import BaseSelector, SelectorKey
from typing import Any


class _IdleTime:
    """
    The clock of an event loop, which can be taken off the real one.

    Then a loop that would sleep until its next timer goes there at once. What runs, however slowly, takes no time.
    """

    def __init__(self, selector: BaseSelector) -> None:
        self._select = selector.select
        self._ahead_seconds = 0.0
        self._now: float | None = None

    def time(self) -> float:
        return time.monotonic() + self._ahead_seconds if self._now is None else self._now

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        if self._now is None or timeout is None or timeout <= 0:
            return self._select(timeout)
        events = self._select(0)
        if not events:
            self._now += timeout
        return events

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other time passes while the block lasts. Afterwards time goes on from there: it never goes back."""
        self._now = self.time()
        try:
            yield
        finally:
            self._ahead_seconds = self._now - time.monotonic()
            self._now = None


@contextmanager
def idle_time(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """In a loop for which neither threads nor sockets work."""
    patched: Any = loop
    if not hasattr(patched, "idle_time"):
        patched.idle_time = _IdleTime(patched._selector)
        patched._selector.select = patched.idle_time.select
        patched.time = patched.idle_time.time
    with patched.idle_time.alone():
        yield
