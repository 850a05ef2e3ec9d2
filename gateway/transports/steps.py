"""The steps from a request over HTTP to its answer: the same for each way that requests take."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from graphql import OperationType
from msgspec.structs import replace
from starlette.types import Receive, Scope, Send

from hazelgate.gateway.door.rates import REFUSED_COST, RateLimited, Rates
from hazelgate.gateway.errors import BAD_USER_INPUT
from hazelgate.gateway.graphql.answers import Answer, fault, refusal
from hazelgate.gateway.graphql.documents import Document
from hazelgate.gateway.graphql.point_reads import PointRead
from hazelgate.gateway.graphql.requests import GivenRequest, NoDocument, Requests
from hazelgate.gateway.transports.compression import Coding, coding_for, is_worth, packed_if_worth
from hazelgate.gateway.transports.exchanges import Exchange, Headers, Reply, content_type
from hazelgate.gateway.transports.media import GRAPHQL_RESPONSE, JSON
from hazelgate.gateway.transports.reading import (
    ClientGone,
    ExecutionOf,
    HttpError,
    refused,
    requests_of_body,
    require_length,
)
from hazelgate.gateway.transports.request_ids import HEADER
from hazelgate.sourcing.errors import Unauthenticated

_EMPTY_BODY_AND_MORE = 2
_NO_STORE = (b"cache-control", b"no-store")
_BY_CALLER = (b"vary", b"authorization, x-api-key")
"""A browser that keeps an answer gives it to nobody who asks with other credentials."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What an operator can set of it; each is described among the gateway's settings."""

    max_body_bytes: int
    max_batched_operations: int = 0
    compression: bool = True
    document_max_age_seconds: int = 0


