"""
The shortest way to /graphql: one step in place of the app's middleware, for requests that all of it would let through.

Each middleware of an ASGI app costs a coroutine, and two more for the answer's two messages. The usual request is a
POST of a program to /graphql, which sends no `Origin`. It is known by a few looks, and goes to its handler directly.
Likewise a websocket that may be opened, whose answer nothing is added to: it would keep all those coroutines as long as
it is open. Every other request, each one that is to be refused among them, goes through the app.

A usual request whose head has come before on its connection has a way that is shorter still (`repeated`). Whether it
may take that way is decided here, too: by the same looks, at a request that went the usual way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from hazelgate.gateway.door.entrance import OF_OURS, answer_masked, missing
from hazelgate.gateway.door.hosts import Hosts
from hazelgate.gateway.door.origins import Headers, Origins
from hazelgate.gateway.door.repeated import Admits, Judged, PlainHandler, RepeatedCycle, Start, is_repeatable
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
        plain: What answers repeated heads, as the handler does.
        admitting: Gives what is asked of each request with these headers.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        path: str,
        handler: ASGIApp,
        sockets: ASGIApp,
        hosts: Hosts,
        origins: Origins,
        plain: PlainHandler,
        admitting: Callable[[Headers], Admits],
    ) -> None:
        self._plain = plain
        self._admitting = admitting
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

    def judge(self, cycle: RequestResponseCycle) -> Judged | None:
        """What the head of a request decides that is on its way; None where it says nothing of those that come."""
        scope: Any = cycle.scope
        if self._way(scope) is not self._handler:
            return None
        headers: Headers = dict(scope["headers"])
        terms = self._plain.terms_of(headers) if is_repeatable(cycle, headers) else None
        return None if terms is None else Judged(headers, terms, self._admitting(headers))

    def take(
        self, judged: Judged, client: tuple[str, int] | None, cycle: RepeatedCycle, body: bytes, start: Start
    ) -> bool:
        """Answer a request whose head was judged; false where it has to take the usual way."""
        scope: Scope = {"type": "http", "client": client, "headers": judged.headers}
        if not judged.admits(scope):
            return False
        self._plain.take(judged.terms, scope, Whole(cycle, self._added), body, self._adding(cycle.send), start)
        return True

    @staticmethod
    def _adding(send: Any) -> Send:
        """The same, with the headers that every answer has."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.setdefault("headers", [])
                message["headers"] = [*given, *missing(OF_OURS, {name for name, _ in given})]
            await send(message)

        return send_with_headers

    async def _answer(self, scope: Scope, receive: Receive, send: Send, cycle: RequestResponseCycle) -> None:
        scope[WHOLE] = Whole(cycle, self._added)
        try:
            await self._handler(scope, receive, self._adding(send))
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
