"""One execution of a subscription, and all who take part in it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from hazelgate.client.following.inbox import Gap
from hazelgate.gateway.graphql.answers import Answer, fault
from hazelgate.gateway.graphql.documents import Document
from hazelgate.gateway.graphql.execution import Execution, GraphQLRequest
from hazelgate.gateway.waiting import Flag
from hazelgate.schema.events.streams import Place
from hazelgate.subscriptions.streams import discontinuity

T = TypeVar("T")

_AT_ONCE = 16
"""Sockets that are written to in one turn of the event loop: a fifth of a millisecond's work."""
_FEW = 64
"""Subscribers. For so few each result is a write of its own."""
_MOST_TOGETHER = 16
"""Results that become one write."""
_MOST_BYTES_TOGETHER = 32_768
_MANY = 2_000
"""Sockets. A result for more of them is written with pauses, where nothing waits behind it."""
_BEFORE_A_PAUSE = 8
"""Turns: about two milliseconds."""
_PAUSE = 2.0
"""Times as long as it was written before."""
_LONGEST_PAUSES_SECONDS = 0.4
"""In all, for one result. The last socket has it within a second."""


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


async def portions(all_: list[T], is_urgent: Callable[[], bool] = lambda: False) -> AsyncIterator[list[T]]:
    """
    All of them, some at once; everything else has its turn between these.

    A result for ten thousand sockets takes a fifth of a second to write. Nobody else is to wait that long. Each write
    wakes a client, and the machine has to serve those, too. So there are pauses where there are very many.

    Args:
        is_urgent: Whether something waits behind them. Then there are no pauses.
    """
    left = _LONGEST_PAUSES_SECONDS if len(all_) > _MANY else 0.0
    began = time.perf_counter()
    for turn, first in enumerate(range(0, len(all_), _AT_ONCE)):
        if first:
            await asyncio.sleep(0)
        yield all_[first : first + _AT_ONCE]
        if left > 0 and turn % _BEFORE_A_PAUSE == _BEFORE_A_PAUSE - 1 and not is_urgent():
            pause = min((time.perf_counter() - began) * _PAUSE, left)
            left -= pause
            await asyncio.sleep(pause)
            began = time.perf_counter()


class Arriving:
    """
    The answers of a stream, and of those that are there already some together.

    Where a gateway lags behind, many events become one write for each socket. So it catches up. Answers are made
    meanwhile: each may need an entry from a member.
    """

    def __init__(self, answers: AsyncIterator[Answer]) -> None:
        self._answers = answers
        self._there: list[Answer] = []
        self._changed = Flag()
        self._error: Exception | None = None
        self._making: asyncio.Task[None] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether one more is there."""
        return bool(self._there)

    async def some(self, *, together: bool) -> list[Answer]:
        """
        One or more, in their order; none at the end. The last one may be one that did not run.

        Args:
            together: Whether they may be several. Then the next ones are made while these are pushed.
        """
        if self._making is None and not together:
            answer = await anext(self._answers, None)
            return [] if answer is None else [answer]
        if self._making is None:
            self._making = asyncio.create_task(self._make())
        while not self._there and not self._making.done():
            await self._wait()
        found, self._there = self._there, []
        self._changed.set()
        if not found and self._error is not None:
            raise self._error
        return found

    async def _make(self) -> None:
        """Have the next ones ready, and not too many."""
        try:
            async for answer in self._answers:
                self._there.append(answer)
                self._changed.set()
                if not answer.executed:
                    return
                while len(self._there) >= _MOST_TOGETHER:
                    await self._wait()
        except Exception as error:
            self._error = error
        finally:
            self._changed.set()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def close(self) -> None:
        """Ask for no more."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.wait([self._making])


class Together:
    """Results that go to a socket in one write. `frames` is as that of a message."""

    __slots__ = ("frames", "messages")

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages
        self.frames: dict[str, bytes] = {}


class Subscriber(Protocol):
    """Who takes part in an execution. No method may wait: a slow one holds nobody up."""

    def push(self, message: Message) -> None:
        """Take the next result."""

    def push_all(self, together: Together) -> None:
        """Take the next results."""

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
            return await self._push_all(answers)

    async def _push_all(self, answers: AsyncIterator[Answer]) -> Answer | None:
        """Push them as they come; return the one that did not run, None at the end."""
        arriving = Arriving(answers)
        try:
            while some := await arriving.some(together=len(self._subscribers) > _FEW):
                messages = [Message(each) for each in some if each.executed]
                for together in _bounded(messages):
                    await self._push(together, arriving)
                    # Everything that waits in an inbox is taken without a pause: the others need their turns, too.
                    await asyncio.sleep(0)
                if not some[-1].executed:
                    return some[-1]
            return None
        finally:
            await arriving.close()

    async def _push(self, together: Together, arriving: Arriving) -> None:
        messages = together.messages
        numbers = [each.place.number for each in messages if each.place is not None and each.place.number is not None]
        first = min(numbers, default=None)
        async for some in portions(list(self._subscribers.items()), lambda: arriving.is_waiting):
            for subscriber, joined in some:
                if subscriber not in self._subscribers:  # it has left meanwhile
                    continue
                if first is None or first > joined:
                    if len(messages) == 1:
                        subscriber.push(messages[0])
                    else:
                        subscriber.push_all(together)
                else:
                    _push_since(subscriber, joined, messages)


def _push_since(subscriber: Subscriber, joined: int, messages: Sequence[Message]) -> None:
    """Push what has happened since a subscriber has come."""
    for each in messages:
        number = None if each.place is None else each.place.number
        if number is None or number > joined:
            subscriber.push(each)


def _bounded(messages: list[Message]) -> Iterator[Together]:
    """The same in parts that are not too long to be written at once."""
    part: list[Message] = []
    length = 0
    for each in messages:
        if part and length + len(each.body) > _MOST_BYTES_TOGETHER:
            yield Together(part)
            part, length = [], 0
        part.append(each)
        length += len(each.body)
    if part:
        yield Together(part)
