"""
One stream of server-sent events for all operations of a client: graphql-sse's single connection.

A client reserves a stream with PUT and gets its token, which is for that caller alone. It opens the stream with GET,
starts operations with POST and ends them with DELETE, each with the token.
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md describes it. A stream lives in one process: a proxy
before several sends a client always to the same one.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from hazelgate.client.rights.rights import Rights
from hazelgate.gateway.door.rates import Client, RateLimited, Rates
from hazelgate.gateway.graphql.execution import Execution
from hazelgate.gateway.graphql.requests import NoDocument, Requests
from hazelgate.gateway.terms import Term
from hazelgate.gateway.transports.failures import RequestLog
from hazelgate.gateway.transports.forms import SharedEventsForm
from hazelgate.gateway.transports.reading import (
    ClientGone,
    ExecutionOf,
    HttpError,
    parameters_of,
    read_body,
    refused,
    request_of_body,
    require_json,
)
from hazelgate.gateway.transports.request_ids import HEADER, request_id
from hazelgate.gateway.transports.streams import HttpStream, StreamSettings, takes_events
from hazelgate.sourcing.errors import Unauthenticated

TOKEN_HEADER = b"x-graphql-event-stream-token"
_ALLOW = "GET, PUT, POST, DELETE"
_MOST_RESERVED = 1_000
_TOKEN_BYTES = 24


class EventStreams:
    """
    The ASGI app at `/graphql/stream`.

    Args:
        execution_of: What executes the operations of a request's caller, and how long a stream may stay open.
        distinct: Answers what comes without a token: each operation in a stream of its own.
        reserved_seconds: How long a stream may wait for its client to open it.
        max_operations: How many may run on one stream.
        rates: How much one client may take.
        count: Told the status of every answer, for the metrics.
    """

    def __init__(
        self,
        execution_of: ExecutionOf,
        requests: Requests,
        settings: StreamSettings,
        *,
        distinct: ASGIApp,
        max_body_bytes: int,
        reserved_seconds: float,
        max_operations: int,
        count: Callable[[str, int], None],
        rates: Rates,
    ) -> None:
        self._rates = rates
        self._execution_of = execution_of
        self._requests = requests
        self._settings = settings
        self._distinct = distinct
        self._max_body_bytes = max_body_bytes
        self._reserved_seconds = reserved_seconds
        self._max_operations = max_operations
        self._count = count
        self._form = SharedEventsForm()
        self._reserved: dict[str, tuple[float, Rights]] = {}
        """By token, until when, and for whom."""
        self._open: dict[str, HttpStream] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method: str = scope["method"]
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        name = request_id(headers.get(HEADER))
        started = time.perf_counter()
        status, body = 200, b""
        more: list[tuple[bytes, bytes]] = []
        try:
            parameters = parameters_of(scope["query_string"])
            token = headers.get(TOKEN_HEADER) or parameters.get("token")
            if method == "PUT":
                execution, _ = self._execution_of(scope)
                status, body = 201, self._reserve(execution.rights).encode()
                await self._answer(send, method, status, name, body, more)
                return
            if token is None:
                await self._distinct(scope, receive, send)
                return
            execution, term = self._execution_of(scope)
            if method == "GET" and takes_events(headers.get(b"accept", "")):
                client = self._rates.client(scope)
                with client.connection():
                    await self._serve(token, name, client, execution, term, receive, send)
                return
            if method == "POST":
                status = await self._start(self._stream(token, execution), headers, receive)
            elif method == "DELETE":
                self._complete(self._stream(token, execution), parameters.get("operationId"))
            else:
                raise HttpError(405, "use PUT, GET, POST or DELETE", allow=_ALLOW, code="METHOD_NOT_ALLOWED")
        except (Unauthenticated, RateLimited, HttpError) as error:
            status, answer, more = refused(error)
            body = answer.encode()
            log = RequestLog({"request_id": name}, started)
            if isinstance(error, ClientGone):
                log.client_gone()
            elif not isinstance(error, RateLimited):  # the rates have told of it
                log.failed(answer, status=status)
        await self._answer(send, method, status, name, body, more)

    async def _answer(
        self, send: Send, method: str, status: int, name: str, body: bytes, more: list[tuple[bytes, bytes]]
    ) -> None:
        is_error = status >= 400
        told = b"application/json; charset=utf-8" if is_error else b"text/plain; charset=utf-8"
        headers = [
            (b"content-type", told),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (HEADER, name.encode()),
            *more,
        ]
        self._count(method, status)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _reserve(self, rights: Rights) -> str:
        now = asyncio.get_running_loop().time()
        for token, (until, _) in list(self._reserved.items()):  # in the order in which they end
            if until > now and len(self._reserved) < _MOST_RESERVED:
                break
            del self._reserved[token]
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._reserved[token] = now + self._reserved_seconds, rights
        return token

    def _stream(self, token: str, execution: Execution) -> HttpStream:
        stream = self._open.get(token)
        if stream is None or not _is_same(stream.operations.execution.rights, execution.rights):
            raise HttpError(404, "no stream is open for this token; reserve one with PUT", code="STREAM_NOT_FOUND")
        return stream

    async def _serve(
        self,
        token: str,
        name: str,
        client: Client,
        execution: Execution,
        term: Term,
        receive: Receive,
        send: Send,
    ) -> None:
        if token in self._open:
            raise HttpError(409, "the stream of this token is open already", code="STREAM_ALREADY_OPEN")
        until, rights = self._reserved.get(token, (0.0, None))
        if rights is None or until < asyncio.get_running_loop().time() or not _is_same(rights, execution.rights):
            raise HttpError(404, "no stream is reserved for this token; reserve one with PUT", code="STREAM_NOT_FOUND")

        del self._reserved[token]

        def log_of(operation_id: str) -> RequestLog:
            return RequestLog({"request_id": name, "operation_id": ascii(operation_id[:128])}, time.perf_counter())

        stream = HttpStream(
            self._settings, self._form, receive, send, log_of, client, execution, term=term, is_of_one=False
        )
        self._open[token] = stream
        self._count("GET", 200)
        try:
            await stream.open((HEADER, name.encode()))
            await stream.serve()
        finally:
            del self._open[token]

    async def _start(self, stream: HttpStream, headers: dict[bytes, str], receive: Receive) -> int:
        """Start an operation; its results, and what is wrong with it, go over the stream."""
        require_json(headers)
        given = request_of_body(await read_body(receive, self._max_body_bytes))
        operation_id = (given.extensions or {}).get("operationId")
        if not isinstance(operation_id, str) or not operation_id:
            raise HttpError(400, "name the operation in extensions.operationId")
        operations = stream.operations
        if operation_id in operations:
            raise HttpError(409, "an operation of this id runs already", code="OPERATION_ALREADY_EXISTS")
        if await operations.refuse_beyond(self._max_operations, operation_id, "stream"):
            return 202
        try:
            request = self._requests.of(given)
        except NoDocument as error:
            raise HttpError(400, f"not a GraphQL request: {error}") from None
        await operations.begin(operation_id, request)
        return 202

    def _complete(self, stream: HttpStream, operation_id: str | None) -> None:
        if not operation_id:
            raise HttpError(400, "name the operation in the parameter `operationId`")
        stream.operations.complete(operation_id)


def _is_same(one: Rights, other: Rights) -> bool:
    """Whether two requests are of one caller, who may do now what it might then."""
    who = [None if each.identity is None else (each.identity.via, each.identity.subject) for each in (one, other)]
    return who[0] == who[1] and one.key == other.key
