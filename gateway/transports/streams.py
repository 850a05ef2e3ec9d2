"""Responses that stay open: server-sent events and multipart subscriptions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from starlette.types import Receive, Send

from hazelgate.gateway.door.rates import Client
from hazelgate.gateway.ending import Ending
from hazelgate.gateway.graphql.answers import Answer, refusal
from hazelgate.gateway.graphql.execution import Execution
from hazelgate.gateway.graphql.incremental import Spec
from hazelgate.gateway.graphql.sharing import Sharing
from hazelgate.gateway.terms import Term
from hazelgate.gateway.transports.failures import RequestLog
from hazelgate.gateway.transports.forms import EventsForm, PartsForm, StreamForm
from hazelgate.gateway.transports.media import parted
from hazelgate.gateway.transports.operations import Operations
from hazelgate.gateway.transports.outbox import AsgiOutbox
from hazelgate.sourcing.errors import Unauthenticated

EVENTS = "text/event-stream"
_PARTS = "multipart/mixed"
_PARTS_VERSION = "subscriptionspec=1.0"

_HEADERS = (
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),  # so that nginx hands on each result as it comes
    (b"vary", b"accept"),
)


def takes_events(accept: str) -> bool:
    """Whether a client asks for server-sent events by name."""
    return any(media == EVENTS for media, _ in parted(accept))


def takes_parts(accept: str) -> bool:
    """Whether a client asks for Apollo's multipart subscriptions."""
    return any(
        media == _PARTS and any(each.replace('"', "") == _PARTS_VERSION for each in parameters)
        for media, parameters in parted(accept)
    )


_events_form, _parts_form = EventsForm(), PartsForm()


def form_of(accept: str) -> StreamForm | None:
    """How results come on a response that stays open; None where the client takes none."""
    if takes_events(accept):
        return _events_form
    return _parts_form if takes_parts(accept) else None


@lru_cache(maxsize=256)
def takes_incremental(accept: str) -> Spec | None:
    """How a client reads an answer in parts; None where it takes none. The older form where it names none."""
    for media, parameters in parted(accept):
        if media != _PARTS:
            continue
        told = {name: value.strip('"') for name, _, value in (each.partition("=") for each in parameters)}
        if "subscriptionspec" in told or told.get("q") == "0":
            continue
        for spec in Spec:
            name, _, value = spec.parameter.lower().partition("=")
            if told.get(name) == value:
                return spec
        if not told.keys() & {"deferspec", "incrementalspec"}:
            return Spec.BY_PATH
    return None


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What all of them have."""

    sharing: Sharing
    ending: Ending
    queue_size: int
    stall_timeout_seconds: float
    count: Callable[[int], None]
    """Told +1 and -1 as streams come and go."""
    count_stalled: Callable[[], None]


class HttpStream:
    """
    One response that stays open, and the operations that run on it.

    Args:
        log_of: The log of an operation.
        client: Whose it is.
        execution: What executes its caller's operations.
        term: How long it may stay open.
        is_of_one: Whether it ends with its operation.
    """

    def __init__(
        self,
        settings: StreamSettings,
        form: StreamForm,
        receive: Receive,
        send: Send,
        log_of: Callable[[str], RequestLog],
        client: Client,
        execution: Execution,
        *,
        term: Term,
        is_of_one: bool,
    ) -> None:
        self._settings = settings
        self._form = form
        self._receive = receive
        self._asgi_send = send
        self._over = asyncio.Event()
        self._term = term
        self._client = client
        self._reason: Answer | None = None
        self._is_cut = False
        self._settling: asyncio.Task[None] | None = None
        self._sent = 0
        outbox = AsgiOutbox(self._send, settings.stall_timeout_seconds, self._stall)
        self.operations = Operations(
            settings.sharing,
            form,
            outbox,
            self._send,
            log_of,
            settings.queue_size,
            client,
            execution,
            self._over.set if is_of_one else lambda: None,
        )

    async def open(self, *headers: tuple[bytes, bytes]) -> None:
        """Begin the response."""
        start = [(b"content-type", self._form.content_type), *_HEADERS, *headers]
        await self._asgi_send({"type": "http.response.start", "status": 200, "headers": start})
        await self._send(self._form.opening)

    async def serve(self) -> None:
        """Until the operation has ended, the client goes, or the process ends."""
        self._settings.count(1)
        end_watch = self._term.watch(self._expire)
        helpers = [asyncio.create_task(self._watch()), asyncio.create_task(self._beat())]
        try:
            with self._settings.ending.closing(self.end):
                await self._over.wait()
        finally:
            end_watch()
            self._settings.count(-1)
            if self._settling is not None:
                helpers.append(self._settling)
            for each in helpers:
                each.cancel()
            await self.operations.close()
            await asyncio.wait(helpers)
        if not self._is_cut:
            with contextlib.suppress(OSError):
                body = self._form.farewell(self._reason)
                await self._asgi_send({"type": "http.response.body", "body": body, "more_body": False})

    def end(self) -> None:
        """The process ends: let the client connect again."""
        self._settling = asyncio.create_task(self._settle())

    async def _settle(self) -> None:
        await self.operations.settle()  # queries and mutations are answered first, by their deadline at the latest
        if not self._over.is_set():
            message = "the gateway ends; subscribe again"
            self._reason = refusal({"message": message, "extensions": {"code": "SHUTTING_DOWN"}})
            self._over.set()

    def _expire(self) -> None:
        """From now on the client may see nothing."""
        message = "the credentials no longer hold; subscribe again with new ones"
        self._reason = refusal({"message": message, "extensions": {"code": Unauthenticated.code}})
        self._over.set()

    def _stall(self) -> None:
        """The client reads nothing."""
        if not self._is_cut:
            self._settings.count_stalled()
        self._cut()

    def _cut(self) -> None:
        self._is_cut = True
        self._over.set()

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._cut()

    async def _beat(self) -> None:
        while True:
            sent = self._sent
            await asyncio.sleep(self._form.beat_seconds)
            if self._sent != sent:
                continue
            try:
                await self._send(self._form.beat)
            except OSError:
                self._cut()
                return

    async def _send(self, body: bytes) -> None:
        """
        Raises:
            OSError: The client is gone, or has read nothing for too long.
        """
        self._sent += 1
        self._client.spend_bytes(len(body))
        try:
            async with asyncio.timeout(self._settings.stall_timeout_seconds):
                await self._asgi_send({"type": "http.response.body", "body": body, "more_body": True})
        except TimeoutError:
            self._stall()
            raise OSError("the client reads nothing") from None
