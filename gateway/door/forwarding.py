"""
What proxies tell of a request: from which address it comes, and whether its client speaks HTTPS.

A proxy that shows the client's address takes its own place. Whoever has to know the proxy itself finds it in the scope.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

PEER = "hazelgate.peer"
"""In the scope of a request: the address at the other end of the connection, a proxy's or the client's own."""


class Forwarded:
    """
    An ASGI middleware around the whole app.

    Args:
        proxies: Addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` count; `*` for all.
    """

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self._app = ProxyHeadersMiddleware(app, trusted_hosts=list(proxies))  # type: ignore[arg-type]  # uvicorn's own types

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope[PEER] = address_in(scope)
        await self._app(scope, receive, send)  # type: ignore[arg-type]


def address_in(scope: Scope) -> str | None:
    """The address that a request comes from, as proxies that count have told it."""
    client = scope.get("client")
    return client[0] if client else None


def peer_of(scope: Scope) -> str | None:
    """The address at the other end of the connection, whatever anybody has told."""
    return scope[PEER] if PEER in scope else address_in(scope)
