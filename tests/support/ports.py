"""A port for a test: free, and promised to nobody else, in whatever process that one runs."""

from __future__ import annotations

from hazelgate.operations.ports import free_ports


def free_port() -> int:
    """A port that nobody listens on, and that nobody is given: no other test, no stack, and no outgoing connection."""
    [port] = free_ports(1)
    return port
