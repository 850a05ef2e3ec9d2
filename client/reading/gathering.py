"""
Gathers what many coroutines ask for at about the same time into one call: the pattern that is known as DataLoader.

A call to a member costs a gateway a few hundred microseconds of CPU, whatever is in it. So everything that is asked for
within one tick of the event loop goes together. While `max_calls` calls are under way, what arrives goes with the next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from hazelgate.sourcing.errors import PipelineUnavailable

Answer = TypeVar("Answer")
Keys = Sequence[str]
Entries = list[bytes | None]
Fetch = Callable[[list[tuple[str, list[str]]]], Awaitable[list[Entries]]]


class Ask(Protocol[Answer]):
    """Something asked for, and the future of its answer."""

    future: asyncio.Future[Answer]


AnyAsk = TypeVar("AnyAsk", bound="Ask[object]")


class Gathering(Generic[AnyAsk]):
    """
    What has been asked for and is not yet under way; subclasses say what may go together and how it is sent.

    Args:
        max_calls: How many calls may be under way at once; None for no bound.
    """

    def __init__(self, max_calls: int | None) -> None:
        self._max_calls = max_calls
        self._waiting: deque[AnyAsk] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._due = False

    def _add(self, ask: AnyAsk) -> None:
        self._waiting.append(ask)
        self._schedule()

    def _schedule(self) -> None:
        if not self._due and self._waiting and (self._max_calls is None or len(self._calls) < self._max_calls):
            self._due = True
            asyncio.get_running_loop().call_soon(self._go)

    def _go(self) -> None:
        self._due = False
        asks = self._take()
        if asks:
            call = asyncio.create_task(self._run(asks))
            self._calls.add(call)
            call.add_done_callback(self._ended)

    async def _run(self, asks: list[AnyAsk]) -> None:
        try:
            await self._send(asks)
        except asyncio.CancelledError:
            _fail(asks, PipelineUnavailable("the connection to the cluster was closed"))
        except Exception as error:
            _fail(asks, error)

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._schedule()

    def close(self) -> None:
        """Give up what is under way and what waits for it."""
        _fail(self._waiting, PipelineUnavailable("the connection to the cluster was closed"))
        self._waiting.clear()
        for call in self._calls:
            call.cancel()

    def _take(self) -> list[AnyAsk]:
        raise NotImplementedError

    async def _send(self, asks: list[AnyAsk]) -> None:
        raise NotImplementedError


def _fail(asks: Iterable[AnyAsk], error: Exception) -> None:
    for ask in asks:
        if not ask.future.done():
            ask.future.set_exception(error)


class _Read:
    __slots__ = ("future", "keys", "map_name")

    def __init__(self, map_name: str, keys: Keys, future: asyncio.Future[Entries]) -> None:
        self.map_name = map_name
        self.keys = keys
        self.future = future


class ReadGathering(Gathering[_Read]):
    """
    Reads of several maps as one call; a key that several ask for is fetched once.

    Args:
        fetch: Makes the call: given maps with their keys, it returns the entries of each map in the order of its keys.
        max_calls: As for every `Gathering`.
    """

    def __init__(self, fetch: Fetch, *, max_calls: int | None = 2) -> None:
        super().__init__(max_calls)
        self._fetch = fetch

    async def read(self, map_name: str, keys: Keys) -> Entries:
        """The entries in the order of the keys, None where there is none."""
        return await self.ask(map_name, keys)

    def ask(self, map_name: str, keys: Keys) -> asyncio.Future[Entries]:
        """The same, for a caller who keeps the future: it may be awaited several times."""
        read = _Read(map_name, keys, asyncio.get_running_loop().create_future())
        if keys:
            self._add(read)
        else:
            read.future.set_result([])
        return read.future

    def _take(self) -> list[_Read]:
        reads = [read for read in self._waiting if not read.future.done()]
        self._waiting.clear()
        return reads

    async def _send(self, asks: list[_Read]) -> None:
        wanted: dict[str, dict[str, None]] = {}
        for ask in asks:
            wanted.setdefault(ask.map_name, {}).update(dict.fromkeys(ask.keys))
        requests = [(map_name, list(keys)) for map_name, keys in wanted.items()]
        answers = await self._fetch(requests)
        found = {
            map_name: dict(zip(keys, group, strict=True))
            for (map_name, keys), group in zip(requests, answers, strict=True)
        }
        for ask in asks:
            if not ask.future.done():
                entries = found[ask.map_name]
                ask.future.set_result([entries[key] for key in ask.keys])
