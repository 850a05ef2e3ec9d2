"""
A request that is there in full, and its answer in one piece: what `receive` and `send` do in several steps.

An answer by ASGI is two messages, each handed through every middleware, and two writes. Most requests need none of
that: they are there as a whole when they are looked at, and so is their answer. `Whole` takes and gives both at once.
It works on the state that `receive` and `send` work on: who has taken the body here finds none there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

CYCLE = "hazelgate.cycle"
"""In the scope of a request: uvicorn's state of it."""
DROPPED_BYTES = "hazelgate.dropped-bytes"
"""In the scope of a request that is answered though a part of its body is missing: how many bytes the body has."""
WHOLE = "hazelgate.whole"
"""In the scope of a request whose answer may be given as a whole."""
_COPIED_BYTES = 16_384
"""A longer body is not copied behind its head."""


class Whole:
    """
    One request, and its answer.

    Args:
        cycle: Uvicorn's state of it.
        added: Headers that every answer has, as they are written.
    """

    __slots__ = ("_added", "_cycle", "_dropped_bytes")

    def __init__(self, cycle: RequestResponseCycle, added: bytes) -> None:
        self._cycle = cycle
        self._added = added
        self._dropped_bytes: int | None = None

    def body(self) -> bytes | None:
        """The body, once; None where a part of it is missing."""
        cycle = self._cycle
        if cycle.more_body or cycle.disconnected or cycle.waiting_for_100_continue:
            return None
        body = bytes(cycle.body)
        cycle.body = bytearray()
        cycle.message_event.clear()
        cycle.flow.resume_reading()
        return body

    def refuses_rest(self, most: int) -> bool:
        """
        Whether a part of the body is missing, and the body says that it has more bytes than that.

        Then the answer may come at once. The rest is taken and dropped, and the connection closes behind it.
        """
        cycle = self._cycle
        if not cycle.more_body or cycle.disconnected or cycle.waiting_for_100_continue:
            return False
        told = next((value for name, value in cycle.scope["headers"] if name == b"content-length"), b"")
        if not told.isdigit() or int(told) <= most:
            return False
        self._dropped_bytes = int(told)
        cycle.keep_alive = False
        return True

    @property
    def is_open(self) -> bool:
        """Whether an answer can be written now."""
        cycle = self._cycle
        return not (cycle.flow.write_paused or cycle.disconnected or cycle.response_started)

    @property
    def is_gone(self) -> bool:
        """Whether the client has gone away."""
        return self._cycle.disconnected

    def answer(self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bool:
        """
        Write the answer, and end the exchange; false where that has to wait, or comes too late.

        Args:
            headers: Without a length. They hold no text of the client's that was not looked at.
        """
        cycle = self._cycle
        if not self.is_open:
            return False
        cycle.response_started = True
        parts = [STATUS_LINE[status]]
        for name, value in cycle.default_headers:
            parts += (name, b": ", value, b"\r\n")
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
        parts.append(self._added)
        if not cycle.keep_alive:
            parts.append(b"connection: close\r\n")
        parts.append(b"content-length: %d\r\n\r\n" % len(body))
        if len(body) <= _COPIED_BYTES:
            parts.append(body)
            cycle.transport.write(b"".join(parts))
        else:
            cycle.transport.writelines((b"".join(parts), body))
        cycle.response_complete = True
        cycle.message_event.set()
        if self._dropped_bytes is not None and cycle.more_body:
            cast(dict[str, Any], cycle.scope)[DROPPED_BYTES] = self._dropped_bytes
            cycle.flow.resume_reading()
            return True
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True


def whole_of(scope: Scope) -> Whole | None:
    """What takes and gives a request's body and answer at once; None where that is not to be."""
    found: Whole | None = scope.get(WHOLE)
    return found
