"""
Reads of which the members answer what an operation selects, as finished JSON.

An entry is a few times what most operations show of it. A member copies what is wanted out of the entry's bytes, so
the rest of it is neither sent nor decoded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hazelgate.client.reading.gathering import CHUNKS_AT_ONCE, KEYS_PER_CHUNK, BoundedReads, Keys

Request = tuple[str, Keys, str]
"""A map, keys, and what is selected."""
Fetch = Callable[[list[Request]], Awaitable[list[bytes | None]]]


class _Select:
    """What is selected of some entries of a map."""

    __slots__ = ("future", "keys", "request")

    def __init__(self, map_name: str, keys: Keys, selection: str) -> None:
        self.keys = keys
        self.request = (map_name, keys, selection)
        self.future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()


class SelectGathering(BoundedReads[_Select]):
    """
    Such reads of several maps as one call.

    Args:
        fetch: Makes the call: for each request the list of what is selected, or None where an entry is otherwise.
        max_calls: As for every `Gathering`.
    """

    def __init__(self, fetch: Fetch, *, max_calls: int = 2) -> None:
        super().__init__(max_calls)
        self._fetch = fetch

    async def select(self, map_name: str, keys: Keys, selection: str) -> bytes | None:
        """What is selected of the entries as a JSON list in the order of the keys; None where one is otherwise."""
        parts: list[bytes | None] = []
        step = KEYS_PER_CHUNK * CHUNKS_AT_ONCE
        for first in range(0, len(keys), step):
            starts = range(first, min(first + step, len(keys)), KEYS_PER_CHUNK)
            chunks = [self._chunk(map_name, keys[start : start + KEYS_PER_CHUNK], selection) for start in starts]
            parts += await asyncio.gather(*chunks)
        there = [each for each in parts if each is not None]
        if len(there) < len(parts):
            return None
        return there[0] if len(there) == 1 else b"[" + b",".join(each[1:-1] for each in there) + b"]"

    def _chunk(self, map_name: str, keys: Keys, selection: str) -> asyncio.Future[bytes | None]:
        ask = _Select(map_name, keys, selection)
        self._add(ask)
        return ask.future

    async def _fetch_all(self, asks: list[_Select]) -> None:
        answers = await self._fetch([each.request for each in asks])
        for ask, answer in zip(asks, answers, strict=True):
            if not ask.future.done():
                ask.future.set_result(answer)
