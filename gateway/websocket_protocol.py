"""
uvicorn's websocket protocol, with a way to write frames to the transport.

ASGI's `send` is a coroutine for each message: a task for each subscriber and event. A frame that is the same for a
thousand subscribers is written to a thousand transports in one loop instead (`transports.frames`).
"""

from __future__ import annotations

import fcntl
import logging
import struct
import termios
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import OPEN

from hazelgate.gateway.transports.frames import EXTENSION
from hazelgate.gateway.waiting import Flag, Messages

_logger = logging.getLogger("uvicorn.error.sockets")
"""Tells of each socket that opens and closes: too much, unless everything is to be told (`sourcing.logs`)."""
_FAREWELL_SECONDS = 1.0
_FINISH_SECONDS = 1.5
"""Longer than operations may take that run as the server ends (`ending`), shorter than the server waits."""


class DirectWebsocketProtocol(WebSocketsSansIOProtocol):
    """
    One websocket, and its `DirectWriter`.

    uvicorn hands each frame to the transport in the call in which it makes it. So a frame that is written here comes
    behind all that were sent before, and never into the midst of one.
    """

    is_congested = False
    closes_by_itself: Callable[[], bool] = staticmethod(lambda: False)
    _congested: Callable[[], None] | None = None
    _relieved: Callable[[], None] | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.logger = self.conn.logger = _logger
        self.conn.debug = _logger.isEnabledFor(logging.DEBUG)
        self.queue, self.writable = cast(Any, Messages()), cast(Any, Flag(is_set=True))

    def handle_connect(self, event: Request) -> None:
        """Begin the handshake; the app finds the writer in its scope."""
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)
        if scope is not None:  # None where the request was no good
            scope["extensions"][EXTENSION] = self

    def start_keepalive(self) -> None:
        """Called as the handshake is over: nobody asks for its request and response any more."""
        super().start_keepalive()
        self.request.headers.clear()  # the parser holds the request as long as it lives
        del self.request, self.response

    def shutdown(self) -> None:
        """Called as the server takes no more connections."""
        if self.closes_by_itself():
            self.loop.call_later(_FINISH_SECONDS, self._close_what_is_left)
        else:
            super().shutdown()

    def _close_what_is_left(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()

    @property
    def buffered_bytes(self) -> int:
        """How much the client's end has not taken yet: what waits in the transport and in the kernel."""
        return self.transport.get_write_buffer_size() + _kernel_bytes(self.transport.get_extra_info("socket"))

    def write(self, frame: bytes) -> None:
        """Write a whole frame behind everything that was sent so far. On a socket that closes nothing is written."""
        if self.conn.state is OPEN and not self.transport.is_closing():
            self.transport.write(frame)

    def watch(self, congested: Callable[[], None], relieved: Callable[[], None]) -> None:
        """Call one of these as the transport becomes congested, or is so no more."""
        self._congested, self._relieved = congested, relieved

    def abort(self) -> None:
        """End the connection at once, and forget all that waits in it."""
        self.transport.abort()

    def pause_writing(self) -> None:
        """Called by the transport as more waits in it than should."""
        super().pause_writing()
        self.is_congested = True
        if self._congested is not None:
            self._congested()

    def resume_writing(self) -> None:
        """Called by the transport as little enough waits in it again."""
        super().resume_writing()
        self.is_congested = False
        if self._relieved is not None:
            self._relieved()

    def keepalive_timeout(self) -> None:
        """End a connection whose client answers no ping. It may not read either, so that nothing ever flushes."""
        super().keepalive_timeout()
        self.loop.call_later(_FAREWELL_SECONDS, self.transport.abort)


def _kernel_bytes(socket: Any) -> int:
    """
    Bytes that the kernel has not sent, or not been told the receipt of.

    The transport alone shows no progress for minutes: it may write again only when a third of the kernel's megabytes
    is free.
    """
    try:
        return int(struct.unpack("i", fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, bytes(4)))[0])
    except (AttributeError, OSError):  # no socket, or one that tells nothing of it
        return 0
