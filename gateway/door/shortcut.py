"""
The shortest way to /graphql: one step in place of the app's middleware, for requests that all of it would let through.

Each middleware of an ASGI app costs a coroutine, and two more for the answer's two messages. The usual request is a
POST of a program to /graphql, which sends no `Origin`. It is known by a few looks, and goes to its handler directly.
Every other request, each one that is to be refused among them, goes through the app.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
        hosts, origins: As the app's entrance has them.
    """

    def __init__(self, app: ASGIApp, *, path: str, handler: ASGIApp, hosts: Hosts, origins: Origins) -> None:
        self._app = app
        self._path = path
        self._handler = handler
        self._hosts = hosts
        self._origins = origins
        self._known_hosts: set[bytes] = set()
        self._added = b"".join(b"%b: %b\r\n" % each for each in OF_OURS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle = scope.get(CYCLE)
        if cycle is None or scope["path"] != self._path or scope["method"] != "POST" or not self._is_usual(scope):
            await self._app(scope, receive, send)
            return
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

    def _is_usual(self, scope: Scope) -> bool:
        headers: Headers = dict(scope["headers"])
        if b"origin" in headers or not self._origins.allow(headers):
            return False
        host = headers.get(b"host")
        if host is None or host in self._known_hosts:
            return True
        if not self._hosts.allow(host.decode("latin-1")):
            return False
        if len(self._known_hosts) < _MOST_HOSTS:
            self._known_hosts.add(host)
        return True
