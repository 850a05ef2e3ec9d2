"""Ports for tests: free, and promised to nobody else, in whatever process that one runs."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO

from hazelgate.operations.ports import free_ports

_FOLDER = Path(tempfile.gettempdir()) / f"hazelgate-test-ports-{os.getuid()}"

_promised: dict[int, IO[str]] = {}
"""The ports of this process, each with a lock that the system releases when the process ends."""


def free_port() -> int:
    """A port that nobody listens on, and that nobody is given: no other test, and no outgoing connection."""
    _FOLDER.mkdir(exist_ok=True)
    while True:
        (port,) = free_ports(1)
        lock = (_FOLDER / str(port)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _promised[port] = lock
        return port
