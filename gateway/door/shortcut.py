"""
The shortest way to /graphql: one step in place of the app's middleware, for requests that all of it would let through.

Each middleware of an ASGI app costs a coroutine, and two more for the answer's two messages. The usual request is a
POST of a program to /graphql, which sends no `Origin`. It is known by a few looks, and goes to its handler directly.
Likewise a websocket that may be opened, whose answer nothing is added to: it would keep all those coroutines as long as
it is open. Every other request, each one that is to be refused among them, goes through the app.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from hazelgate.gateway.door.entrance import OF_OURS, answer_masked, missing
from hazelgate.gateway.door.hosts import Hosts
from hazelgate.gateway.door.origins import Headers, Origins
from hazelgate.gateway.door.whole import CYCLE, WHOLE, Whole

_MOST_HOSTS = 64


class Shortcut:
    """
    An ASGI app in front of another.

    Args:
        app: Where every request goes that is not of the usual kind.
        path: Where the usual ones go.
        handler: What answers those; it finds a `Whole` in the scope.
        sockets: What serves a websocket at the same path.
        hosts, origins: As the app's entrance has them.
    """

    def __init__(
        self, app: ASGIApp, *, path: str, handler: ASGIApp, sockets: ASGIApp, hosts: Hosts, origins: Origins
    ) -> None:
        self._app = app
        self._path = path
        self._handler = handler
        self._sockets = sockets
        self._hosts = hosts
        self._origins = origins
        self._known_hosts: set[bytes] = set()
        self._added = b"".join(b"%b: %b\r\n" % each for each in OF_OURS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        way = self._way(scope)
        if way is self._handler:
            await self._answer(scope, receive, send, scope[CYCLE])
        else:
            await way(scope, receive, send)

    def _way(self, scope: Scope) -> ASGIApp:
        if scope.get("path") != self._path:
            return self._app
        headers: Headers = dict(scope["headers"])
        if not self._may_ask(headers):
            return self._app
        if scope["type"] == "websocket":
            return self._sockets
        is_usual = CYCLE in scope and scope["method"] == "POST" and b"origin" not in headers
        return self._handler if is_usual else self._app

    async def _answer(self, scope: Scope, receive: Receive, send: Send, cycle: RequestResponseCycle) -> None:
        scope[WHOLE] = Whole(cycle, self._added)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.setdefault("headers", [])
                message["headers"] = [*given, *missing(OF_OURS, {name for name, _ in given})]
            await send(message)

        try:
            await self._handler(scope, receive, send_with_headers)
        except Exception as error:
            if cycle.response_started:
                raise  # it is too late to say anything else; the server closes the connection
            await answer_masked(send, scope, error)

    def _may_ask(self, headers: Headers) -> bool:
        if not self._origins.allow(headers):
            return False
        host = headers.get(b"host")
        if host is None or host in self._known_hosts:
            return True
        if not self._hosts.allow(host.decode("latin-1")):
            return False
        if len(self._known_hosts) < _MOST_HOSTS:
            self._known_hosts.add(host)
        return True
