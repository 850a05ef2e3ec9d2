"""Gathers the submissions of many coroutines into one call to a member, and keeps the order of each aggregate's."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from hazelgate.client.cluster import Admission
from hazelgate.client.reading.gathering import Gathering

Envelopes = Sequence[tuple[str, bytes]]

MAX_EVENTS_PER_CALL = 1_000


class _Submission:
    __slots__ = ("aggregates", "events", "future")

    def __init__(self, events: Envelopes, future: asyncio.Future[Sequence[Admission]]) -> None:
        self.events = events
        self.aggregates = {key.partition("@")[2] for key, _ in events}
        self.future = future


class SubmitGathering(Gathering[_Submission]):
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
