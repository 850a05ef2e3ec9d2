"""GraphQL over HTTP: POST for everything, GET for queries, GraphiQL for browsers."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from hazelgate.gateway.door.rates import REFUSED_COST, Client, RateLimited, Rates
from hazelgate.gateway.door.whole import Whole, whole_of
from hazelgate.gateway.errors import BAD_USER_INPUT
from hazelgate.gateway.graphiql import Page
from hazelgate.gateway.graphql.answers import Answer, fault, refusal
from hazelgate.gateway.graphql.documents import Document
from hazelgate.gateway.graphql.execution import Execution, GraphQLRequest
from hazelgate.gateway.graphql.requests import GivenRequest, NoDocument, Requests
from hazelgate.gateway.terms import ENDLESS, Term
from hazelgate.gateway.transports.compression import Coding, coding_for, packed_if_worth
from hazelgate.gateway.transports.failures import RequestLog
from hazelgate.gateway.transports.forms import EventsForm, IncrementalForm, PartsForm, StreamForm
from hazelgate.gateway.transports.media import GRAPHQL_RESPONSE, HTML, JSON, negotiate
from hazelgate.gateway.transports.reading import (
    ClientGone,
    ExecutionOf,
    HttpError,
    read_body,
    refused,
    request_of_url,
    requests_of_body,
    require_json,
    require_length,
    too_large,
)
from hazelgate.gateway.transports.request_ids import HEADER, request_id
from hazelgate.gateway.transports.streams import (
    HttpStream,
    StreamSettings,
    takes_events,
    takes_incremental,
    takes_parts,
)
from hazelgate.sourcing.errors import Unauthenticated

_EMPTY_BODY_AND_MORE = 2
_NO_STORE = (b"cache-control", b"no-store")
_BY_CALLER = (b"vary", b"authorization, x-api-key")
"""A browser that keeps an answer gives it to nobody who asks with other credentials."""
_EVENTS, _PARTS = EventsForm(), PartsForm()

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class _Exchange:
    """One request on its way to its answer, and all that a line in the log would say of it."""

    id: str
    method: str
    started: float
    headers: dict[bytes, str]
    client: Client
    known: Execution | None = None
    """What executes the operations of its caller."""
    term: Term = ENDLESS
    """How long the caller's credentials hold."""
    whole: Whole | None = None
    """What takes the request and gives the answer at once, where that is possible."""
    request: GraphQLRequest | None = None
    document: Document | Answer | None = None

    def log(self) -> RequestLog:
        """Made only where something went wrong."""
        log = RequestLog({"request_id": self.id}, self.started)
        if self.request is not None and isinstance(self.document, Document):
            log.operation = self.document.operation_name(self.request.operation_name)
        return log

    @property
    def execution(self) -> Execution:
        """What executes the operations of its caller."""
        assert self.known is not None, "the caller is known before anything is asked"
        return self.known

    def header(self, name: bytes) -> str:
        """A header; empty where there is none."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What an operator can set of it; each is described among the gateway's settings."""

    max_body_bytes: int
    max_batched_operations: int = 0
    compression: bool = True
    document_max_age_seconds: int = 0


