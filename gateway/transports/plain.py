"""
Requests whose head has come before on their connection, and whose body is there: they need no ASGI.

Their steps are those of all requests. The read of one entry is answered as soon as the entry is there, without a task.
"""

from __future__ import annotations

import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Scope, Send

from hazelgate.gateway.door.repeated import Start
from hazelgate.gateway.door.whole import Whole
from hazelgate.gateway.graphql.documents import Document
from hazelgate.gateway.graphql.point_reads import PointRead
from hazelgate.gateway.transports.exchanges import Exchange, Reply, content_type
from hazelgate.gateway.transports.media import negotiate
from hazelgate.gateway.transports.reading import HttpError, require_json
from hazelgate.gateway.transports.request_ids import request_id
from hazelgate.gateway.transports.steps import Steps
from hazelgate.gateway.transports.streams import form_of, takes_incremental


@dataclass(frozen=True, slots=True)
class PlainTerms:
    """What the headers of a POST decide that gets one answer."""

    headers: dict[bytes, str]
    media: str
    kind: bytes
    """The answer's `Content-Type`."""


class PlainPosts:
    """
    What answers them.

    Args:
        steps: Those of all requests.
    """

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def terms_of(self, headers: Mapping[bytes, bytes]) -> PlainTerms | None:
        """What the headers decide; None where they may have the request refused, or answered by a stream."""
        named = {name: value.decode("latin-1") for name, value in headers.items()}
        accept = named.get(b"accept", "")
        media = negotiate(accept)
        if media is None or form_of(accept) is not None or takes_incremental(accept) is not None:
            return None
        try:
            require_json(named)
        except HttpError:
            return None
        return PlainTerms(named, media, content_type(media))

    def take(self, terms: PlainTerms, scope: Scope, whole: Whole, body: bytes, send: Send, start: Start) -> None:
        """Answer a request, now or later. Never raises."""
        client = self._steps.rates.client(scope)
        exchange = Exchange(request_id(None), "POST", time.perf_counter(), terms.headers, client, whole=whole)
        Plain(self._steps, exchange, terms, send, start).go(scope, body)


class Plain:
    """One of them on its way."""

    __slots__ = ("_exchange", "_send", "_start", "_steps", "_terms")

    def __init__(self, steps: Steps, exchange: Exchange, terms: PlainTerms, send: Send, start: Start) -> None:
        self._steps = steps
        self._exchange = exchange
        self._terms = terms
        self._send = send
        self._start = start

    def go(self, scope: Scope, body: bytes) -> None:
        """From the body to the answer, or to a read that brings it, or to a task."""
        steps, exchange = self._steps, self._exchange
        try:
            steps.admit(exchange, scope)
            given = steps.taken(exchange, body)
            if isinstance(given, list):
                self._start(self._finish(steps.reply_to_batch(exchange, given, self._terms.media)))
                return
            refused = steps.prepare(exchange, given)
            if refused is not None:
                self._reply(steps.reply(exchange, refused, self._terms.media))
            elif not steps.begin_point(exchange, self._answered):
                self._start(self._finish(self._run()))
        except Exception as error:
            self._reply(steps.failed(exchange, error, self._terms.media))

    def _answered(self, point: PointRead) -> None:
        """Called as the read of one entry has ended."""
        steps, exchange, kind = self._steps, self._exchange, self._terms.kind
        try:
            data = exchange.execution.data_of(point)
            if data is None:
                self._start(self._finish(self._run_after(point)))
                return
            steps.tell_gone(exchange)
            if not steps.give(exchange, kind, data):
                self._reply(Reply(200, kind, data, []))
        except Exception as error:
            self._reply(steps.failed(exchange, error, self._terms.media))

    def _reply(self, reply: Reply) -> None:
        self._start(self._steps.send(self._send, self._exchange, reply))

    async def _run(self) -> Reply:
        answer = await self._steps.answer(self._exchange)
        return self._steps.reply(self._exchange, answer, self._terms.media)

    async def _run_after(self, point: PointRead) -> Reply:
        exchange = self._exchange
        document, request = exchange.document, exchange.request
        assert isinstance(document, Document)
        assert request is not None
        answer = await exchange.execution.run_after(point, document, request)
        return self._steps.reply(exchange, answer, self._terms.media)

    async def _finish(self, work: Coroutine[Any, Any, Reply]) -> None:
        try:
            reply = await work
        except Exception as error:
            reply = self._steps.failed(self._exchange, error, self._terms.media)
        await self._steps.send(self._send, self._exchange, reply)
