"""Addresses in settings: of issuers, and of proxies."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from hazelgate.gateway.door.hosts import is_loopback


def require_safe(address: str) -> str:
    """
    The same address, where nobody on the way can change what it answers.

    Raises:
        ValueError: It is not `https`, and not on this machine.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return address
    if parts.scheme == "http" and is_loopback(host):
        return address
    raise ValueError(f"{address!r} is no https address")


def require_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """
    An address or a network.

    Raises:
        ValueError: It is neither.
    """
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} is no address like 10.0.0.7, and no network like 10.1.0.0/16") from None
