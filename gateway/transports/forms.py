"""How results are written on a connection that stays open: to a websocket, as server-sent events, in parts."""

from __future__ import annotations

from typing import Protocol

import orjson

from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.execution import GraphQLRequest
from hazelgate.gateway.graphql.incremental import Spec, spec_in


class Form(Protocol):
    """What one result, and the end of an operation, look like."""

    def spec(self, request: GraphQLRequest) -> Spec | None:
        """How the parts of an answer are written; None: everything comes in one result."""

    def result(self, operation_id: str, body: bytes) -> bytes:
        """A result, encoded already."""

    def end(self, operation_id: str, refused: Answer | None) -> bytes:
        """That there is no more; with the answer that says why, where the operation did not end as it should."""


class StreamForm(Form, Protocol):
    """The same over HTTP, where one response is one connection."""

    content_type: bytes
    opening: bytes
    """Sent at once, so that the client knows that the stream is there."""
    beat: bytes
    """Sent where nothing else was for a while: a proxy closes what is silent."""
    beat_seconds: float

    def farewell(self, reason: Answer | None) -> bytes:
        """What is sent before the connection closes; with the answer that says why it closes early."""


class WebsocketForm:
    """Messages of `graphql-transport-ws`."""

    def spec(self, request: GraphQLRequest) -> Spec | None:
        return spec_in(request.extensions)

    def result(self, operation_id: str, body: bytes) -> bytes:
        return b'{"id":%b,"type":"next","payload":%b}' % (orjson.dumps(operation_id), body)

    def end(self, operation_id: str, refused: Answer | None) -> bytes:
        if refused is None:
            return orjson.dumps({"id": operation_id, "type": "complete"})
        return orjson.dumps({"id": operation_id, "type": "error", "payload": refused.body["errors"]})


class EventsForm:
    """
    Server-sent events of one operation: graphql-sse's distinct connections.

    https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md describes both forms. Errors come as results, since
    a browser's EventSource tells nothing of a response that is not 200. A stream that ends without `complete` was cut.
    """

    content_type = b"text/event-stream; charset=utf-8"
    opening = b":\n\n"
    beat = b":\n\n"
    beat_seconds = 12.0

    def spec(self, request: GraphQLRequest) -> Spec | None:
        return spec_in(request.extensions)

    def result(self, operation_id: str, body: bytes) -> bytes:
        return b"event: next\ndata: %b\n\n" % body

    def end(self, operation_id: str, refused: Answer | None) -> bytes:
        told = b"" if refused is None else self.result(operation_id, refused.encode())
        return told + b"event: complete\ndata: \n\n"

    def farewell(self, reason: Answer | None) -> bytes:
        return b""


class SharedEventsForm(EventsForm):
    """Server-sent events of several operations, each with its id: graphql-sse's single connection."""

    def result(self, operation_id: str, body: bytes) -> bytes:
        return b'event: next\ndata: {"id":%b,"payload":%b}\n\n' % (orjson.dumps(operation_id), body)

    def end(self, operation_id: str, refused: Answer | None) -> bytes:
        told = b"" if refused is None else self.result(operation_id, refused.encode())
        return told + b'event: complete\ndata: {"id":%b}\n\n' % orjson.dumps(operation_id)


class PartsForm:
    """
    The parts of Apollo's multipart subscriptions.

    https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol describes them. A
    part counts once the boundary behind it has come, so the boundary goes along with each.
    """

    content_type = b'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
    opening = b"--graphql"
    beat = b"\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql"
    beat_seconds = 5.0

    def spec(self, request: GraphQLRequest) -> Spec | None:
        return None

    def result(self, operation_id: str, body: bytes) -> bytes:
        return _part(b'{"payload":%b}' % body)

    def end(self, operation_id: str, refused: Answer | None) -> bytes:
        if refused is None:
            return b""
        return _part(orjson.dumps({"payload": None, "errors": refused.body["errors"]}))

    def farewell(self, reason: Answer | None) -> bytes:
        return self.end("", reason) + b"--\r\n"


class IncrementalForm:
    """
    The parts of one answer, with `@defer` and `@stream`.

    https://github.com/graphql/graphql-over-http/blob/main/rfcs/IncrementalDelivery.md describes them. Nothing is sent
    while nothing comes: the operation's deadline is shorter than proxies wait.
    """

    opening = b"--graphql"
    beat = b""
    beat_seconds = 3_600.0

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self.content_type = b'multipart/mixed;boundary="graphql";%b' % spec.parameter.encode()

    def spec(self, request: GraphQLRequest) -> Spec | None:
        return self._spec

    def result(self, operation_id: str, body: bytes) -> bytes:
        return _part(body)

    def end(self, operation_id: str, refused: Answer | None) -> bytes:
        return b"" if refused is None else _part(orjson.dumps({**refused.body, "hasNext": False}))

    def farewell(self, reason: Answer | None) -> bytes:
        return self.end("", reason) + b"--\r\n"


def _part(body: bytes) -> bytes:
    return b"\r\ncontent-type: application/json\r\n\r\n%b\r\n--graphql" % body
