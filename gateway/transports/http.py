"""GraphQL over HTTP: POST for everything, GET for queries, GraphiQL for browsers."""

from __future__ import annotations

import time

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from hazelgate.gateway.door.rates import RateLimited
from hazelgate.gateway.door.whole import whole_of
from hazelgate.gateway.graphiql import Page
from hazelgate.gateway.graphql.answers import Answer, refusal
from hazelgate.gateway.graphql.documents import Document
from hazelgate.gateway.graphql.requests import GivenRequest
from hazelgate.gateway.transports.exchanges import Exchange, Headers, Reply
from hazelgate.gateway.transports.forms import IncrementalForm, StreamForm
from hazelgate.gateway.transports.media import GRAPHQL_RESPONSE, HTML, JSON, negotiate
from hazelgate.gateway.transports.reading import HttpError, read_body, request_of_url, require_json, too_large
from hazelgate.gateway.transports.request_ids import HEADER, request_id
from hazelgate.gateway.transports.steps import Steps, has
from hazelgate.gateway.transports.streams import HttpStream, StreamSettings, form_of, takes_incremental


class GraphQLOverHttp:
    """
    The HTTP side of /graphql as an ASGI app.

    Args:
        steps: What happens to each request.
        streams: What responses that stay open have.
        page: The page for browsers, or None where they get none.
    """

    def __init__(self, steps: Steps, streams: StreamSettings, *, page: Page | None) -> None:
        self._steps = steps
        self._streams = streams
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        steps = self._steps
        method: str = scope["method"]
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        client = steps.rates.client(scope)
        exchange = Exchange(request_id(headers.get(HEADER)), method, time.perf_counter(), headers, client)
        exchange.whole = whole_of(scope)
        accept = exchange.header(b"accept")
        media = negotiate(accept, html=method in ("GET", "HEAD") and self._page is not None)
        if media == HTML and self._page is not None:
            await self._send_page(send, exchange, self._page)
            return
        try:
            form, spec = form_of(accept), takes_incremental(accept)
            if media is None and form is None and spec is None:
                raise HttpError(406, f"answers are {GRAPHQL_RESPONSE} or {JSON}", code="NOT_ACCEPTABLE")
            steps.admit(exchange, scope)
            given = await self._given(scope, exchange, receive)
            if isinstance(given, list):
                reply = await steps.reply_to_batch(exchange, given, media)
            else:
                answer = steps.prepare(exchange, given)
                if spec is not None and answer is None and _comes_in_parts(exchange):
                    form, media = IncrementalForm(spec), None
                if form is not None and self._is_stream(exchange, media):
                    with client.connection():
                        await self._stream(exchange, form, answer, receive, send)
                    return
                reply = steps.reply(exchange, answer or await steps.answer(exchange), media, receive)
        except Exception as error:
            reply = steps.failed(exchange, error, media)
        await steps.send(send, exchange, reply)

    async def _given(self, scope: Scope, exchange: Exchange, receive: Receive) -> GivenRequest | list[GivenRequest]:
        match exchange.method:
            case "POST":
                require_json(exchange.headers)
                most = self._steps.max_body_bytes
                if exchange.whole is not None and exchange.whole.refuses_rest(most):
                    raise too_large(most)
                there = None if exchange.whole is None else exchange.whole.body()
                return self._steps.taken(exchange, await read_body(receive, most) if there is None else there)
            case "GET":
                return request_of_url(scope["query_string"])
        raise HttpError(405, "use POST, or GET for queries", allow="GET, POST", code="METHOD_NOT_ALLOWED")

    # ------------------------------------------------------------------ responses that stay open

    @staticmethod
    def _is_stream(exchange: Exchange, media: str | None) -> bool:
        """Whether the answer comes as a stream: a subscription's does, others' where the client takes nothing else."""
        document, request = exchange.document, exchange.request
        if media is None or not isinstance(document, Document) or request is None:
            return media is None
        return document.operation_type(request.operation_name) is OperationType.SUBSCRIPTION

    async def _stream(
        self, exchange: Exchange, form: StreamForm, refused: Answer | None, receive: Receive, send: Send
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
        self._steps.count(exchange.method, 200)
        await stream.open((HEADER, exchange.id.encode()))
        if refused is not None:
            await stream.operations.refuse("", refused)
        elif exchange.request is not None and isinstance(exchange.document, Document):
            try:
                stream.operations.start("", exchange.request, exchange.document)
            except RateLimited as limited:
                await stream.operations.refuse("", refusal(limited.error))
        await stream.serve()

    async def _send_page(self, send: Send, exchange: Exchange, page: Page) -> None:
        more: Headers = [
            (b"etag", page.tag.encode()),
            (b"cache-control", b"no-cache"),
            (b"content-security-policy", page.policy),
        ]
        status, body = 200, page.html
        coding = self._steps.coding(exchange)
        if has(exchange, more):
            status = 304
        elif coding is not None:
            body = await page.packed(coding.name, coding.pack_once)
            more.append(coding.header)
        reply = Reply(status, b"text/html; charset=utf-8", body, more)
        await self._steps.send(send, exchange, reply, is_packed=True)


def _comes_in_parts(exchange: Exchange) -> bool:
    """Whether an operation defers something. A subscription defers nothing."""
    document, request = exchange.document, exchange.request
    if not isinstance(document, Document) or document.incremental is None or request is None:
        return False
    return document.operation_type(request.operation_name) is not OperationType.SUBSCRIPTION
