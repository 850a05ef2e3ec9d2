"""
Whose pages may ask a gateway.

A browser says in `Origin` of which site the page is that asks. A page of the gateway itself may always ask. Others may
if they are named. A client that is no browser sends no `Origin`, and no page can ask in its place.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from hazelgate.gateway.door.hosts import is_loopback

EVERY = "*"
LOOPBACK = "loopback"
"""Pages that a server on the browser's own machine has sent, whatever its port."""
_METHODS = b"GET, POST, PUT, DELETE"
_EXPOSED = b"x-request-id, retry-after"
_PREFLIGHT_SECONDS = 600
_LONGEST_LIST = 2_048
_FOREIGN = (b"cross-site", b"same-site")

Headers = dict[bytes, bytes]


class Origins:
    """
    The sites whose pages may ask.

    Args:
        allowed: `https://shop.example.org`, with its port where that is not the scheme's; `loopback` for every port of
            the browser's own machine; `*` for every site.
    """

    def __init__(self, allowed: Collection[str] = ()) -> None:
        self._allowed = frozenset(each.rstrip("/").lower() for each in allowed)

    def allow(self, headers: Headers) -> bool:
        """Whether a request with these headers may be answered."""
        origin = headers.get(b"origin")
        if origin is None:
            # An image or a script of another site asks without an origin. A link that somebody follows is fine.
            foreign = headers.get(b"sec-fetch-site") in _FOREIGN
            return not foreign or headers.get(b"sec-fetch-mode") == b"navigate" or EVERY in self._allowed
        text = origin.decode("latin-1").lower()
        if EVERY in self._allowed or text in self._allowed or (LOOPBACK in self._allowed and _is_of_loopback(text)):
            return True
        authority = headers.get(b"host", b"").decode("latin-1").strip().lower()
        return bool(authority) and text.partition("://")[2] == authority

    @staticmethod
    def answer_headers(origin: bytes) -> list[tuple[bytes, bytes]]:
        """With these a browser gives an allowed page the answer."""
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _EXPOSED),
            (b"vary", b"Origin"),
        ]

    @staticmethod
    def preflight_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
        """With these a browser lets an allowed page send a POST with JSON, and headers of its own."""
        answer = [
            (b"access-control-allow-origin", headers[b"origin"]),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-max-age", str(_PREFLIGHT_SECONDS).encode()),
            (b"vary", b"Origin, Access-Control-Request-Headers"),
        ]
        wanted = headers.get(b"access-control-request-headers", b"")
        if wanted and len(wanted) <= _LONGEST_LIST:
            answer.append((b"access-control-allow-headers", wanted))
        if headers.get(b"access-control-request-private-network") == b"true":
            answer.append((b"access-control-allow-private-network", b"true"))
        return answer


def _is_of_loopback(origin: str) -> bool:
    """Whether a site is one of the machine's own."""
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return False
    return host is not None and is_loopback(host)


def is_preflight(method: str, headers: Headers) -> bool:
    """Whether a browser asks on a page's behalf what it may send."""
    return method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers


def require_origin(text: str) -> str:
    """
    The same, where it is a site, `null` (a page from a file), `loopback` or `*`.

    Raises:
        ValueError: It is none.
    """
    scheme, separator, authority = text.rstrip("/").partition("://")
    is_site = scheme and separator and authority and "/" not in authority and "*" not in text
    if text in (EVERY, LOOPBACK, "null") or is_site:
        return text.rstrip("/")
    raise ValueError(f"{text!r} is no site like https://shop.example.org or http://localhost:3000, nor loopback or *")
