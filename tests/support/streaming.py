"""The client's end of a response of an ASGI app that stays open."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp

Json = dict[str, Any]


class Streaming:
    """One request, and what has come of its answer."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.is_over = False
        self.received = b""
        self.may_send = asyncio.Event()
        """Cleared, the server waits with what comes next, as for a client that does not read."""
        self.may_send.set()
        self._read = b""
        self._came = asyncio.Event()

    async def send(self, message: Any) -> None:
        """What the app sends."""
        await self.may_send.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.received += message.get("body", b"")
            self._read += message.get("body", b"")
            self.is_over = not message.get("more_body", False)
        self._came.set()

    async def until(self, ending: bytes, timeout: float = 5.0) -> bytes:
        """What comes next, up to this."""
        async with asyncio.timeout(timeout):
            while (at := self._read.find(ending)) < 0:
                assert not self.is_over, f"it is over, and left {self._read!r}"
                self._came.clear()
                await self._came.wait()
        found, self._read = self._read[:at], self._read[at + len(ending) :]
        return found

    async def event(self) -> tuple[str, Any]:
        """The next server-sent event: its name and its data."""
        while (text := (await self.until(b"\n\n")).decode()).startswith(":"):
            pass
        first, second = text.split("\n")
        data = second.removeprefix("data: ")
        return first.removeprefix("event: "), json.loads(data) if data else None

    async def ended(self, timeout: float = 5.0) -> None:
        """Until the app has closed it."""
        async with asyncio.timeout(timeout):
            while not self.is_over:
                self._came.clear()
                await self._came.wait()


@asynccontextmanager
async def streaming(
    app: ASGIApp,
    method: str = "POST",
    path: str = "/graphql",
    *,
    body: Json | None = None,
    query_string: str = "",
    **headers: str,
) -> AsyncIterator[Streaming]:
    """A request whose answer is read as it comes; the client goes away at the end."""
    sent = {"host": "localhost"} | ({} if body is None else {"content-type": "application/json"})
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    scope: Json = {"type": "http", "method": method, "path": path, "root_path": "", "scheme": "http"}
    scope |= {"query_string": query_string.encode(), "client": ("127.0.0.1", 1), "server": ("localhost", 80)}
    scope |= {"headers": [(name.encode(), value.encode()) for name, value in sent.items()]}
    messages: asyncio.Queue[Json] = asyncio.Queue()
    messages.put_nowait({"type": "http.request", "body": b"" if body is None else json.dumps(body).encode()})
    answer = Streaming()
    serving = asyncio.ensure_future(app(scope, messages.get, answer.send))
    try:
        async with asyncio.timeout(5):
            while not answer.status and not serving.done():
                await asyncio.sleep(0)
        yield answer
    finally:
        answer.may_send.set()
        messages.put_nowait({"type": "http.disconnect"})
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(serving, 5)
