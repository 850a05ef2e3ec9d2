"""What waits for one subscriber: never more than so much, and an honest gap instead of the rest."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gap:
    """Events were left out. The stream goes on from `cursor`, a place in the log."""

    cursor: str
    reason: str


class InboxClosed(Exception):
    """Nothing comes any more."""


class Inbox(Generic[T]):
    """
    A bounded queue that a producer never waits for.

    What doesn't fit is left out and a gap put in its place, behind what was there already. Until the gap has been taken
    everything new falls into it, so that the order of what is taken is the order of what was put.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: deque[T] = deque()
        self._gap: Gap | None = None
        self._filled = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T, cursor: str) -> None:
        """Add an item; its cursor is where the gap will end, if it has no room."""
        if self._gap is not None:
            self._gap = Gap(cursor, self._gap.reason)
        elif len(self._items) >= self._size:
            self._gap = Gap(cursor, f"more than {self._size:,} events were waiting for this subscriber")
        else:
            self._items.append(item)
        self._filled.set()

    def interrupt(self, cursor: str, reason: str) -> None:
        """Put a gap behind what is there: something was missed before it got this far."""
        self._gap = Gap(cursor, reason)
        self._filled.set()

    def close(self) -> None:
        """Whoever takes gets what is there, and is told then that nothing comes any more."""
        self._closed = True
        self._filled.set()

    async def take(self) -> T | Gap:
        """
        The next item or gap, as soon as there is one.

        Raises:
            InboxClosed: There is none, and none will come.
        """
        while True:
            if self._items:
                return self._items.popleft()
            if self._gap is not None:
                gap, self._gap = self._gap, None
                return gap
            if self._closed:
                raise InboxClosed
            self._filled.clear()
            await self._filled.wait()
