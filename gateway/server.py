"""Serves the gateway's app over HTTP and websockets."""

import contextlib
import gc
import socket
import sys
from collections.abc import Callable

import uvicorn

from hazelgate.gateway.app import create_app
from hazelgate.gateway.settings import Settings
from hazelgate.gateway.websocket_protocol import DirectWebsocketProtocol
from hazelgate.sourcing import logs

STARTUP_FAILURE = 3
# How long open requests and sockets may take to finish once the process is told to end.
_FINISH_SECONDS = 2


def run(
    settings: Settings, *, listener: socket.socket | None = None, when_serving: Callable[[], None] | None = None
) -> None:
    """
    Serve until SIGINT or SIGTERM.

    Args:
        listener: Take connections from this socket in place of one at the port that the settings name. Another process
            may take some from it, too.
        when_serving: Called once requests are taken. With it, none is before the cluster can be reached: the process
            that this one takes the place of serves them until then.

    Raises:
        CatalogError: The domain can't be served.
    """
    logs.configure(settings.log_level, settings.log_form)
    app = create_app(settings, ready_first=when_serving is not None)
    # The schema is a large graph that lives as long as the process: a collection that walks through it takes longer
    # than ten mutations. What a request leaves behind is small.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws=DirectWebsocketProtocol,
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,  # costs more of the one busy core than a private network gains by it
        log_config=None,  # its loggers write through the same handler as ours
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )
    server = _Server(config, when_serving)
    with contextlib.suppress(KeyboardInterrupt):  # it is raised again once everything has ended
        server.run(None if listener is None else [listener])
    if not server.started:
        sys.exit(STARTUP_FAILURE)


class _Server(uvicorn.Server):
    """Tells when it takes requests."""

    def __init__(self, config: uvicorn.Config, when_serving: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._when_serving = when_serving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests."""
        await super().startup(sockets)
        if self._when_serving is not None:
            self._when_serving()
