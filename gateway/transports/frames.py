"""
Frames that go straight to a websocket's transport, past ASGI's `send`.

A server that can do so puts a `DirectWriter` into the scope's extensions. Without one everything goes by `send`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

EXTENSION = "hazelgate.direct_writer"
"""Its name among the extensions of an ASGI scope."""

_FINAL_TEXT = 0x81
_SHORT, _MEDIUM = 125, 65_535


class DirectWriter(Protocol):
    """The way to one websocket's transport. Nothing waits: whoever writes looks first whether it is congested."""

    closes_by_itself: Callable[[], bool]
    """Set by whoever closes the socket as the process ends, once its mutations are answered; the server waits then."""

    @property
    def is_congested(self) -> bool:
        """Whether more is waiting in the transport than should be."""

    @property
    def buffered_bytes(self) -> int:
        """How much the client has not taken yet. It grows smaller as long as the client reads."""

    def write(self, frame: bytes) -> None:
        """Write a whole frame behind everything that was sent so far. On a socket that closes nothing is written."""

    def watch(self, congested: Callable[[], None], relieved: Callable[[], None]) -> None:
        """Call one of these as the transport becomes congested, or is so no more."""

    def abort(self) -> None:
        """End the connection at once, and forget all that waits in it."""


def text_frame(payload: bytes) -> bytes:
    """A text message of a server: RFC 6455, section 5.2. It is not compressed, also where compression was agreed on."""
    length = len(payload)
    if length <= _SHORT:
        head = bytes((_FINAL_TEXT, length))
    elif length <= _MEDIUM:
        head = struct.pack("!BBH", _FINAL_TEXT, 126, length)
    else:
        head = struct.pack("!BBQ", _FINAL_TEXT, 127, length)
    return head + payload
