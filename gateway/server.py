"""Serves the gateway's app over HTTP and websockets."""

import asyncio
import contextlib
import gc
import resource
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import cast

import uvicorn
from starlette.applications import Starlette

from hazelgate.gateway.app import create_app
from hazelgate.gateway.door.connections import BoundedHttpProtocol
from hazelgate.gateway.door.forwarding import Forwarded
from hazelgate.gateway.door.refusals import Refusals
from hazelgate.gateway.door.shortcut import Shortcut
from hazelgate.gateway.door.unfinished import ConnectionLimits, Unfinished
from hazelgate.gateway.ending import Ending
from hazelgate.gateway.settings import Settings
from hazelgate.gateway.websocket_protocol import DirectWebsocketProtocol
from hazelgate.gateway.workers import Worker
from hazelgate.sourcing import logs

STARTUP_FAILURE = 3
# How long open requests and sockets may take to finish once the process is told to end.
_FINISH_SECONDS = 2
# How often a second signal is looked for.
_LOOK_SECONDS = 0.1


def run(
    settings: Settings,
    *,
    listener: socket.socket | None = None,
    when_serving: Callable[[], None] | None = None,
    worker: Worker | None = None,
) -> None:
    """
    Serve until SIGINT or SIGTERM.

    Args:
        listener: Take connections from this socket in place of one at the port that the settings name. Another process
            may take some from it, too.
        when_serving: Called once requests are taken. With it, none is before the cluster can be reached: the process
            that this one takes the place of serves them until then.
        worker: Which one of several processes at one port it is; None: the only one.

    Raises:
        CatalogError: The domain can't be served.
    """
    logs.configure(settings.log_level, settings.log_form)
    _open_many()
    app = create_app(settings, ready_first=when_serving is not None, worker=worker)
    # The schema is a large graph that lives as long as the process: a collection that walks through it takes longer
    # than ten mutations. What a request leaves behind is small. A large one leaves half a million objects: it is walked
    # through in parts of 100,000, each of which takes some 10 ms.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 5, 200)
    config = configuration(settings, app)
    server = EndingServer(config, app.state.ending, settings.drain_seconds, when_serving)
    with contextlib.suppress(KeyboardInterrupt):  # it is raised again once everything has ended
        server.run(None if listener is None else [listener])
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def configuration(settings: Settings, app: Starlette) -> uvicorn.Config:
    """How uvicorn serves the app."""
    front = app.state.front
    # A proxy's headers change who asks with each request: those take the usual way.
    shortcut = front if isinstance(front, Shortcut) and not settings.trusted_proxies else None
    return uvicorn.Config(
        Forwarded(front, settings.trusted_proxies) if settings.trusted_proxies else front,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=bounded_http(settings, app.state.refusals, shortcut),
        ws=DirectWebsocketProtocol,
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,  # costs more of the one busy core than a private network gains by it
        root_path=settings.root_path,
        proxy_headers=False,  # by itself it would believe every process of this machine
        timeout_keep_alive=settings.keep_alive_seconds,
        log_config=None,  # its loggers write through the same handler as ours
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )


def bounded_http(settings: Settings, refusals: Refusals, shortcut: Shortcut | None = None) -> type[asyncio.Protocol]:
    """
    What uvicorn makes for each connection.

    Args:
        shortcut: As `BoundedHttpProtocol` has it.
    """
    limits = ConnectionLimits(
        max_header_bytes=settings.max_header_bytes,
        max_headers=settings.max_headers,
        header_timeout_seconds=settings.header_timeout_seconds,
        body_timeout_seconds=settings.body_timeout_seconds,
        max_unfinished=settings.max_unfinished_requests,
        max_unfinished_per_address=settings.max_unfinished_requests_per_address,
    )
    made = partial(
        BoundedHttpProtocol,
        limits=limits,
        unfinished=Unfinished(limits, refusals),
        refusals=refusals,
        shortcut=shortcut,
    )
    return cast(type[asyncio.Protocol], made)  # it is called, and nothing else


def _open_many() -> None:
    """A socket is a file: as many as the system lets this process open, not the few that a shell has by default."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class EndingServer(uvicorn.Server):
    """
    Tells when it takes requests, and ends step by step.

    Args:
        ending: What is to happen before it takes no more.
        drain_seconds: How long that may take.
        when_serving: Called once requests are taken.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        ending: Ending,
        drain_seconds: float,
        when_serving: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(config)
        self._ending = ending
        self._drain_seconds = drain_seconds
        self._when_serving = when_serving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests."""
        await super().startup(sockets)
        if self._when_serving is not None:
            self._when_serving()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, unless a second signal says to be quick; then take no more, and finish."""
        self._ending.begin(self._drain_seconds)
        ends = time.monotonic() + self._drain_seconds
        while not self.force_exit and (left := ends - time.monotonic()) > 0:  # noqa: ASYNC110  # a flag
            await asyncio.sleep(min(left, _LOOK_SECONDS))
        await super().shutdown(sockets)
