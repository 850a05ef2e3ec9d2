"""Ports of this machine's loopback address: which are free, and why one is not."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

LOOPBACK = "127.0.0.1"

# Below the range from which systems give ports to outgoing connections: a port found here stays free until it is used,
# and again while its process is being restarted.
_SEARCHED = range(20_000, 32_000)

_promised: dict[int, int] = {}
"""The ports that were found here, each with the descriptor of a locked file, which the system unlocks at the end."""


class PortUnavailable(Exception):
    """A port can't be listened on; the message says why and what to do."""


def check_free(port: int, host: str = LOOPBACK) -> None:
    """
    Make sure that a port can be listened on.

    Raises:
        PortUnavailable: It is in use, or not this user's to take.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise PortUnavailable(
                f"port {port} on {host} is not free ({reason}): end what listens there, or choose another with --port"
            ) from None


def free_ports(count: int) -> list[int]:
    """
    Find that many ports that nothing listens on, all different.

    They are promised to this process until it ends: no other process of this user finds them here meanwhile, even where
    what will listen on them has yet to be started.

    Raises:
        PortUnavailable: There are not that many.
    """
    found: list[int] = []
    for port in random.sample(_SEARCHED, len(_SEARCHED)):
        if len(found) == count:
            break
        if _promise(port):
            found.append(port)
    if len(found) < count:
        raise PortUnavailable(f"fewer than {count} ports are free between {_SEARCHED.start} and {_SEARCHED.stop}")
    return found


def _promise(port: int) -> bool:
    """Whether the port is free and promised to nobody; from then on it is promised to this process."""
    if port in _promised:
        return False
    folder = Path(tempfile.gettempdir()) / f"hazelgate-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    lock = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        check_free(port)
    except (BlockingIOError, PortUnavailable):
        os.close(lock)
        return False
    _promised[port] = lock
    return True
