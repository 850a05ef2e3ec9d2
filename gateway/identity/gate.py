"""The gate: who asks is found out once for each request, before anything answers it."""

from __future__ import annotations

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from hazelgate.api.context import RIGHTS
from hazelgate.client.rights.rights import Rights
from hazelgate.gateway.door.entrance import OPEN_PATHS
from hazelgate.gateway.door.forwarding import address_in, peer_of
from hazelgate.gateway.door.rates import address_of
from hazelgate.gateway.door.refusals import Reason, Refusals
from hazelgate.gateway.identity.callers import Caller, Callers
from hazelgate.gateway.identity.refusing import CallerRefused, TenantRefused

CALLER = "hazelgate.caller"
"""In the scope of a request: its `Caller`, or the `CallerRefused` of a websocket that may yet say who it is."""


class Gate:
    """An ASGI middleware that puts the caller of each request into its scope, and turns false ones away."""

    def __init__(self, app: ASGIApp, *, callers: Callers, refusals: Refusals) -> None:
        self._app = app
        self._callers = callers
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        # Whose word counts is the other end of the connection, not an address that a header names.
        address = peer_of(scope)
        found: Caller | CallerRefused
        try:
            found = await self._callers.of_request(dict(scope["headers"]), address)
        except CallerRefused as refused:
            self._refusals.add(Reason.IDENTITY, str(refused), address_in(scope))
            if scope["type"] == "http":
                await answer_refused(send, refused)
                return
            found = refused
        self._enter(scope, found)
        await self._app(scope, receive, send)

    def _enter(self, scope: Scope, found: Caller | CallerRefused) -> None:
        scope[CALLER] = found
        # A route of a user's own for websockets sees one that was refused as a caller without credentials.
        scope[RIGHTS] = found.rights if isinstance(found, Caller) else self._callers.anonymous.rights


def rights_in(scope: Scope) -> Rights | None:
    """The rights of a request's caller; None where no identities are known."""
    found: Rights | None = scope.get(RIGHTS)
    return found


def client_key(scope: Scope) -> str:
    """Tells clients apart: by who they are, where that is known, else by their address."""
    found = scope.get(CALLER)
    name = found.name if isinstance(found, Caller) else None
    return address_of(scope) if name is None else name


async def answer_refused(send: Send, refused: CallerRefused) -> None:
    """Say that credentials do not hold."""
    body = orjson.dumps({"errors": [{"message": str(refused), "extensions": {"code": refused.code}}]})
    status = 503 if refused.unavailable else 403 if isinstance(refused, TenantRefused) else 401
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"www-authenticate", b'Bearer error="invalid_token"'),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
