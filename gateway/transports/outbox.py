"""
What one connection's shared subscriptions send, and what waits for a client that reads too slowly.

While the client keeps up, a frame goes straight to the transport. Once it does not, messages wait by operation and
within bounds: the newest state of each entry of a view, or every event up to the bound and then a Discontinuity.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

from hazelgate.client.following.inbox import Gap, Inbox
from hazelgate.gateway.door.rates import Connection
from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.shared_executions import Message, SharedExecution, Together
from hazelgate.gateway.transports.failures import RequestLog
from hazelgate.gateway.transports.forms import Form
from hazelgate.gateway.transports.frames import DirectWriter, text_frame

MOST_WAITING_BYTES = 16 * 1024 * 1024
"""For one socket, above what its transport holds."""


class SharedOperation:
    """
    One operation of a connection that takes part in an execution with others.

    Args:
        ended: Called as the operation ends by itself, before the client is told: its id is free then.
        queue_size: How many messages may wait for the client.
        form: How its messages are written.
        told: Called once the client was told of the end, by an outbox that waits for that.
    """

    __slots__ = (
        "_ended",
        "_execution",
        "_form",
        "_inbox",
        "_last",
        "_log",
        "_next",
        "_queue_size",
        "id",
        "is_gone",
        "is_queued",
        "outbox",
        "told",
    )

    def __init__(
        self,
        operation_id: str,
        execution: SharedExecution,
        outbox: Outbox,
        log: RequestLog,
        ended: Callable[[str], None],
        queue_size: int,
        form: Form,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._form = form
        self.told = told
        self.id = operation_id
        self.outbox = outbox
        self.is_queued = False
        """Whether something waits, or is being made, that has to be sent before anything new."""
        self.is_gone = False
        """Whether nothing is sent for it any more."""
        self._execution = execution
        self._log = log
        self._ended = ended
        self._queue_size = queue_size
        self._inbox: Inbox[Message] | None = None
        """What waits. None: nothing does, as nearly always."""
        self._next: Message | None = None
        self._last: bytes | None = None

    def join(self) -> None:
        """Begin."""
        self._execution.join(self)

    def leave(self) -> None:
        """Send nothing more; the others of the execution don't notice."""
        self.is_gone = True
        self._execution.leave(self)
        while (taken := self._take_result()) is not None:
            self.outbox.took(taken)

    def push(self, message: Message) -> None:
        """Send a result, now or when the client has read enough."""
        if message.failed is not None:
            self._log.failed(message.failed)
        outbox = self.outbox
        if outbox.is_clear and not self.is_queued:
            outbox.write(self.frame(message))
        else:
            outbox.hold(self, message)

    def push_all(self, together: Together) -> None:
        """Send several results: in one write, where the client keeps up."""
        outbox = self.outbox
        if not outbox.is_clear or self.is_queued or any(each.failed is not None for each in together.messages):
            for each in together.messages:
                self.push(each)
            return
        frames = together.frames.get(self.id)
        if frames is None:
            frames = together.frames[self.id] = b"".join(map(self.frame, together.messages))
        outbox.write(frames)

    def end(self, refused: Answer | None) -> None:
        """Send that there is no more, behind what waits."""
        if refused is not None:
            self._log.failed(refused)
        self._last = self._form.end(self.id, refused)
        self.outbox.queue(self)

    def keep(self, message: Message) -> Message | None:
        """Put a message into the inbox; return the one that is not kept in turn."""
        place = message.place
        inbox = self._waiting()
        if place is None:
            return inbox.put(message, "")
        return inbox.put(message, place.cursor, place.entry, place.frontier)

    def interrupt(self, message: Message, reason: str) -> None:
        """Put a gap in place of a message."""
        place = message.place
        self._waiting().interrupt(
            "" if place is None else place.cursor, reason, None if place is None else place.frontier
        )

    def _waiting(self) -> Inbox[Message]:
        if self._inbox is None:
            self._inbox = Inbox(self._queue_size)
        return self._inbox

    def put_first(self, message: Message) -> None:
        """Send this before all that waits."""
        self._next = message

    def take(self) -> Message | Gap | bytes | None:
        """What comes next: a result, a gap between results, or the payload of the last frame. None: nothing waits."""
        taken = self._take_result()
        if taken is not None or self._last is None:
            return taken
        self.is_gone = True
        self._ended(self.id)
        return self._last

    def _take_result(self) -> Message | Gap | None:
        taken: Message | Gap | None
        if self._next is not None:
            taken, self._next = self._next, None
            return taken
        if self._inbox is None:
            return None
        taken = self._inbox.take_now()
        if self._inbox.is_empty:
            self._inbox = None
        return taken

    async def told_of(self, gap: Gap) -> Message:
        """What the client gets for a gap."""
        return await self._execution.told_of(gap)

    def payload(self, message: Message) -> bytes:
        """A result as a message of the protocol."""
        return self._form.result(self.id, message.body)

    def frame(self, message: Message) -> bytes:
        """The same as a frame; operations of the same id share it."""
        frame = message.frames.get(self.id)
        if frame is None:
            frame = message.frames[self.id] = text_frame(self.payload(message))
        return frame


