"""
What a websocket waits with, made as small as can be: there are ten thousand of them, and nearly all wait for nothing.

`asyncio.Queue` and `asyncio.Event` hold five deques for each socket, of 600 bytes each also where they are empty.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Flag:
    """As `asyncio.Event`, without anything that is made before somebody waits."""

    __slots__ = ("_is_set", "_waiting")

    def __init__(self, *, is_set: bool = False) -> None:
        self._is_set = is_set
        self._waiting: list[asyncio.Future[None]] | None = None

    def is_set(self) -> bool:
        """Whether nobody has to wait."""
        return self._is_set

    def set(self) -> None:
        """Let all go on that wait."""
        self._is_set = True
        waiting, self._waiting = self._waiting or (), None
        for each in waiting:
            if not each.done():
                each.set_result(None)

    def clear(self) -> None:
        """Let those wait that come from now on."""
        self._is_set = False

    async def wait(self) -> bool:
        """Until it was set."""
        if not self._is_set:
            mine = asyncio.get_running_loop().create_future()
            if self._waiting is None:
                self._waiting = []
            self._waiting.append(mine)
            await mine
        return True


class Messages(Generic[T]):
    """As `asyncio.Queue` without a bound, and without anything that is made before there is a message."""

    __slots__ = ("_filled", "_items")

    def __init__(self) -> None:
        self._items: deque[T] | None = None
        self._filled = Flag()

    def empty(self) -> bool:
        """Whether there is no message."""
        return not self._items

    def put_nowait(self, item: T) -> None:
        """Add one."""
        if self._items is None:
            self._items = deque()
        self._items.append(item)
        self._filled.set()

    async def get(self) -> T:
        """Take the first, as soon as there is one."""
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        item = self._items.popleft()
        if not self._items:
            self._items = None
        return item
