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
from starlette.types import Receive, Scope, Send

from hazelgate.gateway.door.rates import Connection, RateLimited, Rates
from hazelgate.gateway.ending import Ending
from hazelgate.gateway.errors import BAD_USER_INPUT
from hazelgate.gateway.graphql.answers import Answer, refusal
from hazelgate.gateway.graphql.execution import Execution
from hazelgate.gateway.graphql.requests import GivenRequest, NoDocument, Requests
from hazelgate.gateway.graphql.sharing import Sharing
from hazelgate.gateway.terms import Term
from hazelgate.gateway.transports.failures import ConnectionLog
from hazelgate.gateway.transports.forms import WebsocketForm
from hazelgate.gateway.transports.frames import EXTENSION, DirectWriter
from hazelgate.gateway.transports.operations import Operations
from hazelgate.gateway.transports.outbox import AsgiOutbox, DirectOutbox, Outbox
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

    async def of_socket(self, scope: Scope, payload: Mapping[str, Any] | None) -> tuple[Execution, Term]:
        """
        What executes the caller's operations, and for how long. The scope's caller is known from then on.

        Raises:
            Unauthenticated: It has shown no credentials, or some that do not hold.
        """


class _Message(msgspec.Struct, frozen=True):
    type: Literal["connection_init", "ping", "pong", "subscribe", "complete"]
    id: str | None = None
    payload: msgspec.Raw = msgspec.Raw(b"null")