class GraphQLOverHttp:
    """
    The HTTP side of /graphql as an ASGI app.

    Args:
        execution_of: What executes the operations of a request's caller, and for how many seconds.
        requests: The documents that clients may name.
        streams: What responses that stay open have.
        rates: How much one client may take.
        page: The page for browsers, or None where they get none.
        count: Told the status of every answer, for the metrics.
    """

    def __init__(
        self,
        execution_of: ExecutionOf,
        requests: Requests,
        streams: StreamSettings,
        settings: HttpSettings,
        *,
        page: Page | None,
        count: Callable[[str, int], None],
        rates: Rates,
    ) -> None:
        self._rates = rates
        self._execution_of = execution_of
        self._requests = requests
        self._streams = streams
        self._settings = settings
        self._page = page
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method: str = scope["method"]
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        client = self._rates.client(scope)
        exchange = _Exchange(request_id(headers.get(HEADER)), method, time.perf_counter(), headers, client)
        exchange.whole = whole_of(scope)
        accept = exchange.header(b"accept")
        media = negotiate(accept, html=method in ("GET", "HEAD") and self._page is not None)
        if media == HTML and self._page is not None:
            await self._send_page(send, exchange, self._page)
            return
        more: Headers = []
        try:
            form, spec = _form_of(accept), takes_incremental(accept)
            if media is None and form is None and spec is None:
                raise HttpError(406, f"answers are {GRAPHQL_RESPONSE} or {JSON}", code="NOT_ACCEPTABLE")
            client.admit()
            exchange.known, exchange.term = self._execution_of(scope)
            given = await self._given(scope, exchange, receive)
            if isinstance(given, list):
                status, body = 200, await self._answers(exchange, given)
            else:
                answer = self._prepare(exchange, given)
                if spec is not None and answer is None and _comes_in_parts(exchange):
                    form, media = IncrementalForm(spec), None
                if form is not None and self._is_stream(exchange, media):
                    with client.connection():
                        await self._stream(exchange, form, answer, receive, send)
                    return
                answer = answer or await self._answer(exchange)
                status = 400 if media == GRAPHQL_RESPONSE and not answer.executed else 200
                body = answer.encode()
                self._tell(exchange, answer, status, receive)
                if method == "GET":
                    more = self._cache_headers(exchange, answer, media, body)
                    status = 304 if status == 200 and _has(exchange, more) else status
        except (Unauthenticated, RateLimited, HttpError) as error:
            status, answer, more = refused(error)
            body = answer.encode()
            if isinstance(error, ClientGone):
                exchange.log().client_gone()
            else:
                exchange.log().failed(answer, status=status)
        except Exception as error:
            exchange.log().failed(fault(error), status=500)
            await self._send(send, exchange, 500, b"text/plain; charset=utf-8", b"Internal Server Error", [])
            return
        await self._send(send, exchange, status, f"{media or JSON}; charset=utf-8".encode(), body, more)

    async def _given(self, scope: Scope, exchange: _Exchange, receive: Receive) -> GivenRequest | list[GivenRequest]:
        match exchange.method:
            case "POST":
                require_json(exchange.headers)
                most = self._settings.max_body_bytes
                if exchange.whole is not None and exchange.whole.refuses_rest(most):
                    raise too_large(most)
                there = None if exchange.whole is None else exchange.whole.body()
                body = await read_body(receive, most) if there is None else require_length(there, most)
                exchange.client.spend_bytes(len(body))
                return requests_of_body(body, self._settings.max_batched_operations)
            case "GET":
                return request_of_url(scope["query_string"])
        raise HttpError(405, "use POST, or GET for queries", allow="GET, POST", code="METHOD_NOT_ALLOWED")

    def _prepare(self, exchange: _Exchange, given: GivenRequest) -> Answer | None:
        """Find the document; the answer that says what is wrong with it, None where all is well."""
        try:
            request = self._requests.of(given)
        except NoDocument as error:
            raise HttpError(400, f"not a GraphQL request: {error}") from None
        if isinstance(request, Answer):
            exchange.client.spend(REFUSED_COST)
            return request
        exchange.request = request
        document = exchange.document = exchange.execution.document(request)
        if isinstance(document, Answer):
            exchange.client.spend(REFUSED_COST)
            return document
        exchange.client.spend(exchange.execution.cost(document, request))
        operation = document.operation_type(request.operation_name)
        if exchange.method == "GET" and operation is OperationType.MUTATION:
            raise HttpError(405, "a mutation is sent with POST", allow="POST", code="METHOD_NOT_ALLOWED")
        return None

    async def _answer(self, exchange: _Exchange) -> Answer:
        document, request = exchange.document, exchange.request
        assert isinstance(document, Document)
        assert request is not None
        if document.operation_type(request.operation_name) is OperationType.SUBSCRIPTION:
            message = (
                "subscriptions go over a websocket at this address, subprotocol graphql-transport-ws; or accept "
                "text/event-stream or multipart/mixed;subscriptionSpec=1.0"
            )
            return refusal({"message": message, "extensions": {"code": BAD_USER_INPUT}})
        return await exchange.execution.run(document, request)

    def _tell(self, exchange: _Exchange, answer: Answer, status: int, receive: Receive) -> None:
        gone = _is_gone(receive) if exchange.whole is None else exchange.whole.is_gone
        if "errors" in answer.body:
            exchange.log().failed(answer, status=status, client_gone=gone)
        elif gone:
            exchange.log().client_gone()

    # ------------------------------------------------------------------ several operations at once

    async def _answers(self, exchange: _Exchange, batch: list[GivenRequest]) -> bytes:
        """The answers of a batch in its order. Together they may cost what one may."""
        parts = [replace(exchange) for _ in batch]
        prepared = [self._prepare(part, given) for part, given in zip(parts, batch, strict=True)]
        asked = [(part.document, part.request) for part in parts if isinstance(part.document, Document)]
        too_much = exchange.execution.refuse_together([(document, request) for document, request in asked if request])
        if too_much is not None:
            prepared = [too_much] * len(batch)
        answers = await asyncio.gather(*map(self._one_of_batch, parts, prepared))
        return b"[" + b",".join(answer.encode() for answer in answers) + b"]"

    async def _one_of_batch(self, exchange: _Exchange, prepared: Answer | None) -> Answer:
        answer = prepared or await self._answer(exchange)
        if "errors" in answer.body:
            exchange.log().failed(answer, status=200)
        return answer

    # ------------------------------------------------------------------ responses that stay open

    @staticmethod
    def _is_stream(exchange: _Exchange, media: str | None) -> bool:
        """Whether the answer comes as a stream: a subscription's does, others' where the client takes nothing else."""
        document, request = exchange.document, exchange.request
        if media is None or not isinstance(document, Document) or request is None:
            return media is None
        return document.operation_type(request.operation_name) is OperationType.SUBSCRIPTION

    async def _stream(
        self, exchange: _Exchange, form: StreamForm, refused: Answer | None, receive: Receive, send: Send
    ) -> None:
        """
        Args:
            refused: The answer, where the operation does not run.
        """
        stream = HttpStream(
            self._streams,
            form,
            receive,
            send,
            lambda _: exchange.log(),
            exchange.client,
            exchange.execution,
            term=exchange.term,
            is_of_one=True,
        )
        self._count(exchange.method, 200)
        await stream.open((HEADER, exchange.id.encode()))
        if refused is not None:
            await stream.operations.refuse("", refused)
        elif exchange.request is not None and isinstance(exchange.document, Document):
            try:
                stream.operations.start("", exchange.request, exchange.document)
            except RateLimited as limited:
                await stream.operations.refuse("", refusal(limited.error))
        await stream.serve()

    # ------------------------------------------------------------------ caches

    def _cache_headers(self, exchange: _Exchange, answer: Answer, media: str | None, body: bytes) -> Headers:
        """
        Whether a cache may keep the answer to a GET.

        Only that to a trusted document: its URL is short, and the operator has chosen it. It is for one caller alone.
        The tag is a hash of the answer. It spares sending the answer, not reading the entries, and is right whatever
        the operation reads.
        """
        if exchange.request is None or exchange.request.document_id is None or "errors" in answer.body:
            return [_NO_STORE]
        tag = hashlib.blake2b(body, digest_size=16, key=(media or JSON).encode()).hexdigest()
        seconds = self._settings.document_max_age_seconds
        fresh = f"private, max-age={seconds}" if seconds else "private, no-cache"
        return [(b"etag", f'W/"{tag}"'.encode()), (b"cache-control", fresh.encode()), _BY_CALLER]

    async def _send_page(self, send: Send, exchange: _Exchange, page: Page) -> None:
        more: Headers = [
            (b"etag", page.tag.encode()),
            (b"cache-control", b"no-cache"),
            (b"content-security-policy", page.policy),
        ]
        status, body = 200, page.html
        coding = self._coding(exchange)
        if _has(exchange, more):
            status = 304
        elif coding is not None:
            body = await page.packed(coding.name, coding.pack_once)
            more.append(coding.header)
        await self._send(send, exchange, status, b"text/html; charset=utf-8", body, more, is_packed=True)

    def _coding(self, exchange: _Exchange) -> Coding | None:
        """How the body is compressed, if it is."""
        return coding_for(exchange.header(b"accept-encoding")) if self._settings.compression else None

    async def _send(
        self,
        send: Send,
        exchange: _Exchange,
        status: int,
        content_type: bytes,
        body: bytes,
        more: Headers,
        *,
        is_packed: bool = False,
    ) -> None:
        vary = b"accept, accept-encoding" if self._settings.compression else b"accept"
        if status == 200 and not is_packed and (coding := self._coding(exchange)) is not None:
            packed = await packed_if_worth(body, coding)
            if packed is not None:
                body, more = packed, [*more, coding.header]
        headers: Headers = [(b"vary", vary), (HEADER, exchange.id.encode()), *more]
        exchange.client.spend_bytes(len(body))
        self._count(exchange.method, status)
        if exchange.whole is not None:
            headers.append((b"content-type", content_type))
            if exchange.whole.answer(status, headers, body):
                return
            headers.pop()
        if status == 304:
            body = b""
        else:
            headers += [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if exchange.method == "HEAD" else body})


def _form_of(accept: str) -> StreamForm | None:
    """How results come on a response that stays open; None where the client takes none."""
    if takes_events(accept):
        return _EVENTS
    return _PARTS if takes_parts(accept) else None


def _comes_in_parts(exchange: _Exchange) -> bool:
    """Whether an operation defers something. A subscription defers nothing."""
    document, request = exchange.document, exchange.request
    if not isinstance(document, Document) or document.incremental is None or request is None:
        return False
    return document.operation_type(request.operation_name) is not OperationType.SUBSCRIPTION


def _has(exchange: _Exchange, headers: Headers) -> bool:
    """Whether the client has what the headers' tag names."""
    known = exchange.header(b"if-none-match")
    tag = next((value.decode() for name, value in headers if name == b"etag"), None)
    return tag is not None and any(each.strip() in (tag, "*") for each in known.split(","))


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