class Outbox(ABC):
    """
    The shared operations of one socket that wait for their turn: one message each in turn.

    Args:
        stalled: Called when the client has read nothing for so long that the socket has to be closed.
    """

    write: Callable[[bytes], None]
    """Write a frame. Only while `is_clear`."""

    def __init__(self, stall_seconds: float, stalled: Callable[[], None]) -> None:
        self.is_clear = False
        """Whether a frame may be written at once."""
        self._queue: list[SharedOperation] = []
        """Not more than may run on one connection. Nearly always there is none, and a list is small then."""
        self._waiting_bytes = 0
        self._stall_seconds = stall_seconds
        self._stalled = stalled

    @abstractmethod
    def close(self) -> None:
        """Send nothing more."""

    @abstractmethod
    def _wake(self) -> None:
        """Something waits."""

    def hold(self, operation: SharedOperation, message: Message) -> None:
        """Let a message wait for its turn, or what is left of it where too much waits already."""
        if self._waiting_bytes + len(message.body) > MOST_WAITING_BYTES:
            operation.interrupt(message, f"more than {MOST_WAITING_BYTES:,} bytes were waiting for this subscriber")
        else:
            left_out = operation.keep(message)
            self._waiting_bytes += len(message.body) - (0 if left_out is None else len(left_out.body))
        self.queue(operation)

    def queue(self, operation: SharedOperation) -> None:
        """Give an operation its turn, once those before it had theirs."""
        if not operation.is_queued:
            operation.is_queued = True
            self._queue.append(operation)
            self.is_clear = False
            self._wake()

    def took(self, taken: Message | Gap | bytes) -> None:
        """Something waits no more."""
        if isinstance(taken, Message):
            self._waiting_bytes -= len(taken.body)


class DirectOutbox(Outbox):
    """
    An outbox that writes to the socket's transport.

    Args:
        counted: Its client's pushed bytes grow by those of each frame; None: nobody counts them.
    """

    def __init__(
        self,
        writer: DirectWriter,
        stall_seconds: float,
        stalled: Callable[[], None],
        counted: Connection | None,
    ) -> None:
        super().__init__(stall_seconds, stalled)

        write = writer.write

        def write_counted(frame: bytes) -> None:
            assert counted is not None
            counted.client.pushed_bytes += len(frame)
            write(frame)

        self.write = write if counted is None else write_counted
        self._writer = writer
        self._making: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        writer.watch(self._congested, self._relieved)
        self.is_clear = not writer.is_congested

    def close(self) -> None:
        self._queue.clear()
        self.is_clear = False
        self._cancel_timer()
        self._writer.watch(_nothing, _nothing)
        for task in self._making:
            task.cancel()

    def _wake(self) -> None:
        self._drain()

    def _congested(self) -> None:
        self.is_clear = False
        self._watch_for_stall(self._writer.buffered_bytes)

    def _relieved(self) -> None:
        self._cancel_timer()
        self._drain()

    def _drain(self) -> None:
        while self._queue and not self._writer.is_congested:
            operation = self._queue.pop(0)
            taken = None if operation.is_gone else operation.take()
            if taken is None:
                operation.is_queued = False
            elif isinstance(taken, Gap):
                task = asyncio.create_task(self._tell(operation, taken))
                self._making.add(task)
                task.add_done_callback(self._making.discard)
            else:
                self.took(taken)
                self._queue.append(operation)
                self.write(text_frame(taken) if isinstance(taken, bytes) else operation.frame(taken))
        self.is_clear = not self._queue and not self._writer.is_congested

    async def _tell(self, operation: SharedOperation, gap: Gap) -> None:
        message = await operation.told_of(gap)
        if operation.is_gone:
            operation.is_queued = False
            return
        self._waiting_bytes += len(message.body)
        operation.put_first(message)
        self._queue.append(operation)
        self._drain()

    def _watch_for_stall(self, buffered_bytes: int) -> None:
        self._cancel_timer()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._stall_seconds, self._look_for_stall, buffered_bytes)

    def _look_for_stall(self, before: int) -> None:
        now = self._writer.buffered_bytes
        if now < before:
            self._watch_for_stall(now)
            return
        self._timer = None
        self._stalled()
        self._writer.abort()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class AsgiOutbox(Outbox):
    """
    An outbox for a server that has `send` alone: it is never clear, and a task sends what waits.

    Args:
        send: Sends what is written; OSError where the client is gone.
    """

    def __init__(
        self, send: Callable[[bytes], Awaitable[None]], stall_seconds: float, stalled: Callable[[], None]
    ) -> None:
        super().__init__(stall_seconds, stalled)
        self._send = send
        self._sending: asyncio.Task[None] | None = None

    def close(self) -> None:
        self._queue.clear()
        if self._sending is not None:
            self._sending.cancel()

    def _wake(self) -> None:
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            while self._queue:
                operation = self._queue.pop(0)
                taken = None if operation.is_gone else operation.take()
                if taken is None:
                    operation.is_queued = False
                    continue
                self.took(taken)
                if isinstance(taken, Gap):
                    taken = await operation.told_of(taken)
                if operation.is_gone and not isinstance(taken, bytes):
                    continue
                payload = taken if isinstance(taken, bytes) else operation.payload(taken)
                async with asyncio.timeout(self._stall_seconds):
                    await self._send(payload)
                if isinstance(taken, bytes):
                    operation.told()
                self._queue.append(operation)
        except TimeoutError:
            self._stalled()
        except OSError:
            pass  # the client is gone: whoever receives from it hears of that
        finally:
            self._sending = None


def _nothing() -> None:
    """Nobody watches any more."""
