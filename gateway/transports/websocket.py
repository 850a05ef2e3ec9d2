"""
GraphQL over websockets: the protocol `graphql-transport-ws`, and only that.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md describes it; the close codes are its own. Messages are
text frames. An operation that is invalid gets an `error` message and leaves the socket to the others.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

import msgspec
import orjson
from graphql import OperationType
from starlette.types import Receive, Scope, Send

from hazelgate.gateway.ending import Ending
from hazelgate.gateway.errors import BAD_USER_INPUT
from hazelgate.gateway.graphql.execution import Answer, Execution, GraphQLRequest, fault, refusal
from hazelgate.gateway.graphql.sharing import Sharing
from hazelgate.gateway.transports.failures import ConnectionLog, RequestLog
from hazelgate.gateway.transports.frames import EXTENSION, DirectWriter
from hazelgate.gateway.transports.outbox import AsgiOutbox, DirectOutbox, Outbox, SharedOperation
from hazelgate.gateway.transports.request_ids import HEADER, request_id
from hazelgate.gateway.transports.unreadable import operation_of
from hazelgate.sourcing.errors import Unauthenticated

SUBPROTOCOL = "graphql-transport-ws"

BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
"""Clients of the protocol take 4401 as the end, and connect again after this one: with a new token."""
SUBPROTOCOL_NOT_ACCEPTABLE = 4406
INIT_TIMEOUT = 4408
ALREADY_EXISTS = 4409
TOO_MANY_INITS = 4429
MESSAGE_TOO_BIG = 1009
STALLED = 1006
"""In the log alone: a client that reads nothing can't be told."""
RESTARTING = 1012


class SocketCallers(Protocol):
    """Says who is at the other end of a socket."""

    async def of_socket(self, scope: Scope, payload: Mapping[str, Any] | None) -> tuple[Execution, float | None]:
        """
        What executes the caller's operations, and for how many seconds; None: without an end.

        Raises:
            Unauthenticated: It has shown no credentials, or some that do not hold.
        """


class _Message(msgspec.Struct, frozen=True):
    type: Literal["connection_init", "ping", "pong", "subscribe", "complete"]
    id: str | None = None
    payload: msgspec.Raw = msgspec.Raw(b"null")


_decode_message = msgspec.json.Decoder(_Message).decode
_decode_request = msgspec.json.Decoder(GraphQLRequest).decode
_decode_init = msgspec.json.Decoder(dict[str, Any] | None).decode


