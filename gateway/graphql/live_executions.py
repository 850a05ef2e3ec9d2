"""One execution of a live query, and all who take part in it: who comes later gets a result at once, too."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

from hazelgate.client.following.inbox import Gap
from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.shared_executions import Message, SharedExecution, Subscriber, portions
from hazelgate.subscriptions.live import Round

_ERROR_ID = re.compile(rb'"errorId":"[0-9a-f]*"')


class LiveExecution(SharedExecution):
    """
    One execution of a live query.

    Each subscriber's first result was read after it has come. It gets another one when that is not the same, and of
    those that it is too slow for the newest alone.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._round: Round | None = None
        self._latest: Message | None = None
        self._got: dict[Subscriber, Message | float] = {}
        """What each has got last; of who has got nothing yet, when it has come, by the event loop's clock."""

    def join(self, subscriber: Subscriber) -> None:
        """Take part from now on."""
        self._got[subscriber] = asyncio.get_running_loop().time()
        super().join(subscriber)
        if self._round is not None:
            self._round.again()

    def leave(self, subscriber: Subscriber) -> None:
        """Take part no more. A second call does nothing."""
        self._got.pop(subscriber, None)
        super().leave(subscriber)

    async def told_of(self, gap: Gap) -> Message:
        """What a subscriber gets in place of the results that it has missed: the newest."""
        return await super().told_of(gap) if self._latest is None else self._latest

    async def _push_all(self, answers: AsyncIterator[Answer]) -> Answer | None:
        """One by one: what comes next hangs on who has got the last one."""
        async for answer in answers:
            if not answer.executed:
                return answer
            await self._push_one(Message(answer))
            await asyncio.sleep(0)
        return None

    async def _push_one(self, message: Message) -> None:
        run = self._round = message.round
        assert run is not None, "it is a live query's"
        if self._latest is not None and _same(self._latest, message):
            message = self._latest
        self._latest = message
        is_awaited = is_owed = False
        async for some in portions(list(self._got.items())):
            for subscriber, got in some:
                if got is message or subscriber not in self._got:  # it has left meanwhile
                    continue
                if isinstance(got, float) and got > run.started:
                    is_awaited = True
                    continue
                if run.is_early and isinstance(got, Message):
                    is_owed = True
                    continue
                self._got[subscriber] = message
                subscriber.push(message)
        if is_owed:
            run.owe()
        if is_awaited:  # by those who have come while it ran
            run.again()


def _same(one: Message, other: Message) -> bool:
    """Whether two results show the same. The id of an unexpected error differs each time."""
    if one.body == other.body:
        return True
    if one.failed is None or other.failed is None:
        return False
    return _ERROR_ID.sub(b"", one.body) == _ERROR_ID.sub(b"", other.body)
