"""A PostgreSQL server for one benchmark, with the settings it comes with: what is committed is on the disk."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gateway.ports import free_ports
from gateway.postgres.migrating import migrate
from gateway.postgres.server import prepare_server

_END_SECONDS = 30.0


@contextlib.contextmanager
def running_database() -> Iterator[str]:
    """An empty database with its tables; how to connect to it. Nothing of it is left when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="hazelgate-benchmark-"))
    folder.chmod(0o755)  # it belongs to another user than root
    try:
        [port] = free_ports(1)
        server = prepare_server(folder, port)
        process = subprocess.Popen(server.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            server.wait_until_it_answers()
            migrate(server.dsn)
            yield server.dsn
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_END_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
