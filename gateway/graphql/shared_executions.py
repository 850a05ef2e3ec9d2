"""One execution of a subscription, and all who take part in it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Protocol, TypeVar

from hazelgate.client.following.inbox import Gap
from hazelgate.gateway.graphql.answers import Answer, fault
from hazelgate.gateway.graphql.documents import Document
from hazelgate.gateway.graphql.execution import Execution, GraphQLRequest
from hazelgate.schema.events.streams import Place
from hazelgate.subscriptions.streams import discontinuity

T = TypeVar("T")

_AT_ONCE = 16
"""Sockets that are written to in one turn of the event loop: a fifth of a millisecond's work."""


class Message:
    """
    One result on its way to all subscribers of an execution.

    `frames` is the transport's: what it sends of the result, by the operation's id. Clients count their operations from
    one or the like, so most subscribers get the same bytes.
    """

    __slots__ = ("body", "failed", "frames", "place", "round")

    def __init__(self, answer: Answer) -> None:
        self.body = answer.encode()
        self.failed = answer if "errors" in answer.body else None
        """The answer, where it has errors."""
        self.place: Place | None = answer.place
        self.round = answer.round
        self.frames: dict[str, bytes] = {}


async def portions(all_: list[T]) -> AsyncIterator[list[T]]:
    """
    All of them, some at once; everything else has its turn between these.

    A result for ten thousand sockets takes a fifth of a second to write. Nobody else is to wait that long.
    """
    for first in range(0, len(all_), _AT_ONCE):
        if first:
            await asyncio.sleep(0)
        yield all_[first : first + _AT_ONCE]


class Subscriber(Protocol):
    """Who takes part in an execution. Neither method may wait: a slow one holds nobody up."""

    def push(self, message: Message) -> None:
        """Take the next result."""

    def end(self, refused: Answer | None) -> None:
        """There is no more; with the answer that says why, where it did not end as it should."""


class SharedExecution:
    """
    One execution of a subscription, and who takes part in it. It begins with the first and ends with the last.

    Args:
        heard: How many events this process has heard so far.
        left: Called when nobody may join any more.
        ended: Called when it has left the feed.
    """

    def __init__(
        self,
        execution: Execution,
        document: Document,
        request: GraphQLRequest,
        *,
        heard: Callable[[], int],
        left: Callable[[SharedExecution], None],
        ended: Callable[[SharedExecution], None],
    ) -> None:
        self._execution = execution
        self._document = document
        self._request = request
        self._heard = heard
        self._left = left
        self._told_ended = ended
        self._subscribers: dict[Subscriber, int] = {}
        """Each with the number of the last event that was heard before it came."""
        self._running: asyncio.Task[None] | None = None

    @property
    def subscriber_count(self) -> int:
        return len(self._subscribers)

    def join(self, subscriber: Subscriber) -> None:
        """Take part from the next event on."""
        self._subscribers[subscriber] = self._heard()
        if self._running is None:
            self._running = asyncio.create_task(self._run())
            self._running.add_done_callback(lambda _: self._told_ended(self))

    def leave(self, subscriber: Subscriber) -> None:
        """Take part no more. A second call does nothing."""
        if self._subscribers.pop(subscriber, None) is None or self._subscribers or self._running is None:
            return
        self._left(self)
        self._running.cancel()

    async def close(self) -> None:
        """End it, whoever takes part, and wait for its end."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def told_of(self, gap: Gap) -> Message:
        """What a subscriber gets in place of the results that it has missed."""
        answer = await self._execution.answer_to(self._document, self._request, discontinuity(gap))
        return Message(answer)

    async def _run(self) -> None:
        refused: Answer | None = None
        try:
            refused = await self._operate()
        except Exception as error:
            refused = fault(error)
        finally:
            self._left(self)
        subscribers, self._subscribers = self._subscribers, {}
        for subscriber in subscribers:
            subscriber.end(refused)

    async def _operate(self) -> Answer | None:
        """Push results as long as there are any; return the answer that ends it, None when all went its way."""
        answers = await self._execution.subscribe(self._document, self._request)
        if isinstance(answers, Answer):
            return answers
        async with contextlib.aclosing(answers):  # type: ignore[type-var]  # an async generator
            async for answer in answers:
                if not answer.executed:
                    return answer
                await self._push(Message(answer))
                # Everything that waits in an inbox is taken without a pause: the others need their turns, too.
                await asyncio.sleep(0)
        return None

    async def _push(self, message: Message) -> None:
        number = message.place.number if message.place is not None else None
        async for some in portions(list(self._subscribers.items())):
            for subscriber, joined in some:
                # Who has left meanwhile gets nothing more.
                if (number is None or number > joined) and subscriber in self._subscribers:
                    subscriber.push(message)