_decode_message = msgspec.json.Decoder(_Message).decode
_decode_request = msgspec.json.Decoder(GivenRequest).decode
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
        requests: The documents that clients may name.
        queue_size: How many messages of one shared subscription may wait for a client that reads slowly.
        stall_timeout_seconds: How long a client may read nothing while something waits for it.
        count: Told +1 and -1 as sockets come and go, for the metrics.
        count_stalled: Called for each socket that is closed because its client reads nothing.
        rates: How much one client may take.
        ending: Tells each socket when to close, before the process ends.
    """

    def __init__(
        self,
        sharing: Sharing,
        callers: SocketCallers,
        requests: Requests,
        *,
        init_timeout_seconds: float,
        max_message_bytes: int,
        max_operations: int,
        queue_size: int,
        stall_timeout_seconds: float,
        count: Callable[[int], None],
        count_stalled: Callable[[], None],
        ending: Ending,
        rates: Rates,
    ) -> None:
        self.rates = rates
        self.ending = ending
        self.callers = callers
        self.sharing = sharing
        self.requests = requests
        self.init_timeout_seconds = init_timeout_seconds
        self.max_message_bytes = max_message_bytes
        self.max_operations = max_operations
        self.queue_size = queue_size
        self.stall_timeout_seconds = stall_timeout_seconds
        self.count_stalled = count_stalled
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        try:
            with self.rates.client(scope).connection() as connection:
                await self._serve(scope, receive, send, connection)
        except RateLimited as limited:
            await _turn_away(scope, send, limited)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, connection: Connection) -> None:
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
            socket = _Socket(self, log, scope, receive, send, writer, connection)
            with self.ending.closing(socket.end):
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
        connection: Connection,
    ) -> None:
        self._connection = connection
        self._server = server
        self._log = log
        self._scope = scope
        self._receive = receive
        self._end_watch: Callable[[], None] | None = None
        self._has_expired = False
        self._asgi_send = send
        self._initialised = False
        self._acknowledged = False
        self._is_ending = False
        self._farewell: asyncio.Task[None] | None = None
        self._serving = asyncio.current_task()
        self._is_stalled = False
        stall_seconds = server.stall_timeout_seconds
        if writer is not None:
            writer.closes_by_itself = lambda: server.ending.has_begun
        counted = connection if server.rates.limits.bytes_per_second else None
        outbox: Outbox = (
            AsgiOutbox(self._send_bytes, stall_seconds, self._stall)
            if writer is None
            else DirectOutbox(writer, stall_seconds, self._stall, counted)
        )
        self._operations = Operations(
            server.sharing,
            WebsocketForm(),
            outbox,
            self._send_bytes,
            log.operation,
            server.queue_size,
            connection.client,
            None,
        )

    async def serve(self) -> None:
        """Until the client goes, or breaks the protocol."""
        try:
            if await self._await_init():
                while (text := await self._next()) is not None:
                    await self._handle(text)
                    del text  # a socket waits long for its next message
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
            if self._end_watch is not None:
                self._end_watch()
            await self._operations.close()

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
        self._farewell = asyncio.create_task(self._say_farewell())

    async def _say_farewell(self) -> None:
        self._is_ending = True
        await self._operations.settle()  # mutations that wait are answered first, by their deadline at the latest
        await self._close(RESTARTING, "the gateway ends; connect again")

    async def _close(self, code: int, reason: str) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # it closed by itself just before
            await self._asgi_send({"type": "websocket.close", "code": code, "reason": reason})

    def _expire(self) -> None:
        """Close it: from now on its client may see nothing."""
        self._has_expired = True
        reason = "the credentials no longer hold; connect again with new ones"
        self._log.closed(FORBIDDEN, reason, operations=len(self._operations))
        self._farewell = asyncio.create_task(self._expel(reason))

    async def _expel(self, reason: str) -> None:
        await self._operations.close()
        await self._close(FORBIDDEN, reason)

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
        self._connection.client.spend_bytes(len(text))
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
                if message.id is not None:
                    self._operations.complete(message.id)

    async def _init(self, message: _Message) -> None:
        if self._initialised:
            raise _Closing(TOO_MANY_INITS, "Too many initialisation requests")
        self._initialised = True
        try:
            payload = _decode_init(message.payload)
        except (msgspec.DecodeError, RecursionError):
            raise _Closing(BAD_REQUEST, "the payload of connection_init is an object") from None
        try:
            execution, term = await self._server.callers.of_socket(self._scope, payload)
            self._connection.move(self._server.rates.client(self._scope))
        except Unauthenticated as error:
            raise _Closing(FORBIDDEN, str(error)) from None
        except RateLimited as limited:
            raise _Closing(TOO_MANY_INITS, str(limited)) from None
        self._operations.enter(execution, self._connection.client)
        self._end_watch = term.watch(self._expire)
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
            request = self._server.requests.of(_decode_request(message.payload))
        except (msgspec.ValidationError, NoDocument) as error:
            raise _Closing(BAD_REQUEST, f"Invalid payload of subscribe: {error}") from None
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            await self._refuse(message.id, _unreadable(error))
            return
        if self._is_ending:
            text = "the gateway ends; connect again, and send the operation again"
            await self._refuse(message.id, refusal({"message": text, "extensions": {"code": "SHUTTING_DOWN"}}))
            return
        if not await self._operations.refuse_beyond(self._server.max_operations, message.id, "socket"):
            await self._operations.begin(message.id, request)

    async def _refuse(self, operation_id: str, answer: Answer) -> None:
        await self._operations.refuse(operation_id, answer)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_bytes(orjson.dumps(message))

    async def _send_bytes(self, payload: bytes) -> None:
        self._connection.client.spend_bytes(len(payload))
        await self._asgi_send({"type": "websocket.send", "text": payload.decode()})


async def _turn_away(scope: Scope, send: Send, limited: RateLimited) -> None:
    """Answer the handshake with 429, or as the server can."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": TOO_MANY_INITS, "reason": str(limited)[:123]})
        return
    headers = [(b"content-type", b"application/json; charset=utf-8"), limited.header]
    await send({"type": "websocket.http.response.start", "status": 429, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": orjson.dumps({"errors": [limited.error]})})


def _unreadable(error: Exception) -> Answer:
    text = f"the operation can't be read: {error}; half a character (a cut emoji) is no text, send whole ones"
    return refusal({"message": text, "extensions": {"code": BAD_USER_INPUT}})
