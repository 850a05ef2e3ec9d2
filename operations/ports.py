"""Ports of this machine's loopback address: which are free, and why one is not."""

import random
import socket

LOOPBACK = "127.0.0.1"

# Below the range from which systems give ports to outgoing connections: a port found here stays free until it is used,
# and again while its process is being restarted.
_SEARCHED = range(20_000, 32_000)


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

    Raises:
        PortUnavailable: There are not that many.
    """
    found: list[int] = []
    for port in random.sample(_SEARCHED, len(_SEARCHED)):
        if len(found) == count:
            break
        try:
            check_free(port)
        except PortUnavailable:
            continue
        found.append(port)
    if len(found) < count:
        raise PortUnavailable(f"fewer than {count} ports are free between {_SEARCHED.start} and {_SEARCHED.stop}")
    return found
