"""uvicorn's HTTP protocol, with bounds on what a client may send, and on how long it may take."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hazelgate.gateway.door.refusals import Reason, Refusals
from hazelgate.gateway.door.repeated import RepeatedCycle, RepeatedHead
from hazelgate.gateway.door.shortcut import Shortcut
from hazelgate.gateway.door.unfinished import ConnectionLimits, Unfinished
from hazelgate.gateway.door.whole import CYCLE, DROPPED_BYTES

_DROPPED_AT_MOST = 32 * 1024 * 1024
_MOST_HEADS = 8
"""A client whose heads change with each request goes the usual way without more looks."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """
    One connection.

    The parser takes headers of any length and waits for any time. Here a request has to be there in time, its headers
    within bounds. A timer runs only while a part of a request is missing: a request that comes in one piece has none.

    Args:
        limits: The bounds.
        unfinished: Those that wait for the rest of a request.
        refusals: Told of each that is beyond a bound.
        shortcut: Answers requests whose head has come before; None: nobody does.
    """

    def __init__(
        self,
        *given: Any,
        limits: ConnectionLimits,
        unfinished: Unfinished,
        refusals: Refusals,
        shortcut: Shortcut | None = None,
        **named: Any,
    ) -> None:
        super().__init__(*given, **named)
        self._shortcut = shortcut
        self._head: RepeatedHead | None = None
        self._heads_left = 0 if shortcut is None else _MOST_HEADS
        self._messages = 0
        self._answered_at = -math.inf
        self._limits = limits
        self._unfinished = unfinished
        self._refusals = refusals
        self._timer: asyncio.TimerHandle | None = None
        self._waits_for: Reason | None = None
        """Which time limit the timer is of."""
        self._in_headers = True
        self._in_message = False
        self._came = 0
        """Bytes since the last request was complete, while its headers are not; of its body from then on."""
        self._is_refused = False

    # ------------------------------------------------------------------ the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch(True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch(False)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        is_first = not self._in_message and not self._came and self._is_idle
        if is_first and self._head is not None and self._take(self._head, data):
            return
        messages = self._messages
        self._receive(data)
        if is_first and self._heads_left and messages and self._messages == messages + 1 and not self._in_message:
            self._learn(data)

    def _receive(self, data: bytes) -> None:
        if self._in_headers:
            self._came += len(data)
        elif self._drops:
            self._drop(data)
            return
        super().data_received(data)
        if self.is_over:
            return
        if self._in_message and self._in_headers and self._came > self._limits.max_header_bytes:
            self._refuse_headers(f"more than {self._limits.max_header_bytes:,} bytes of headers")
            return
        self._watch(self._in_message)

    # ------------------------------------------------------------------ heads that come again

    @property
    def _is_idle(self) -> bool:
        """Whether nothing is asked just now."""
        cycle = cast(RequestResponseCycle | None, self.cycle)
        return (cycle is None or cycle.response_complete) and not self.flow.write_paused

    def _learn(self, data: bytes) -> None:
        """Keep the head of a request that has come in one piece, behind another one on its connection."""
        self._heads_left -= 1
        self._head = None
        if self._shortcut is None or self.is_over:
            return
        judged = self._shortcut.judge(self.cycle)
        if judged is not None:
            self._head = RepeatedHead.of(data, judged)

    def _take(self, head: RepeatedHead, data: bytes) -> bool:
        """Answer a request whose head is known; false where it is none, or has to take the usual way."""
        body = head.body_in(data)
        if body is None or self._shortcut is None or self.transport.is_closing():
            return False
        before = self.cycle
        self.cycle = made = RepeatedCycle(self, self._has_answered)
        if not self._shortcut.take(head.judged, self.client, made, body, self._start):
            self.cycle = before
            return False
        return True

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what is left of a request, as uvicorn runs the app."""
        task = self.loop.create_task(work)
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def _has_answered(self) -> None:
        """As `on_response_complete`. The timer of an idle connection is left as it is, and looks when it fires."""
        if self.pipeline or self.timeout_keep_alive_task is None:
            self.on_response_complete()
        else:
            self.server_state.total_requests += 1
            self._answered_at = self.loop.time()

    def timeout_keep_alive_handler(self) -> None:
        """Called by the timer of an idle connection: close it, unless it was used meanwhile."""
        now = self.loop.time()
        until = (self._answered_at if self._is_idle else now) + self.timeout_keep_alive
        if until <= now:
            super().timeout_keep_alive_handler()
        else:
            self.timeout_keep_alive_task = self.loop.call_at(until, self.timeout_keep_alive_handler)

    # ------------------------------------------------------------------ bodies that were refused

    @property
    def _drops(self) -> bool:
        """Whether the request is answered, and nobody looks at the rest of its body."""
        cycle = cast(RequestResponseCycle | None, self.cycle)
        return cycle is not None and DROPPED_BYTES in cycle.scope

    def _drop(self, data: bytes) -> None:
        """
        Take a part of a body that was refused. Its client may read the answer only once it has sent all.

        The parser would copy each byte.
        """
        self._came += len(data)
        body_bytes: int = cast(dict[str, Any], self.cycle.scope)[DROPPED_BYTES]
        if self._came >= min(body_bytes, _DROPPED_AT_MOST):
            self.drop()

    def handle_websocket_upgrade(self) -> None:
        self._watch(False)
        if not self._is_refused:
            super().handle_websocket_upgrade()

    def shutdown(self) -> None:
        self._watch(False)
        super().shutdown()

    def drop(self) -> None:
        """Close it without a word."""
        self._is_refused = True
        self._watch(False)
        self.transport.close()

    # ------------------------------------------------------------------ what the parser tells

    def on_message_begin(self) -> None:
        self._messages += 1
        self._in_message = self._in_headers = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._came = 0
        limits = self._limits
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > limits.max_header_bytes:
            self._refuse_headers(f"{size:,} bytes of headers, at most {limits.max_header_bytes:,}")
        elif len(self.headers) > limits.max_headers:
            self._refuse_headers(f"{len(self.headers):,} headers, at most {limits.max_headers:,}")
        else:
            super().on_headers_complete()
            self.scope[CYCLE] = self.cycle  # type: ignore[literal-required]  # ours, beside those of ASGI

    def on_body(self, body: bytes) -> None:
        if not self._is_refused:
            self._came += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_message = False
        self._in_headers = True
        self._came = 0
        if not self._is_refused:
            super().on_message_complete()

    # ------------------------------------------------------------------ the bounds

    def _watch(self, is_unfinished: bool) -> None:
        """Let the timer run while, and only while, a part of a request is missing."""
        wanted = None
        if is_unfinished:
            wanted = Reason.HEADER_TIME if self._in_headers else Reason.BODY_TIME
        if wanted is self._waits_for:
            return
        self._waits_for = wanted
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wanted is None:
            self._unfinished.remove(self)
            return
        self._unfinished.add(self, self._address)
        self._start_timer(wanted)

    def _start_timer(self, wanted: Reason) -> None:
        limits = self._limits
        seconds = limits.header_timeout_seconds if wanted is Reason.HEADER_TIME else limits.body_timeout_seconds
        self._timer = self.loop.call_later(seconds, self._time_is_up, wanted, seconds)

    def _time_is_up(self, reason: Reason, seconds: float) -> None:
        if reason is Reason.BODY_TIME and self.flow.read_paused:  # it is we who do not read
            self._start_timer(reason)
            return
        part = "headers" if reason is Reason.HEADER_TIME else "a body"
        self._refusals.add(reason, f"{part} took longer than {seconds:g} seconds", self._address)
        if self._in_message and not self._drops:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"{part} took too long")
        else:
            self.drop()

    def _refuse_headers(self, why: str) -> None:
        self._refusals.add(Reason.HEADER_SIZE, why, self._address)
        self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, why)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        cycle = cast(RequestResponseCycle | None, self.cycle)
        if cycle is None or cycle.response_complete:
            self._answer(status, why)
        elif not cycle.response_started and not self.pipeline:
            cycle.response_started = cycle.response_complete = cycle.disconnected = True
            cycle.message_event.set()
            self._answer(status, why)
        self.drop()

    def _answer(self, status: HTTPStatus, why: str) -> None:
        body = why.encode()
        head = (
            f"HTTP/1.1 {status} {status.phrase}\r\n"
            "content-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is taken from it."""
        return self._is_refused or self.transport.is_closing()

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else "unknown"
