"""
Gathers what many coroutines ask for at about the same time into one call to a member.

A call costs a gateway a few hundred microseconds of CPU, whatever is in it. So what is asked for within one tick of
the event loop goes together, and while `max_calls` calls are under way, what arrives meanwhile goes with the next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from hazelgate.client.cluster import Admission
from hazelgate.sourcing.errors import PipelineUnavailable

Answer = TypeVar("Answer")
Envelopes = Sequence[tuple[str, bytes]]
Keys = Sequence[str]
Entries = list[bytes | None]

MAX_EVENTS_PER_CALL = 1_000


class Ask(Protocol[Answer]):
    """Something asked for, and the future of its answer."""

    future: asyncio.Future[Answer]


AnyAsk = TypeVar("AnyAsk", bound="Ask[object]")


class _Gathering(Generic[AnyAsk]):
    """What has been asked for and is not yet under way; subclasses say what may go together and how it is sent."""

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


class ReadGathering(_Gathering[_Read]):
    """Reads of several maps as one task; a key that several ask for is fetched once."""

    def __init__(
        self, send: Callable[[list[tuple[str, list[str]]]], Awaitable[list[Entries]]], *, max_calls: int = 2
    ) -> None:
        super().__init__(max_calls)
        self._fetch = send

    async def read(self, map_name: str, keys: Keys) -> Entries:
        """The entries in the order of the keys."""
        if not keys:
            return []
        read = _Read(map_name, keys, asyncio.get_running_loop().create_future())
        self._add(read)
        return await read.future

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


class _Submission:
    __slots__ = ("aggregates", "events", "future")

    def __init__(self, events: Envelopes, future: asyncio.Future[Sequence[Admission]]) -> None:
        self.events = events
        self.aggregates = {key.partition("@")[2] for key, _ in events}
        self.future = future


class SubmitGathering(_Gathering[_Submission]):
    """
    Submissions as one task, in order.

    Members run tasks side by side, so two calls may overtake one another: an event waits while a call with the same
    aggregate is under way, and so does everything of that aggregate behind it.
    """

    def __init__(self, send: Callable[[Envelopes], Awaitable[Sequence[Admission]]], *, max_calls: int = 2) -> None:
        super().__init__(max_calls)
        self._put = send
        self._busy: set[str] = set()

    async def submit(self, events: Envelopes) -> Sequence[Admission]:
        """What became of each event, in order."""
        if len(events) <= MAX_EVENTS_PER_CALL:
            return await self._submit(events) if events else []
        chunks = [events[at : at + MAX_EVENTS_PER_CALL] for at in range(0, len(events), MAX_EVENTS_PER_CALL)]
        answers = await asyncio.gather(*map(self._submit, chunks))
        return [taken for answer in answers for taken in answer]

    def _submit(self, events: Envelopes) -> asyncio.Future[Sequence[Admission]]:
        submission = _Submission(events, asyncio.get_running_loop().create_future())
        self._add(submission)
        return submission.future

    def _take(self) -> list[_Submission]:
        taken: list[_Submission] = []
        left: deque[_Submission] = deque()
        blocked = set(self._busy)
        room = MAX_EVENTS_PER_CALL
        for submission in self._waiting:
            if submission.future.done():
                continue
            if blocked.isdisjoint(submission.aggregates) and len(submission.events) <= room:
                taken.append(submission)
                room -= len(submission.events)
            else:
                left.append(submission)
                blocked |= submission.aggregates
        self._waiting = left
        for submission in taken:
            self._busy |= submission.aggregates
        return taken

    async def _send(self, asks: list[_Submission]) -> None:
        try:
            answer = await self._put([event for ask in asks for event in ask.events])
        finally:
            for ask in asks:
                self._busy -= ask.aggregates
        at = 0
        for ask in asks:
            until = at + len(ask.events)
            if not ask.future.done():
                ask.future.set_result(answer[at:until])
            at = until
