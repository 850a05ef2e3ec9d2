"""Which ports are free."""

import socket

import pytest

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
    ports = free_ports(5)
    assert len(set(ports)) == 5
    for port in ports:
        check_free(port)
