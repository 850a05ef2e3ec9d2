"""GraphQL over HTTP: POST for everything, GET for queries, GraphiQL for browsers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from graphql import OperationType
from starlette.types import Receive, Scope, Send

from hazelgate.gateway.errors import BAD_USER_INPUT
from hazelgate.gateway.graphql.documents import Document
from hazelgate.gateway.graphql.execution import Answer, Execution, GraphQLRequest, fault, refusal
from hazelgate.gateway.transports.failures import RequestLog
from hazelgate.gateway.transports.media import GRAPHQL_RESPONSE, HTML, JSON, negotiate
from hazelgate.gateway.transports.request_ids import HEADER, request_id
from hazelgate.sourcing.errors import Unauthenticated

_decode_request = msgspec.json.Decoder(GraphQLRequest).decode
_decode_object = msgspec.json.Decoder(dict[str, Any] | None).decode

_DRAINED_AT_MOST = 32 * 1024 * 1024
_EMPTY_BODY_AND_MORE = 2


ExecutionOf = Callable[[Scope], Execution]
"""Raises `Unauthenticated` where the caller has to say who it is."""


class HttpError(Exception):
    """A request that is no GraphQL request, and the status that says so."""

    def __init__(self, status: int, message: str, *, allow: str | None = None, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status = status
        self.allow = allow
        self.code = code


class ClientGone(HttpError):
    """The client went away while it sent its request: nobody gets the answer."""

    def __init__(self) -> None:
        super().__init__(400, "the request ended early")


@dataclass(slots=True)
class _Exchange:
    """One request on its way to its answer, and all that a line in the log would say of it."""

    id: str
    method: str
    started: float
    request: GraphQLRequest | None = None
    document: Document | Answer | None = None

    def log(self) -> RequestLog:
        """Made only where something went wrong."""
        log = RequestLog({"request_id": self.id}, self.started)
        if self.request is not None and isinstance(self.document, Document):
            log.operation = self.document.operation_name(self.request.operation_name)
        return log


class GraphQLOverHttp:
    """
    The HTTP side of /graphql as an ASGI app.

    Args:
        execution_of: What executes the operations of a request's caller.
        page: The HTML for browsers, or None where they get none.
        page_policy: Its Content-Security-Policy.
        count: Told the status of every answer, for the metrics.
    """

    def __init__(
        self,
        execution_of: ExecutionOf,
        *,
        max_body_bytes: int,
        page: bytes | None,
        page_policy: str,
        count: Callable[[str, int], None],
    ) -> None:
        self._execution_of = execution_of
        self._max_body_bytes = max_body_bytes
        self._page = page
        self._page_policy = (b"content-security-policy", page_policy.encode())
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method: str = scope["method"]
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        exchange = _Exchange(request_id(headers.get(HEADER)), method, time.perf_counter())
        media = negotiate(headers.get(b"accept", ""), html=method in ("GET", "HEAD") and self._page is not None)
        if media == HTML:
            await self._send(
                send, exchange, 200, b"text/html; charset=utf-8", self._page or b"", more=(self._page_policy,)
            )
            return
        allow = None
        try:
            if media is None:
                raise HttpError(406, f"answers are {GRAPHQL_RESPONSE} or {JSON}", code="NOT_ACCEPTABLE")
            execution = self._execution_of(scope)
            exchange.request = await self._request(scope, headers, receive)
            answer = await self._answer(execution, exchange, exchange.request)
            status = 400 if media == GRAPHQL_RESPONSE and not answer.executed else 200
            body = answer.encode()
            gone = _is_gone(receive)
            if "errors" in answer.body:
                exchange.log().failed(answer, status=status, client_gone=gone)
            elif gone:
                exchange.log().client_gone()
        except Unauthenticated as error:
            answer = refusal({"message": str(error), "extensions": {"code": error.code}})
            status, body = 401, answer.encode()
            exchange.log().failed(answer, status=status)
        except HttpError as error:
            answer = refusal({"message": str(error), "extensions": {"code": error.code}})
            status, allow, body = error.status, error.allow, answer.encode()
            if isinstance(error, ClientGone):
                exchange.log().client_gone()
            else:
                exchange.log().failed(answer, status=status)
        except Exception as error:
            exchange.log().failed(fault(error), status=500)
            await self._send(send, exchange, 500, b"text/plain; charset=utf-8", b"Internal Server Error")
            return
        content_type = f"{media or JSON}; charset=utf-8".encode()
        await self._send(send, exchange, status, content_type, body, allow)

    async def _request(self, scope: Scope, headers: dict[bytes, str], receive: Receive) -> GraphQLRequest:
        match scope["method"]:
            case "POST":
                _require_json(headers.get(b"content-type", ""), headers.get(b"content-encoding", "identity"))
                return _request_of_body(await self._body(headers, receive))
            case "GET":
                return _request_of_url(scope["query_string"])
        raise HttpError(405, "use POST, or GET for queries", allow="GET, POST", code="METHOD_NOT_ALLOWED")

    async def _body(self, headers: dict[bytes, str], receive: Receive) -> bytes:
        """
        Raises:
            HttpError: Longer than allowed. The rest is read and dropped (up to a limit), so that the client, which is
                still writing, gets to read the answer.
        """
        chunks: list[bytes] = []
        length = 0
        too_long = False
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk: bytes = message.get("body", b"")
            length += len(chunk)
            if length > self._max_body_bytes:
                too_long = True
                chunks.clear()
            elif chunk:
                chunks.append(chunk)
            if not message.get("more_body", False) or length > _DRAINED_AT_MOST:
                break
        if too_long:
            limit = f"{self._max_body_bytes:,} bytes"
            raise HttpError(413, f"a request body is at most {limit}", code="BODY_TOO_LARGE")
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _answer(self, execution: Execution, exchange: _Exchange, request: GraphQLRequest) -> Answer:
        document = exchange.document = execution.document(request)
        if isinstance(document, Answer):
            return document
        operation = document.operation_type(request.operation_name)
        if operation is OperationType.SUBSCRIPTION:
            message = "subscriptions go over a websocket at this address, subprotocol graphql-transport-ws"
            return refusal({"message": message, "extensions": {"code": BAD_USER_INPUT}})
        if exchange.method == "GET" and operation is OperationType.MUTATION:
            raise HttpError(405, "a mutation is sent with POST", allow="POST", code="METHOD_NOT_ALLOWED")
        return await execution.run(document, request)

    async def _send(
        self,
        send: Send,
        exchange: _Exchange,
        status: int,
        content_type: bytes,
        body: bytes,
        allow: str | None = None,
        more: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        headers = [
            (b"content-type", content_type),
            (b"content-length", str(len(body)).encode()),
            (b"vary", b"accept"),
            (HEADER, exchange.id.encode()),
            *more,
        ]
        if status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        if allow:
            headers.append((b"allow", allow.encode()))
        self._count(exchange.method, status)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if exchange.method == "HEAD" else body})


def _is_gone(receive: Receive) -> bool:
    """
    Whether the client has gone away since its request was read. Asks once, and does not wait for an answer.

    A server sends an answer that nobody takes without a word, so that sending it tells nothing.
    """
    for _ in range(_EMPTY_BODY_AND_MORE):
        asking = receive().__await__()
        try:
            next(asking)
        except StopIteration as told:
            if told.value["type"] == "http.disconnect":
                return True
        else:
            asking.close()  # there is nothing to hear yet
            return False
    return False


def _require_json(content_type: str, content_encoding: str) -> None:
    """A form or plain text would let another site's page post in a user's name without asking the browser."""
    media, _, parameters = content_type.partition(";")
    charset = parameters.lower().partition("charset=")[2].partition(";")[0].strip(' "')
    if media.strip().lower() != JSON:
        raise HttpError(415, f"the body has to be {JSON}", code="UNSUPPORTED_MEDIA_TYPE")
    if charset not in ("", "utf-8", "utf8"):
        raise HttpError(415, "the body has to be UTF-8", code="UNSUPPORTED_MEDIA_TYPE")
    if content_encoding.strip().lower() not in ("", "identity"):
        raise HttpError(415, "the body must not be compressed", code="UNSUPPORTED_MEDIA_TYPE")


def _request_of_body(body: bytes) -> GraphQLRequest:
    try:
        return _decode_request(body)
    except msgspec.ValidationError as error:
        raise HttpError(400, f"not a GraphQL request: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HttpError(400, f"the body is not JSON: {error}") from None
    except RecursionError:
        raise HttpError(400, "the body is nested too deeply") from None


def _request_of_url(query_string: bytes) -> GraphQLRequest:
    try:
        parameters = dict(parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict"))
    except (UnicodeDecodeError, ValueError):
        raise HttpError(400, "the URL's parameters are not UTF-8") from None
    if not parameters.get("query"):
        raise HttpError(400, "not a GraphQL request: give it in the parameter `query`, or send it with POST")
    return GraphQLRequest(
        query=parameters["query"],
        operation_name=parameters.get("operationName") or None,
        variables=_json_parameter(parameters, "variables"),
        extensions=_json_parameter(parameters, "extensions"),
    )


def _json_parameter(parameters: dict[str, str], name: str) -> dict[str, Any] | None:
    text = parameters.get(name)
    if not text:
        return None
    try:
        value: dict[str, Any] | None = _decode_object(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise HttpError(400, f"the parameter `{name}` is not a JSON object") from None
    return value
