"""The first that a request meets: the checks of `Host` and `Origin`, CORS, and the headers that every answer has."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterable
from typing import NamedTuple

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hazelgate.gateway.door.forwarding import address_in
from hazelgate.gateway.door.hosts import Hosts
from hazelgate.gateway.door.origins import Headers, Origins, is_preflight
from hazelgate.gateway.door.refusals import Reason, Refusals

logger = logging.getLogger(__name__)

OPEN_PATHS = ("/health", "/ready")
"""Asked by machines that go by any name. They tell nothing that a page of another site gains by."""
_OURS = ("/graphql", "/graphql/stream", "/metrics", "/", *OPEN_PATHS)
_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_POLICY = ((b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"), (b"x-frame-options", b"DENY"))
OF_OURS = (*_ALWAYS, *_POLICY)
"""The headers that every answer of our own paths has."""

_INTERNAL = 500
_REDIRECTS = (301, 302, 303, 307, 308)
_FORBIDDEN = 403
_MISDIRECTED = 421
_CLOSED = 4403


class _Refused(NamedTuple):
    """What one is told that is turned away."""

    status: int
    message: str
    code: str
    error_id: str | None = None


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
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        refused = None if path in OPEN_PATHS else self._refused(scope, headers)
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
        has_begun = False
        origin = headers.get(b"origin")
        added = OF_OURS if path in _OURS else _ALWAYS

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                given = message.setdefault("headers", [])
                names = {name for name, _ in given}
                more = missing(added, names)
                if origin is not None and b"access-control-allow-origin" not in names:
                    more += Origins.answer_headers(origin)
                if message["status"] in _REDIRECTS:
                    given = [_relative(each, scope, headers) for each in given]
                message["headers"] = [*given, *more]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if has_begun:
                raise  # it is too late to say anything else; the server closes the connection
            await answer_masked(send, scope, error)

    def _refused(self, scope: Scope, headers: Headers) -> _Refused | None:
        """What one that is turned away is told; None for the others."""
        client = address_in(scope)
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


def _relative(header: tuple[bytes, bytes], scope: Scope, asked: Headers) -> tuple[bytes, bytes]:
    """A `Location` without scheme and host: behind a proxy they are the proxy's, which is not known here."""
    name, value = header
    here = f"{scope['scheme']}://".encode() + asked.get(b"host", b"")
    is_here = name == b"location" and value.startswith(here + b"/")
    return (name, value.removeprefix(here)) if is_here else header


def _masked(scope: Scope, error: Exception) -> _Refused:
    """What a client is told of an error that nobody expected: the id under which the log has it."""
    error_id = uuid.uuid4().hex
    fields = {"error_id": error_id, "path": scope["path"], "status": _INTERNAL}
    logger.error("request to %s failed: %s", scope["path"], error_id, exc_info=error, extra=fields)
    return _Refused(_INTERNAL, "internal error", "INTERNAL", error_id)


async def answer_masked(send: Send, scope: Scope, error: Exception) -> None:
    """Answer a request that ended in an error which nobody expected."""
    await _answer(send, _masked(scope, error))


def missing(added: Iterable[tuple[bytes, bytes]], names: Collection[bytes]) -> list[tuple[bytes, bytes]]:
    """Those of the added headers that an answer with headers of these names does not have."""
    return [each for each in added if each[0] not in names]


async def _answer(send: Send, refused: _Refused) -> None:
    extensions = {"code": refused.code} | ({"errorId": refused.error_id} if refused.error_id else {})
    body = orjson.dumps({"errors": [{"message": refused.message, "extensions": extensions}]})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"vary", b"Origin"),
        *_ALWAYS,
        *_POLICY,
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
