"""
Gathers what many coroutines ask for at about the same time into one call: the pattern that is known as DataLoader.

A call to a member costs a gateway a few hundred microseconds of CPU, whatever is in it. So everything that is asked for
within one tick of the event loop goes together. While `max_calls` calls are under way, what arrives goes with the next.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from hazelgate.sourcing.errors import HazelgateError, PipelineUnavailable

_logger = logging.getLogger(__name__)

Keys = Sequence[str]
Entries = list[bytes | None]
Fetch = Callable[[list[tuple[str, list[str]]]], Awaitable[list[Entries]]]


KEYS_PER_CALL = 1_000
KEYS_PER_CHUNK = 500
"""Who asks for more keys gets them chunk by chunk, so that others who ask for few do not wait for all of them."""
CHUNKS_AT_ONCE = 2


class Told(Protocol):
    """Who is told an answer: a future, or what goes on with the answer at once."""

    def done(self) -> bool:
        """Whether nobody waits any more."""

    def set_result(self, result: Any, /) -> None:
        """Take the answer. Raises nothing."""

    def set_exception(self, error: Exception, /) -> None:
        """Take what went wrong. Raises nothing."""


def tell_later(reading: Coroutine[Any, Any, Entries], told: Told) -> None:
    """Tell the only entry of a read that runs in a task of its own."""

    def ended(task: asyncio.Task[Entries]) -> None:
        if told.done():
            return
        if task.cancelled():
            told.set_exception(PipelineUnavailable("the connection to the cluster was closed"))
        elif (error := task.exception()) is not None:
            told.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))
        else:
            told.set_result(task.result()[0])

    task = asyncio.get_running_loop().create_task(reading)
    _telling.add(task)
    task.add_done_callback(_telling.discard)
    task.add_done_callback(ended)


_telling: set[asyncio.Task[Entries]] = set()
"""Tasks that nobody else holds."""


class Ask(Protocol):
    """Something asked for, and who is told its answer."""

    @property
    def future(self) -> Told:
        """Who is told."""


AnyAsk = TypeVar("AnyAsk", bound=Ask)


class Gathering(Generic[AnyAsk]):
    """
    The requests that are not yet under way. Subclasses say which may go together, and send them.

    Args:
        max_calls: How many calls may be under way at once.
    """

    def __init__(self, max_calls: int) -> None:
        self._max_calls = max_calls
        self._waiting: deque[AnyAsk] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._due = False

    def _add(self, ask: AnyAsk) -> None:
        self._waiting.append(ask)
        self._schedule()

    def _schedule(self) -> None:
        if not self._due and self._waiting and len(self._calls) < self._max_calls:
            self._due = True
            asyncio.get_running_loop().call_soon(self._go)

    def _go(self) -> None:
        self._due = False
        asks = self._take()
        if asks:
            call = asyncio.create_task(self._run(asks))
            self._calls.add(call)
            call.add_done_callback(self._ended)
            self._schedule()

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
    """Some entries of a map."""

    __slots__ = ("future", "keys", "map_name")

    def __init__(self, map_name: str, keys: Keys) -> None:
        self.map_name = map_name
        self.keys = keys
        self.future: asyncio.Future[Entries] = asyncio.get_running_loop().create_future()

    def answer(self, entries: Mapping[str, bytes | None]) -> None:
        self.future.set_result([entries[key] for key in self.keys])


class _ReadOne:
    """One entry of a map."""

    __slots__ = ("future", "keys", "map_name")

    def __init__(self, map_name: str, key: str, told: Told) -> None:
        self.map_name = map_name
        self.keys = (key,)
        self.future = told

    def answer(self, entries: Mapping[str, bytes | None]) -> None:
        self.future.set_result(entries[self.keys[0]])


_AnyRead = _Read | _ReadOne


class ReadAsk(Ask, Protocol):
    """A read of some keys."""

    @property
    def keys(self) -> Keys:
        """Those."""


AnyReadAsk = TypeVar("AnyReadAsk", bound=ReadAsk)


class BoundedReads(Gathering[AnyReadAsk]):
    """
    Reads in calls that have a bounded number of keys.

    Where a member can't answer a call, each of its reads is asked for alone: one that is too big fails by itself.
    Subclasses make the call.
    """

    def _take(self) -> list[AnyReadAsk]:
        taken: list[AnyReadAsk] = []
        room = KEYS_PER_CALL
        while self._waiting and (room >= len(self._waiting[0].keys) or not taken):
            read = self._waiting.popleft()
            if not read.future.done():
                taken.append(read)
                room -= len(read.keys)
        return taken

    async def _send(self, asks: list[AnyReadAsk]) -> None:
        try:
            await self._fetch_all(asks)
        except PipelineUnavailable:
            raise
        except HazelgateError as error:
            if len(asks) == 1:
                raise
            _logger.warning("a member could not answer %d reads at once, they are tried alone: %s", len(asks), error)
            for ask in asks:
                try:
                    await self._fetch_all([ask])
                except HazelgateError as own:
                    _fail([ask], own)

    async def _fetch_all(self, asks: list[AnyReadAsk]) -> None:
        raise NotImplementedError


class ReadGathering(BoundedReads[_AnyRead]):
    """
    Reads of several maps as one call; a key that several ask for is fetched once.

    Whoever asks for many keys has a bounded part of a call.

    Args:
        fetch: Makes the call: given maps with their keys, it returns the entries of each map in the order of its keys.
        max_calls: As for every `Gathering`.
    """

    def __init__(self, fetch: Fetch, *, max_calls: int = 2) -> None:
        super().__init__(max_calls)
        self._fetch = fetch

    async def read(self, map_name: str, keys: Keys) -> Entries:
        """The entries in the order of the keys, None where there is none."""
        if len(keys) <= KEYS_PER_CHUNK:
            return await self._chunk(map_name, keys) if keys else []
        entries: Entries = []
        step = KEYS_PER_CHUNK * CHUNKS_AT_ONCE
        for first in range(0, len(keys), step):
            starts = range(first, min(first + step, len(keys)), KEYS_PER_CHUNK)
            chunks = [self._chunk(map_name, keys[start : start + KEYS_PER_CHUNK]) for start in starts]
            for chunk in await asyncio.gather(*chunks):
                entries += chunk
        return entries

    def _chunk(self, map_name: str, keys: Keys) -> asyncio.Future[Entries]:
        read = _Read(map_name, keys)
        self._add(read)
        return read.future

    def read_one(self, map_name: str, key: str) -> asyncio.Future[bytes | None]:
        """One entry, None where there is none. The future may be awaited several times, or not at all."""
        future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self.tell(map_name, key, future)
        return future

    def tell(self, map_name: str, key: str, told: Told) -> None:
        """Tell an entry, None where there is none."""
        self._add(_ReadOne(map_name, key, told))

    async def _fetch_all(self, asks: list[_AnyRead]) -> None:
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
                ask.answer(found[ask.map_name])
