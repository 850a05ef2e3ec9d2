"""The operations of one connection that stays open, whatever is spoken on it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial

from graphql import OperationType

from hazelgate.gateway.door.rates import REFUSED_COST, Client, RateLimited
from hazelgate.gateway.graphql.answers import Answer, fault, refusal
from hazelgate.gateway.graphql.documents import Document
from hazelgate.gateway.graphql.execution import Execution, GraphQLRequest
from hazelgate.gateway.graphql.sharing import Sharing
from hazelgate.gateway.transports.failures import RequestLog
from hazelgate.gateway.transports.forms import Form
from hazelgate.gateway.transports.outbox import Outbox, SharedOperation


class Operations:
    """
    What runs on one connection, by the ids that the client has chosen.

    Args:
        sharing: The executions that subscribers share.
        form: How results are written.
        outbox: Where those of shared executions go.
        send: Sends what is written; OSError where the client is gone.
        log_of: The log of an operation.
        queue_size: How many messages of one shared subscription may wait for the client.
        client: Whose operations they are.
        execution: What executes them for their caller; None until the caller is known, and then `enter` tells.
        ended: Called as an operation has ended by itself, once the client was told.
    """

    def __init__(
        self,
        sharing: Sharing,
        form: Form,
        outbox: Outbox,
        send: Callable[[bytes], Awaitable[None]],
        log_of: Callable[[str], RequestLog],
        queue_size: int,
        client: Client,
        execution: Execution | None,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._sharing = sharing
        self._form = form
        self._outbox = outbox
        self._send = send
        self._log_of = log_of
        self._queue_size = queue_size
        self._client = client
        self._known = execution
        self._ended = ended
        self._running: dict[str, asyncio.Task[None] | SharedOperation] = {}
        self._brief: set[asyncio.Task[None]] = set()
        """Queries and mutations, which end by themselves."""
        self._subscriptions: set[str] = set()

    def enter(self, execution: Execution, client: Client) -> None:
        """The caller is known: this executes its operations, and counts for it."""
        self._known = execution
        self._client = client

    @property
    def execution(self) -> Execution:
        """What executes them."""
        assert self._known is not None, "the caller is known before anything runs"
        return self._known

    def __len__(self) -> int:
        return len(self._running)

    def __contains__(self, operation_id: str) -> bool:
        return operation_id in self._running

    async def refuse_beyond(self, most: int, operation_id: str, place: str) -> bool:
        """Whether one more would be too many on a connection, which `place` names; then it is refused."""
        if len(self._running) < most:
            return False
        text = f"at most {most} operations run on one {place}; complete some first"
        await self.refuse(operation_id, refusal({"message": text, "extensions": {"code": "TOO_MANY_OPERATIONS"}}))
        return True

    async def begin(self, operation_id: str, request: GraphQLRequest | Answer) -> None:
        """Run an operation, or say why it does not run. Its id must be free."""
        try:
            self._client.admit()
            if isinstance(request, Answer):
                self._client.spend(REFUSED_COST)
                await self.refuse(operation_id, request)
                return
            document = self.execution.document(request)
            if isinstance(document, Answer):
                self._client.spend(REFUSED_COST)
                await self.refuse(operation_id, document)
                return
            self._client.spend(self.execution.cost(document, request))
            self.start(operation_id, request, document)
        except RateLimited as limited:
            await self.refuse(operation_id, refusal(limited.error))

    def start(self, operation_id: str, request: GraphQLRequest, document: Document) -> None:
        """
        Run an operation of a client that was let in. Its id must be free.

        Raises:
            RateLimited: The client has as many subscriptions as it may have.
        """
        log = self._log_of(operation_id)
        log.operation = document.operation_name(request.operation_name)
        is_stream = document.operation_type(request.operation_name) is OperationType.SUBSCRIPTION
        if is_stream:
            self._client.add_subscription()
            self._subscriptions.add(operation_id)
        execution = self._sharing.execution_of(self.execution, document, request) if is_stream else None
        if execution is not None:
            operation = SharedOperation(
                operation_id, execution, self._outbox, log, self._forget, self._queue_size, self._form, self._ended
            )
            self._running[operation_id] = operation
            operation.join()
            return
        task = asyncio.create_task(self._run(operation_id, request, document, log, is_stream=is_stream))
        self._running[operation_id] = task
        if not is_stream:
            self._brief.add(task)
            task.add_done_callback(self._brief.discard)

    async def refuse(self, operation_id: str, answer: Answer) -> None:
        """End an operation that never began; the connection is left to the others."""
        self._log_of(operation_id).failed(answer)
        await self._send(self._form.end(operation_id, answer))
        self._ended()

    def complete(self, operation_id: str) -> None:
        """The client wants no more of it."""
        operation = self._running.pop(operation_id, None)
        self._uncount(operation_id)
        if isinstance(operation, SharedOperation):
            operation.leave()
        elif operation is not None:
            operation.cancel()

    async def settle(self) -> None:
        """Until queries and mutations that run are answered. Their deadlines bound that."""
        while self._brief:
            await asyncio.wait(self._brief)

    async def close(self) -> None:
        """End all of them, and send nothing more."""
        self._outbox.close()
        for operation_id in list(self._subscriptions):
            self._uncount(operation_id)
        tasks = []
        for operation in self._running.values():
            if isinstance(operation, SharedOperation):
                operation.leave()
            else:
                operation.cancel()
                tasks.append(operation)
        if tasks:
            await asyncio.wait(tasks)

    def _uncount(self, operation_id: str) -> None:
        if operation_id in self._subscriptions:
            self._subscriptions.discard(operation_id)
            self._client.subscriptions -= 1

    def _forget(self, operation_id: str) -> None:
        """A shared operation has ended by itself; its client is told right behind this."""
        del self._running[operation_id]
        self._uncount(operation_id)

    async def _run(
        self, operation_id: str, request: GraphQLRequest, document: Document, log: RequestLog, *, is_stream: bool
    ) -> None:
        """One operation from its beginning to its end. A client that completed it hears no more of it."""
        me = asyncio.current_task()
        try:
            spec = None if document.incremental is None else self._form.spec(request)
            if is_stream:
                refused = await self._follow(operation_id, request, document, log)
            elif spec is not None:
                refused = await self.execution.run_in_parts(
                    document, request, spec, partial(self._send_result, operation_id, log)
                )
                if refused is not None:
                    log.failed(refused)
            else:
                answer = await self.execution.run(document, request)
                refused = await self._deliver(operation_id, answer, log)
        except OSError:
            return
        except Exception as error:
            refused = fault(error)
            log.failed(refused)
        # Free the id before the client hears of the end: it may use it again at once.
        if self._running.get(operation_id) is not me:
            return
        del self._running[operation_id]
        self._uncount(operation_id)
        with contextlib.suppress(OSError):
            await self._send(self._form.end(operation_id, refused))
        self._ended()

    async def _follow(
        self, operation_id: str, request: GraphQLRequest, document: Document, log: RequestLog
    ) -> Answer | None:
        """Send the results; return the answer that ends it, None when all went its way."""
        answers = await self.execution.subscribe(document, request)
        if isinstance(answers, Answer):
            log.failed(answers)
            return answers
        async with contextlib.aclosing(answers):  # type: ignore[type-var]  # an async generator
            async for answer in answers:
                refused = await self._deliver(operation_id, answer, log)
                if refused is not None:
                    return refused
        return None

    async def _deliver(self, operation_id: str, answer: Answer, log: RequestLog) -> Answer | None:
        if not answer.executed:
            log.failed(answer)
            return answer
        await self._send_result(operation_id, log, answer)
        return None

    async def _send_result(self, operation_id: str, log: RequestLog, answer: Answer) -> None:
        if answer.errors:
            log.failed(answer)
        await self._send(self._form.result(operation_id, answer.encode()))
