"""Serves the gateway's app over HTTP and websockets."""

import gc

import uvicorn

from hazelgate.gateway.app import create_app
from hazelgate.gateway.settings import Settings
from hazelgate.sourcing import logs
from hazelgate.sourcing.catalog import Catalog

# How long open requests and sockets may take to finish once the process is told to end.
_FINISH_SECONDS = 2


def run(settings: Settings, catalog: Catalog | None = None) -> None:
    """
    Serve until SIGINT or SIGTERM.

    Args:
        catalog: That of the domain that the settings name, where it is loaded already.

    Raises:
        CatalogError: No schema can be derived from the domain.
    """
    logs.configure(settings.log_level, settings.log_form)
    app = create_app(settings, catalog=catalog)
    # The schema is a large graph that lives as long as the process: a collection that walks through it takes longer
    # than ten mutations. What a request leaves behind is small.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,  # costs more of the one busy core than a private network gains by it
        log_config=None,  # its loggers write through the same handler as ours
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )
