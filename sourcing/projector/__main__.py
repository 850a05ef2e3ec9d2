"""`python -m sourcing.projector --port N --domain domain`: serve a domain to the engine until told to end."""

from __future__ import annotations

import argparse
import gc
import logging
import signal
import sys
import threading
from collections.abc import Sequence

from sourcing.catalog import Catalog
from sourcing.errors import CatalogError
from sourcing.projector.process import Processor
from sourcing.projector.server import ProjectorServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit status: 0, or 2 where it can't start."""
    parser = argparse.ArgumentParser(
        prog="projector", description="Serves a domain's guards and projections over gRPC."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=50051, help="port to listen on; 0 takes a free one (%(default)s)")
    parser.add_argument("--domain", default="domain", help="modules of the domain, parted by commas (%(default)s)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        processor = Processor(Catalog.load(*options.domain.split(",")))
        server = ProjectorServer(processor, host=options.host, port=options.port)
    except (CatalogError, ImportError, OSError) as error:
        print(f"projector: {error}", file=sys.stderr)
        return 2
    # What a batch makes is gone with it, by reference counting; looking for cycles in it again and again finds none.
    gc.freeze()
    gc.set_threshold(100_000, 10, 100)
    server.start()
    print(f"projector listens on {server.port}", flush=True)
    ended.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
