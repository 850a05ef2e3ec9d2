"""
A head that comes again on its connection, byte for byte except for the length of its body.

A program sends the same headers with each request. uvicorn's parser calls Python for each header, and then come a
scope, a task and a look at each header. A head that was parsed and judged once needs none of that: the same bytes are
judged alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from starlette.types import Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from hazelgate.gateway.door.whole import Whole

Admits = Callable[[Scope], bool]
"""Whether the caller of a request is known at once. Its scope gets it then."""
Start = Callable[[Coroutine[Any, Any, None]], None]
"""Runs what is left of a request as a task."""

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})(?=[ \t]*\r\n)", re.IGNORECASE)
_END = b"\r\n\r\n"
_MOST_DIGITS = 9
_LONGEST_HEAD = 4_096
"""Each connection keeps one."""
_OF_ONE_REQUEST = frozenset((b"transfer-encoding", b"expect", b"upgrade", b"x-request-id"))
"""A head with one of these is not the usual one, or does not come again."""


@dataclass(frozen=True, slots=True)
class Judged:
    """
    What a head alone decides.

    Args:
        headers: By their names; of two the last one counts.
        terms: What the handler has made of them.
        admits: Asked of each request, as credentials hold for a time; else the request takes the usual way.
    """

    headers: Mapping[bytes, bytes]
    terms: Any
    admits: Admits


class PlainHandler(Protocol):
    """Answers requests that are there in full, without ASGI's scope, `receive` and task."""

    def terms_of(self, headers: Mapping[bytes, bytes]) -> Any | None:
        """What the headers decide; None where each request has to be looked at by itself."""

    def take(self, terms: Any, scope: Scope, whole: Whole, body: bytes, send: Send, start: Start) -> None:
        """
        Answer a request, now or later. Never raises.

        Args:
            scope: Of the caller alone: its address, and who it is.
            send: As ASGI has it, for an answer that can't be given as a whole.
            start: What runs a coroutine as a task.
        """


class RepeatedHead:
    """
    A head that has come, and what it decides.

    Args:
        before: Up to the digits of its body's length.
        behind: What comes behind them, with the empty line.
    """

    __slots__ = ("_before", "_behind", "judged")

    def __init__(self, before: bytes, behind: bytes, judged: Judged) -> None:
        self._before = before
        self._behind = behind
        self.judged = judged

    @classmethod
    def of(cls, request: bytes, judged: Judged) -> RepeatedHead | None:
        """That of a whole request; None where it is not clear where its body begins, or is too long to be kept."""
        end = request.find(_END, 0, _LONGEST_HEAD)
        if end < 0:
            return None
        head = request[: end + len(_END)]
        lengths = list(_LENGTH.finditer(head))
        if len(lengths) != 1 or len(request) - len(head) != int(lengths[0][1]):
            return None
        first, last = lengths[0].span(1)
        return cls(head[:first], head[last:], judged)

    def body_in(self, data: bytes) -> bytes | None:
        """The body, where the data are one whole request with this head; None where they are anything else."""
        before, behind = self._before, self._behind
        if not data.startswith(before):
            return None
        first = len(before)
        last = data.find(behind, first, first + _MOST_DIGITS + len(behind))
        digits = data[first:last]
        if last < 0 or not digits.isdigit():
            return None
        body = data[last + len(behind) :]
        return body if len(body) == int(digits) else None


class RepeatedCycle(RequestResponseCycle):
    """
    uvicorn's state of a request that has come in one piece, with a head that is known.

    Most of the state is the same for all of these, so it belongs to the class.
    """

    scope: Any = MappingProxyType({"method": "POST"})
    access_log = False
    more_body = False
    waiting_for_100_continue = False
    disconnected = False
    keep_alive = True
    response_started = False
    response_complete = False
    chunked_encoding = None
    expected_content_length = 0

    def __init__(self, made_by: Any, on_response: Callable[[], None]) -> None:
        self.transport = made_by.transport
        self.flow = made_by.flow
        self.default_headers = made_by.server_state.default_headers
        self.message_event = _NOBODY_WAITS
        self.on_response = on_response


class _NobodyWaits:
    """The event of a request that is there in full."""

    def set(self) -> None:
        """Nothing."""

    def clear(self) -> None:
        """Nothing."""


_NOBODY_WAITS: Any = _NobodyWaits()


def is_repeatable(cycle: RequestResponseCycle, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a head is one of those that come again, and say nothing of the connection."""
    scope = cycle.scope
    return (
        cycle.keep_alive
        and scope["http_version"] == "1.1"
        and not scope["query_string"]
        and headers.get(b"connection", b"keep-alive").lower() == b"keep-alive"
        and _OF_ONE_REQUEST.isdisjoint(headers)
    )
