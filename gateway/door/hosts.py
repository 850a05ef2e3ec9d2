"""
Under which names a gateway answers: its guard against DNS rebinding.

A page of `evil.example` can make that name mean 127.0.0.1, and is then of one origin with the gateway. Its requests
still say `Host: evil.example`. An address in that place can't be an attacker's name, so every address is taken.
"""

import ipaddress
from collections.abc import Collection

_LOOPBACK = "localhost"
EVERY = "*"


class Hosts:
    """
    The host names that a gateway goes by.

    Args:
        bound: The address that it is bound to.
        allowed: More names: `api.example.org`, `*.example.org` for all below a name, `*` for every name.
    """

    def __init__(self, bound: str, allowed: Collection[str] = ()) -> None:
        names = {bound.lower(), _LOOPBACK, *(each.lower() for each in allowed)}
        self._every = EVERY in names
        self._names = frozenset(names)
        self._endings = (f".{_LOOPBACK}", *(each[1:] for each in names if each.startswith("*.")))

    def allow(self, authority: str) -> bool:
        """Whether a `Host` header names this gateway."""
        if self._every:
            return True
        name = host_of(authority)
        return name in self._names or name.endswith(self._endings) or _is_address(name)


def host_of(authority: str) -> str:
    """The host of `host`, `host:port` or `[address]:port`, in lower case."""
    text = authority.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].removesuffix(".")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what is bound to it."""
    name = host.strip("[]").lower()
    if name == _LOOPBACK:
        return True
    return _is_address(name) and ipaddress.ip_address(name).is_loopback


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
