"""
`python -m hazelgate.projector --port N --domain hazelgate.domain`: serve a domain to the engine until told to end.

This is the worker alone: a handler that hangs or kills ends it. `hazelgate projector` runs it under a supervisor, and
hands its settings on as options. The worker reads no environment, and starts without what reads it.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import queue
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from typing import get_args

from hazelgate.projector.core.calls import Limits
from hazelgate.projector.process import Processor
from hazelgate.projector.serving.server import DEFAULT_HANDLER_TIMEOUT_SECONDS, ProjectorServer
from hazelgate.projector.serving.watchdog import Watchdog
from hazelgate.sourcing import logs
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.loading import load_catalog

DEFAULT_MAX_MEMORY_MIB = 2_048


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="projector", description="Serves a domain's guards and projections over gRPC."
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=int, default=50051, help="port to listen on; 0 takes a free one (%(default)s)")
    add("--domain", default="hazelgate.domain", help="modules of the domain, parted by commas (%(default)s)")
    add(
        "--handler-timeout-seconds",
        type=float,
        default=DEFAULT_HANDLER_TIMEOUT_SECONDS,
        help="how long one guard or projection may take (%(default)s)",
    )
    add(
        "--max-value-bytes",
        type=int,
        default=Limits().max_value_bytes,
        help="how large an event or a view entry may be, as JSON (%(default)s)",
    )
    add(
        "--max-memory-mib",
        type=int,
        default=DEFAULT_MAX_MEMORY_MIB,
        help="how much memory the process may take, 0 for no bound (%(default)s)",
    )
    add("--log-level", choices=get_args(logs.LogLevel), default="info", help="least level of the log (%(default)s)")
    add("--log-form", choices=get_args(logs.LogForm), default="console", help="form of the log (%(default)s)")
    add("--path", action="append", default=[], help="folder to look for modules in, after all others")
    add("--supervised-by", type=int, help=argparse.SUPPRESS)
    add("--ended", default="", help=argparse.SUPPRESS)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit status: 0, or 2 where it can't start."""
    options = _parser().parse_args(arguments)
    logs.configure(options.log_level, options.log_form)
    sys.path.extend(options.path)
    # What crashes, and what is about to be killed because it hangs, says where.
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    _bound_memory(options.max_memory_mib)

    # A queue, not an Event: the handler runs on the thread that waits, and would wait for an Event's lock for ever.
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: ended.put(number))
    line = None if options.supervised_by is None else socket.socket(fileno=options.supervised_by)
    try:
        processor = Processor(load_catalog(options.domain), Limits(max_value_bytes=options.max_value_bytes))
        server = ProjectorServer(
            processor,
            host=options.host,
            port=options.port,
            watchdog=Watchdog(options.handler_timeout_seconds, beat=_sign_of_life(line)),
            ended=options.ended,
        )
    except (CatalogError, OSError) as error:
        print(f"projector: {error}", file=sys.stderr)
        return 2
    # What a batch makes is gone with it, by reference counting; looking for cycles in it again and again finds none.
    gc.freeze()
    gc.set_threshold(100_000, 10, 100)
    if line is not None:
        line.sendall(f"{server.port}\n".encode())
    server.start()
    if line is not None:
        threading.Thread(target=_end_with_supervisor, args=(line,), name="projector-leash", daemon=True).start()
    print(f"projector listens on {server.port}", flush=True)
    ended.get()
    server.stop()
    return 0


def _sign_of_life(line: socket.socket | None) -> Callable[[], None]:
    def beat() -> None:
        if line is not None:
            try:
                line.send(b".", socket.MSG_DONTWAIT)
            except BlockingIOError:
                return  # the supervisor is stopped, and has enough to read
            except OSError:
                os._exit(0)  # it is gone

    return beat


def _end_with_supervisor(line: socket.socket) -> None:
    """The supervisor never says anything: what is read is its end."""
    line.recv(1)
    os._exit(0)


def _bound_memory(mebibytes: int) -> None:
    """A handler that eats memory gets a MemoryError, before the machine has none left for the others."""
    if mebibytes:
        wanted = mebibytes * 1024 * 1024
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(
            resource.RLIMIT_DATA, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most)
        )


if __name__ == "__main__":
    sys.exit(main())
