"""The first that a request meets: the checks of `Host` and `Origin`, CORS, and the headers that every answer has."""

from __future__ import annotations

from typing import NamedTuple

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hazelgate.gateway.door.hosts import Hosts
from hazelgate.gateway.door.origins import Headers, Origins, is_preflight
from hazelgate.gateway.door.refusals import Reason, Refusals

_OPEN = ("/health", "/ready")
"""Asked by machines that go by any name. They tell nothing that a page of another site gains by."""
_OURS = ("/graphql", "/graphql/stream", "/metrics", "/", *_OPEN)
_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_POLICY = ((b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"), (b"x-frame-options", b"DENY"))

_FORBIDDEN = 403
_MISDIRECTED = 421
_CLOSED = 4403


class _Refused(NamedTuple):
    """What one is told that is turned away."""

    status: int
    message: str
    code: str


class Entrance:
    """
    An ASGI middleware before all others.

    Args:
        app: All that is behind it.
        hosts: The names that the gateway goes by.
        origins: The sites whose pages may ask.
        refusals: Told of those that are turned away.
    """

    def __init__(self, app: ASGIApp, *, hosts: Hosts, origins: Origins, refusals: Refusals) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers: Headers = dict(scope["headers"])
        refused = None if scope["path"] in _OPEN else self._refused(scope, headers)
        if refused is not None:
            if kind == "websocket":
                # Before it is accepted a server answers this with status 403.
                await send({"type": "websocket.close", "code": _CLOSED, "reason": refused.message[:123]})
            else:
                await _answer(send, refused)
            return
        if kind == "websocket":
            await self._app(scope, receive, send)
            return
        if is_preflight(scope["method"], headers):
            await send({"type": "http.response.start", "status": 204, "headers": Origins.preflight_headers(headers)})
            await send({"type": "http.response.body", "body": b""})
            return
        origin = headers.get(b"origin")
        added = [*_ALWAYS, *(_POLICY if scope["path"] in _OURS else ())]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.setdefault("headers", [])
                names = {name for name, _ in given}
                more = [each for each in added if each[0] not in names]
                if origin is not None and b"access-control-allow-origin" not in names:
                    more += Origins.answer_headers(origin)
                message["headers"] = [*given, *more]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _refused(self, scope: Scope, headers: Headers) -> _Refused | None:
        """What one that is turned away is told; None for the others."""
        client = scope["client"][0] if scope.get("client") else None
        host = headers.get(b"host")
        if host is not None and not self._hosts.allow(name := host.decode("latin-1")):
            self._refusals.add(Reason.HOST, f"Host {name[:100]!a} is no name of this gateway", client)
            message = f"this gateway is not known as {name[:100]!a}; name it in --allowed-hosts if it is"
            return _Refused(_MISDIRECTED, message, code="HOST_NOT_ALLOWED")
        if not self._origins.allow(headers):
            site = headers.get(b"origin", b"another site").decode("latin-1")[:100]
            self._refusals.add(Reason.ORIGIN, f"a page of {site!a} may not ask", client)
            message = f"pages of {site!a} may not ask here; name the site in --allowed-origins if they may"
            return _Refused(_FORBIDDEN, message, code="ORIGIN_NOT_ALLOWED")
        return None


async def _answer(send: Send, refused: _Refused) -> None:
    body = orjson.dumps({"errors": [{"message": refused.message, "extensions": {"code": refused.code}}]})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"vary", b"Origin"),
        *_ALWAYS,
        *_POLICY,
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
