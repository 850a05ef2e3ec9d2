"""One request over HTTP on its way to its answer."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from hazelgate.gateway.door.rates import Client
from hazelgate.gateway.door.whole import Whole
from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.documents import Document
from hazelgate.gateway.graphql.execution import Execution, GraphQLRequest
from hazelgate.gateway.terms import ENDLESS, Term
from hazelgate.gateway.transports.failures import RequestLog
from hazelgate.gateway.transports.media import JSON

Headers = list[tuple[bytes, bytes]]


class Reply(NamedTuple):
    """What is sent."""

    status: int
    kind: bytes
    """Its `Content-Type`."""
    body: bytes
    more: Headers


def content_type(media: str | None) -> bytes:
    """The `Content-Type` of an answer; of plain JSON where nothing was agreed on."""
    return f"{media or JSON}; charset=utf-8".encode()


class Exchange(msgspec.Struct, eq=False):
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
