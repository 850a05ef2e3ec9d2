"""Which ports are free."""

import multiprocessing
import socket

import pytest

from hazelgate.operations import ports
from hazelgate.operations.ports import LOOPBACK, PortUnavailable, check_free, free_ports


def test_a_port_that_something_listens_on_is_not_free() -> None:
    """The message names the port and the way out."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortUnavailable, match=rf"port {port} .*in use.*--port"):
            check_free(port)


def test_a_port_that_was_let_go_of_is_free_again() -> None:
    """A restart right after a stop is not refused."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
    check_free(port)


def test_free_ports_differ_and_can_be_listened_on() -> None:
    """All at once, as a stack does."""
    found = free_ports(5)
    assert len(set(found)) == 5
    for port in found:
        check_free(port)


def test_a_port_is_promised_to_one_process() -> None:
    """Nothing listens on it yet, and still no other process finds it; once the finder has ended, it is free again."""
    with multiprocessing.get_context("spawn").Pool(1) as others:
        [theirs] = others.apply(free_ports, (1,))
        with pytest.MonkeyPatch.context() as narrowed:
            narrowed.setattr(ports, "_SEARCHED", range(theirs, theirs + 1))
            with pytest.raises(PortUnavailable, match="fewer than 1 ports are free"):
                free_ports(1)
            others.terminate()
            others.join()
            assert free_ports(1) == [theirs]
            with pytest.raises(PortUnavailable):
                free_ports(1)  # once is enough
