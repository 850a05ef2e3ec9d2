"""What a function of a user's API gets of the request that it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Protocol, TypeAlias, TypeVar, cast

import strawberry
from starlette.requests import HTTPConnection

from hazelgate.client.following.feed import Feed
from hazelgate.client.following.inbox import Gap
from hazelgate.client.following.interests import EventsOf
from hazelgate.client.rights.handler import Submitting
from hazelgate.client.rights.rights import Rights
from hazelgate.client.submitting.handler import Receipt, SubmitOptions
from hazelgate.client.views.entries import Entry, require_key
from hazelgate.resolvers.requests import RequestReads
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event, View
from hazelgate.sourcing.envelope import WaitFor
from hazelgate.sourcing.errors import PipelineUnavailable
from hazelgate.sourcing.identity import Identity
from hazelgate.sourcing.model.views import ViewSpec

RIGHTS = "hazelgate.rights"
"""In the scope of a request: the `Rights` of its caller, where the gateway knows identities."""

V = TypeVar("V", bound=View)
E = TypeVar("E", bound=Event)


class Request(Protocol):
    """The part of a request that the context stands on."""

    @property
    def catalog(self) -> Catalog: ...
    @property
    def rights(self) -> Rights: ...
    @property
    def handler(self) -> Submitting: ...
    @property
    def reads(self) -> RequestReads: ...
    @property
    def feed(self) -> Feed: ...


class Reads:
    """
    Entries of views by their keys, as of one request.

    Reads of one moment are gathered: a hundred fields that ask for one entry each are one read of the cluster.

    Args:
        lasting: Whether it outlives one answer, as a subscription does: then nothing that was read before is kept.
    """

    def __init__(self, request: Request, *, lasting: bool = False) -> None:
        self._request = request
        self._lasting = lasting

    async def get(self, view: type[V], key: str) -> V | None:
        """
        The entry of this key; None where there is none.

        Raises:
            PipelineUnavailable: A member or the projector is away.
        """
        return (await self.get_many(view, [key]))[0]

    async def get_many(self, view: type[V], keys: Sequence[str]) -> list[V | None]:
        """
        The entries of these keys, in their order; None where there is none.

        Raises:
            Forbidden: The caller may read nothing of the view. Of entries that it may not see there is None.
            PipelineUnavailable: A member or the projector is away.
        """
        spec = view_of(self._request.catalog, view)
        self._request.rights.require_view(spec)
        if self._lasting:
            self._request.reads.forget()
        wanted = [self._request.reads.load(spec.name, require_key(key, "key")) for key in keys]
        nodes = [Entry.of(spec, await each) for each in wanted]
        return cast("list[V | None]", [None if node is None else node.value for node in nodes])


class Context:
    """
    What a function of the API may ask: entries, the way in for events, who asks.

    A parameter of this type gets it, whatever its name.
    """

    def __init__(self, request: Request, *, lasting: bool = False) -> None:
        self._request = request
        self.reads = Reads(request, lasting=lasting)
        """Entries of views by their keys."""

    @property
    def identity(self) -> Identity | None:
        """The caller; None where the gateway knows no identities, or the caller has shown none."""
        return self._request.rights.identity

    async def handle_event(
        self,
        event: Event,
        *,
        wait_for: WaitFor = WaitFor.PROJECTED,
        timeout_seconds: float = 5.0,
        event_id: str | None = None,
        expected_sequence: int | None = None,
        correlation_id: str | None = None,
    ) -> Receipt:
        """
        Submit one event, and wait until the pipeline has got as far as `wait_for`.

        Args:
            event_id: Makes a retry safe: the same id and event give the first result.
            expected_sequence: The aggregate's sequence that was seen last, 0 for a new one.
            correlation_id: Joins events that belong together; left out, the event's own id.

        Raises:
            Forbidden: The caller may not submit the event; nothing is stored.
            EventRejected: A guard or a check said no; nothing is stored.
            SequenceConflict: Another event of the aggregate came after `expected_sequence`.
            EventTimedOut: Not there in time. It is still on its way: the same `event_id` is safe to send again.
            PipelineUnavailable: A member or the projector is away; the message says whether anything was sent.
        """
        options = SubmitOptions(
            event_id=event_id,
            correlation_id=correlation_id,
            expected_sequence=expected_sequence,
            wait_for=wait_for,
            timeout_seconds=timeout_seconds,
        )
        try:
            return await self._request.handler.handle_event(event, options)
        finally:
            self._request.reads.forget()

    async def events(self, *types: type[E]) -> AsyncIterator[E]:
        """
        Events of these types as soon as they are applied, from now on.

        Raises:
            PipelineUnavailable: Some events were missed. The subscription ends with this error; clients begin anew.
        """
        catalog = self._request.catalog
        wanted = EventsOf(frozenset(catalog.spec(each).name for each in types))
        async with aclosing(self._request.feed.subscribe(wanted)) as happenings:
            async for happening in happenings:
                if isinstance(happening, Gap):
                    raise PipelineUnavailable(f"events were missed: {happening.reason}; subscribe again")
                record = happening.record
                if not self._request.rights.may_read(record):
                    continue
                yield cast("E", catalog.decode(record.event_type, record.event_version, record.data))


Info: TypeAlias = strawberry.Info[Context, None]
"""What a method of a Strawberry type gets: `info.context` is the `Context`."""


def context_of(connection: HTTPConnection) -> Context:
    """The context of a request to a route of one's own: with the rights of its caller."""
    request: Request = connection.app.state.hazelgate.context(connection.scope.get(RIGHTS))
    return Context(request)


def view_of(catalog: Catalog, cls: type[View]) -> ViewSpec:
    """
    The view with entries of this class.

    Raises:
        TypeError: The domain has none.
    """
    for view in catalog.views.values():
        if view.cls is cls:
            return view
    raise TypeError(f"{cls.__qualname__} is no view of the domain; these are: {_names(catalog)}")


def _names(catalog: Catalog) -> str:
    return ", ".join(view.cls.__qualname__ for view in catalog.views.values())