class Steps:
    """
    What happens to each request, in this order: `admit`, `taken`, `prepare`, `answer`, `reply`, `send`.

    Args:
        execution_of: What executes the operations of a request's caller, and for how many seconds.
        requests: The documents that clients may name.
        count: Told the status of every answer, for the metrics.
        rates: How much one client may take.
    """

    def __init__(
        self,
        execution_of: ExecutionOf,
        requests: Requests,
        settings: HttpSettings,
        *,
        count: Callable[[str, int], None],
        rates: Rates,
    ) -> None:
        self.rates = rates
        self._execution_of = execution_of
        self._requests = requests
        self._settings = settings
        self.max_body_bytes = settings.max_body_bytes
        self.count = count
        self._vary = b"accept, accept-encoding" if settings.compression else b"accept"

    def admit(self, exchange: Exchange, scope: Scope) -> None:
        """
        Let a request in, and find out what executes its operations.

        Raises:
            RateLimited: Its client has asked for too much just before.
            Unauthenticated: Its caller has shown no credentials, and needs some.
        """
        exchange.client.admit()
        exchange.known, exchange.term = self._execution_of(scope)

    def taken(self, exchange: Exchange, body: bytes) -> GivenRequest | list[GivenRequest]:
        """
        The request, or those of a batch, of a body that is there.

        Raises:
            HttpError: It is too long, or no request.
        """
        require_length(body, self.max_body_bytes)
        exchange.client.spend_bytes(len(body))
        return requests_of_body(body, self._settings.max_batched_operations)

    def prepare(self, exchange: Exchange, given: GivenRequest) -> Answer | None:
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

    async def answer(self, exchange: Exchange) -> Answer:
        """Execute what was prepared."""
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

    def begin_point(self, exchange: Exchange, answered: Callable[[PointRead], None]) -> bool:
        """Begin what was prepared as the read of one entry, in place of `answer`; false where it is none."""
        document, request = exchange.document, exchange.request
        if not isinstance(document, Document) or request is None:
            return False
        return exchange.execution.point(document, request, answered)

    def tell_gone(self, exchange: Exchange) -> None:
        """Tell in the log where nobody takes an answer that has no errors."""
        if exchange.whole is not None and exchange.whole.is_gone:
            exchange.log().client_gone()

    def _tell(self, exchange: Exchange, answer: Answer, status: int, receive: Receive | None) -> None:
        gone = exchange.whole.is_gone if exchange.whole is not None else receive is not None and _is_gone(receive)
        if "errors" in answer.body:
            exchange.log().failed(answer, status=status, client_gone=gone)
        elif gone:
            exchange.log().client_gone()

    def reply(self, exchange: Exchange, answer: Answer, media: str | None, receive: Receive | None = None) -> Reply:
        """What is sent of an answer."""
        status = 400 if media == GRAPHQL_RESPONSE and not answer.executed else 200
        body = answer.encode()
        self._tell(exchange, answer, status, receive)
        more: Headers = []
        if exchange.method == "GET":
            more = self._cache_headers(exchange, answer, media, body)
            status = 304 if status == 200 and has(exchange, more) else status
        return Reply(status, content_type(media), body, more)

    async def reply_to_batch(self, exchange: Exchange, batch: list[GivenRequest], media: str | None) -> Reply:
        """What is sent of the answers of a batch."""
        return Reply(200, content_type(media), await self._answers(exchange, batch), [])

    @staticmethod
    def failed(exchange: Exchange, error: Exception, media: str | None) -> Reply:
        """What is sent, and told in the log, where a request is refused or has gone wrong."""
        if not isinstance(error, Unauthenticated | RateLimited | HttpError):
            exchange.log().failed(fault(error), status=500)
            return Reply(500, b"text/plain; charset=utf-8", b"Internal Server Error", [])
        status, answer, more = refused(error)
        if isinstance(error, ClientGone):
            exchange.log().client_gone()
        else:
            exchange.log().failed(answer, status=status)
        return Reply(status, content_type(media), answer.encode(), more)

    # ------------------------------------------------------------------ several operations at once

    async def _answers(self, exchange: Exchange, batch: list[GivenRequest]) -> bytes:
        """The answers of a batch in its order. Together they may cost what one may."""
        parts = [replace(exchange) for _ in batch]
        prepared = [self.prepare(part, given) for part, given in zip(parts, batch, strict=True)]
        asked = [(part.document, part.request) for part in parts if isinstance(part.document, Document)]
        too_much = exchange.execution.refuse_together([(document, request) for document, request in asked if request])
        if too_much is not None:
            prepared = [too_much] * len(batch)
        answers = await asyncio.gather(*map(self._one_of_batch, parts, prepared))
        return b"[" + b",".join(answer.encode() for answer in answers) + b"]"

    async def _one_of_batch(self, exchange: Exchange, prepared: Answer | None) -> Answer:
        answer = prepared or await self.answer(exchange)
        if "errors" in answer.body:
            exchange.log().failed(answer, status=200)
        return answer

    # ------------------------------------------------------------------ caches

    def _cache_headers(self, exchange: Exchange, answer: Answer, media: str | None, body: bytes) -> Headers:
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

    def coding(self, exchange: Exchange) -> Coding | None:
        """How the body is compressed, if it is."""
        return coding_for(exchange.header(b"accept-encoding")) if self._settings.compression else None

    async def send(self, send: Send, exchange: Exchange, reply: Reply, *, is_packed: bool = False) -> None:
        """Send a reply, compressed where that is worth it."""
        status, kind, body, more = reply
        if status == 200 and not is_packed and (coding := self.coding(exchange)) is not None:
            packed = await packed_if_worth(body, coding)
            if packed is not None:
                body, more = packed, [*more, coding.header]
        headers = self._headers(exchange, status, body, more)
        if exchange.whole is not None and exchange.whole.answer(status, [*headers, (b"content-type", kind)], body):
            return
        if status == 304:
            body = b""
        else:
            headers += [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if exchange.method == "HEAD" else body})

    def give(self, exchange: Exchange, kind: bytes, body: bytes) -> bool:
        """Send a reply with status 200 at once; false, and nothing is sent, where it is compressed or has to wait."""
        whole = exchange.whole
        assert whole is not None, "it takes the answer as a whole"
        if not whole.is_open or (is_worth(body) and self.coding(exchange) is not None):
            return False
        headers = self._headers(exchange, 200, body, [])
        headers.append((b"content-type", kind))
        return whole.answer(200, headers, body)

    def _headers(self, exchange: Exchange, status: int, body: bytes, more: Headers) -> Headers:
        """Those of a reply that is sent now."""
        self._spend(exchange, status, body)
        return [(b"vary", self._vary), (HEADER, exchange.id.encode()), *more]

    def _spend(self, exchange: Exchange, status: int, body: bytes) -> None:
        exchange.client.spend_bytes(len(body))
        self.count(exchange.method, status)


def has(exchange: Exchange, headers: Headers) -> bool:
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
