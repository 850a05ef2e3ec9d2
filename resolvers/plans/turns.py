"""How the long lists of one operation share the process with all others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from time import perf_counter
from typing import Any

_AT_ONCE_SECONDS = 0.003
"""How long one operation keeps the process from all others, about."""


class Turns:
    """The turns of one operation: all its lists share them, and one of them goes on in each."""

    def __init__(self) -> None:
        self._next: asyncio.Future[None] | None = None
        """The turn that long lists wait for, once theirs has ended."""
        self._is_free = False
        self._ends = 0.0

    async def items(self, items: Sequence[Any]) -> AsyncIterator[Any]:
        """The items of a list, with pauses between them."""
        for item in items:
            while perf_counter() > self._ends:
                if self._next is None:
                    loop = asyncio.get_running_loop()
                    self._next = loop.create_future()
                    loop.call_soon(self._begin, self._next)
                await asyncio.shield(self._next)  # a list that is given up takes it from no other
                if self._is_free:
                    self._is_free = False
                    self._ends = perf_counter() + _AT_ONCE_SECONDS
            yield item

    def _begin(self, turn: asyncio.Future[None]) -> None:
        self._next, self._is_free = None, True
        if not turn.done():
            turn.set_result(None)
