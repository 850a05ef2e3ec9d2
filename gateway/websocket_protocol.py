"""
uvicorn's websocket protocol, with a way to write frames to the transport.

ASGI's `send` is a coroutine for each message: a task for each subscriber and event. A frame that is the same for a
thousand subscribers is written to a thousand transports in one loop instead (`transports.frames`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import OP_TEXT
from websockets.http11 import Request
from websockets.protocol import OPEN

from hazelgate.gateway.transports.frames import EXTENSION

_FAREWELL_SECONDS = 1.0


class DirectWebsocketProtocol(WebSocketsSansIOProtocol):
    """
    One websocket, and its `DirectWriter`.

    uvicorn hands each frame to the transport in the call in which it makes it. So a frame that is written here comes
    behind all that were sent before, and never into the midst of one.
    """

    is_congested = False

    def handle_connect(self, event: Request) -> None:
        """Begin the handshake; the app finds the writer in its scope."""
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)
        if scope is not None:  # None where the request was no good
            scope["extensions"][EXTENSION] = self

    @property
    def buffered_bytes(self) -> int:
        """How much is waiting in the transport."""
        return self.transport.get_write_buffer_size()