class _Closing(Exception):
    """The client broke the protocol: the socket closes with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class GraphQLOverWebsocket:
    """
    The websocket side of /graphql as an ASGI app.

    Args:
        sharing: The executions that subscribers share.
        callers: Says who is at the other end of a socket.
        queue_size: How many messages of one shared subscription may wait for a client that reads slowly.
        stall_timeout_seconds: How long a client may read nothing while something waits for it.
        count: Told +1 and -1 as sockets come and go, for the metrics.
        count_stalled: Called for each socket that is closed because its client reads nothing.
        ending: Tells each socket when to close, before the process ends.
    """

    def __init__(
        self,
        sharing: Sharing,
        callers: SocketCallers,
        *,
        init_timeout_seconds: float,
        max_message_bytes: int,
        max_operations: int,
        queue_size: int,
        stall_timeout_seconds: float,
        count: Callable[[int], None],
        count_stalled: Callable[[], None],
        ending: Ending,
    ) -> None:
        self._ending = ending
        self.callers = callers
        self.sharing = sharing
        self.init_timeout_seconds = init_timeout_seconds
        self.max_message_bytes = max_message_bytes
        self.max_operations = max_operations
        self.queue_size = queue_size
        self.stall_timeout_seconds = stall_timeout_seconds
        self.count_stalled = count_stalled
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == HEADER), None)
        log = ConnectionLog(request_id(given))
        headers = [(HEADER, log.id.encode())]
        if SUBPROTOCOL not in scope.get("subprotocols", ()):
            await send({"type": "websocket.accept", "headers": headers})
            reason = f"the subprotocol has to be {SUBPROTOCOL}"
            log.closed(SUBPROTOCOL_NOT_ACCEPTABLE, reason, operations=0)
            await send({"type": "websocket.close", "code": SUBPROTOCOL_NOT_ACCEPTABLE, "reason": reason})
            return
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL, "headers": headers})
        self._count(1)
        try:
            writer = scope.get("extensions", {}).get(EXTENSION)
            socket = _Socket(self, log, scope, receive, send, writer)
            with self._ending.closing(socket.end):
                await socket.serve()
        finally:
            self._count(-1)


class _Socket:
    """One socket: what was agreed on it, and the operations that run on it."""

    def __init__(
        self,
        server: GraphQLOverWebsocket,
        log: ConnectionLog,
        scope: Scope,
        receive: Receive,
        send: Send,
        writer: DirectWriter | None,
    ) -> None:
        self._server = server
        self._log = log
        self._scope = scope
        self._receive = receive
        self._known: Execution | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._has_expired = False
        self._asgi_send = send
        self._initialised = False
        self._acknowledged = False
        self._operations: dict[str, asyncio.Task[None] | SharedOperation] = {}
        self._farewell: asyncio.Task[None] | None = None
        self._serving = asyncio.current_task()
        self._is_stalled = False
        stall_seconds = server.stall_timeout_seconds
        self._outbox: Outbox = (
            AsgiOutbox(send, stall_seconds, self._stall)
            if writer is None
            else DirectOutbox(writer, stall_seconds, self._stall)
        )

    async def serve(self) -> None:
        """Until the client goes, or breaks the protocol."""
        try:
            if await self._await_init():
                while (text := await self._next()) is not None:
                    await self._handle(text)
        except _Closing as closing:
            self._log.closed(closing.code, closing.reason, operations=len(self._operations))
            with contextlib.suppress(OSError):
                await self._asgi_send({"type": "websocket.close", "code": closing.code, "reason": closing.reason[:123]})
        except OSError:
            # The client is gone; there is nobody to tell. How it went is behind the messages that it has left.
            while (message := await self._receive())["type"] != "websocket.disconnect":
                pass
            self._log.client_gone(message, operations=len(self._operations))
        except asyncio.CancelledError:
            if not self._is_stalled or self._serving is None:
                raise
            self._serving.uncancel()
        except Exception as error:
            self._log.broken(error, operations=len(self._operations))  # the server closes what is left open
        finally:
            if self._expiry is not None:
                self._expiry.cancel()
            self._outbox.close()
            tasks = []
            for operation in self._operations.values():
                if isinstance(operation, SharedOperation):
                    operation.leave()
                else:
                    operation.cancel()
                    tasks.append(operation)
            if tasks:
                await asyncio.wait(tasks)

    def _stall(self) -> None:
        """The client reads nothing: end the socket."""
        self._is_stalled = True
        self._server.count_stalled()
        reason = f"the client has read nothing for {self._server.stall_timeout_seconds:g} s"
        self._log.closed(STALLED, reason, operations=len(self._operations))
        if self._serving is not None:
            self._serving.cancel()

    def end(self) -> None:
        """Close it, in a way after which its client connects again: the process ends."""
        self._farewell = asyncio.create_task(self._say_farewell(RESTARTING, "the gateway ends; connect again"))

    async def _say_farewell(self, code: int, reason: str) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # it closed by itself just before
            await self._asgi_send({"type": "websocket.close", "code": code, "reason": reason})

    def _expire(self) -> None:
        """Close it: from now on its client may see nothing."""
        self._has_expired = True
        reason = "the credentials have expired; connect again with new ones"
        self._log.closed(FORBIDDEN, reason, operations=len(self._operations))
        self._farewell = asyncio.create_task(self._say_farewell(FORBIDDEN, reason))
        self._outbox.close()
        for operation in self._operations.values():
            if isinstance(operation, SharedOperation):
                operation.leave()
            else:
                operation.cancel()

    @property
    def _execution(self) -> Execution:
        assert self._known is not None, "the socket is acknowledged"
        return self._known

    async def _await_init(self) -> bool:
        """Whether the client is there, and has said hello."""
        try:
            async with asyncio.timeout(self._server.init_timeout_seconds):
                while not self._acknowledged:
                    if (text := await self._next()) is None:
                        return False
                    await self._handle(text)
        except TimeoutError:
            raise _Closing(INIT_TIMEOUT, "Connection initialisation timeout") from None
        return True

    async def _next(self) -> str | None:
        """The next message, None when the client is gone."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self._log.client_gone(message, operations=len(self._operations))
            return None
        text: str | None = message.get("text")
        if text is None:
            raise _Closing(BAD_REQUEST, "messages are text frames")
        if len(text) > self._server.max_message_bytes:
            raise _Closing(MESSAGE_TOO_BIG, f"a message is at most {self._server.max_message_bytes:,} bytes")
        return text

    async def _handle(self, text: str) -> None:
        if self._has_expired:  # what comes before the client has heard of the end
            return
        try:
            message = _decode_message(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            operation_id = None if isinstance(error, msgspec.ValidationError) else operation_of(text)
            if operation_id is None or not self._acknowledged or operation_id in self._operations:
                raise _Closing(BAD_REQUEST, f"Invalid message: {error}") from None
            await self._refuse(operation_id, _unreadable(error))
            return
        match message.type:
            case "connection_init":
                await self._init(message)
            case "ping":
                await self._send({"type": "pong"})
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                operation = self._operations.pop(message.id, None) if message.id is not None else None
                if isinstance(operation, SharedOperation):
                    operation.leave()
                elif operation is not None:
                    operation.cancel()

    async def _init(self, message: _Message) -> None:
        if self._initialised:
            raise _Closing(TOO_MANY_INITS, "Too many initialisation requests")
        self._initialised = True
        try:
            payload = _decode_init(message.payload)
        except (msgspec.DecodeError, RecursionError):
            raise _Closing(BAD_REQUEST, "the payload of connection_init is an object") from None
        try:
            self._known, seconds = await self._server.callers.of_socket(self._scope, payload)
        except Unauthenticated as error:
            raise _Closing(FORBIDDEN, str(error)) from None
        if seconds is not None:
            self._expiry = asyncio.get_running_loop().call_later(seconds, self._expire)
        await self._send({"type": "connection_ack"})
        self._acknowledged = True

    async def _subscribe(self, message: _Message) -> None:
        if not self._acknowledged:
            raise _Closing(UNAUTHORIZED, "Unauthorized")
        if not message.id:
            raise _Closing(BAD_REQUEST, "a subscribe message has an id")
        if message.id in self._operations:
            raise _Closing(ALREADY_EXISTS, f"Subscriber for {message.id} already exists")
        try:
            request = _decode_request(message.payload)
        except msgspec.ValidationError as error:
            raise _Closing(BAD_REQUEST, f"Invalid payload of subscribe: {error}") from None
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            await self._refuse(message.id, _unreadable(error))
            return
        if len(self._operations) >= self._server.max_operations:
            text = f"at most {self._server.max_operations} operations run on one socket; complete some first"
            await self._refuse(message.id, refusal({"message": text, "extensions": {"code": "TOO_MANY_OPERATIONS"}}))
            return
        if not self._share(message.id, request):
            self._operations[message.id] = asyncio.create_task(self._run(message.id, request))

    def _share(self, operation_id: str, request: GraphQLRequest) -> bool:
        """Take part in an execution with others; False where the operation needs one of its own."""
        document = self._execution.document(request)
        if isinstance(document, Answer):
            return False
        if document.operation_type(request.operation_name) is not OperationType.SUBSCRIPTION:
            return False
        execution = self._server.sharing.execution_of(self._execution, document, request)
        if execution is None:
            return False
        log = self._log.operation(operation_id)
        log.operation = document.operation_name(request.operation_name)
        operation = SharedOperation(operation_id, execution, self._outbox, log, self._forget, self._server.queue_size)
        self._operations[operation_id] = operation
        operation.join()
        return True

    def _forget(self, operation_id: str) -> None:
        """The operation has ended by itself."""
        del self._operations[operation_id]

    async def _refuse(self, operation_id: str, answer: Answer) -> None:
        """End an operation that never began; the socket is left to the others."""
        self._log.operation(operation_id).failed(answer)
        await self._send({"id": operation_id, "type": "error", "payload": answer.body["errors"]})

    async def _run(self, operation_id: str, request: GraphQLRequest) -> None:
        """One operation from `subscribe` to `complete` or `error`. A client that completed it hears no more of it."""
        me = asyncio.current_task()
        log = self._log.operation(operation_id)
        try:
            refused = await self._operate(operation_id, request, log)
        except OSError:
            return
        except Exception as error:
            refused = fault(error)
            log.failed(refused)
        # Free the id before the client hears of the end: it may use it again at once.
        if self._operations.get(operation_id) is not me:
            return
        del self._operations[operation_id]
        with contextlib.suppress(OSError):
            if refused is None:
                await self._send({"id": operation_id, "type": "complete"})
            else:
                await self._send({"id": operation_id, "type": "error", "payload": refused.body["errors"]})

    async def _operate(self, operation_id: str, request: GraphQLRequest, log: RequestLog) -> Answer | None:
        """Send the results; return the answer of an operation that never ran, None when all went its way."""
        execution = self._execution
        document = execution.document(request)
        if isinstance(document, Answer):
            log.failed(document)
            return document
        log.operation = document.operation_name(request.operation_name)
        operation = document.operation_type(request.operation_name)
        if operation is not OperationType.SUBSCRIPTION:
            return await self._deliver(operation_id, await execution.run(document, request), log)
        answers = await execution.subscribe(document, request)
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
        if "errors" in answer.body:
            log.failed(answer)
        if not answer.executed:
            return answer
        await self._send({"id": operation_id, "type": "next", "payload": answer.body})
        return None

    async def _send(self, message: dict[str, Any]) -> None:
        await self._asgi_send({"type": "websocket.send", "text": orjson.dumps(message).decode()})


def _unreadable(error: Exception) -> Answer:
    text = f"the operation can't be read: {error}; half a character (a cut emoji) is no text, send whole ones"
    return refusal({"message": text, "extensions": {"code": BAD_USER_INPUT}})
