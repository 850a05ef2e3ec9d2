"""The way in for events, under the rights of one caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from hazelgate.client.following.watches import Watch
from hazelgate.client.rights.rights import Rights
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.client.submitting.submissions import DEFAULT_OPTIONS
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import Completion
from hazelgate.sourcing.errors import EventError


class Submitting(Protocol):
    """What a request needs of a handler."""

    async def handle_event(self, event: Event, options: SubmitOptions = DEFAULT_OPTIONS) -> Receipt: ...
    async def handle_events(self, submissions: Sequence[Submission]) -> list[Receipt | EventError]: ...
    async def completion(self, event_id: str) -> Completion | None: ...


class RightfulHandler:
    """Submits what the caller may submit; its events say who did it."""

    __slots__ = ("_handler", "_rights")

    def __init__(self, handler: EventHandler, rights: Rights) -> None:
        self._handler = handler
        self._rights = rights

    async def handle_event(self, event: Event, options: SubmitOptions = DEFAULT_OPTIONS) -> Receipt:
        """
        As `EventHandler.handle_event`.

        Raises:
            Forbidden: The caller may not submit the event. Nothing was stored.
        """
        self._rights.require_event(event)
        return await self._handler.handle_event(event, self._signed(options))

    async def handle_events(self, submissions: Sequence[Submission]) -> list[Receipt | EventError]:
        """
        As `EventHandler.handle_events`.

        Raises:
            Forbidden: The caller may not submit one of them. None was stored.
        """
        for each in submissions:
            self._rights.require_event(each.event)
        return await self._handler.handle_events(
            [msgspec.structs.replace(each, options=self._signed(each.options)) for each in submissions]
        )

    async def completion(self, event_id: str) -> Completion | None:
        """As `EventHandler.completion`. Whether it may be shown is for the caller of this to say."""
        return await self._handler.completion(event_id)

    def _signed(self, options: SubmitOptions) -> SubmitOptions:
        own = self._rights.metadata
        if own is None:
            return options
        return msgspec.structs.replace(options, metadata={**(options.metadata or {}), **own})


class WatchedHandler:
    """A way in for events that tells a watch when it is asked how an event fared."""

    def __init__(self, handler: Submitting, watch: Watch) -> None:
        self._handler = handler
        self._watch = watch

    async def handle_event(self, event: Event, options: SubmitOptions = DEFAULT_OPTIONS) -> Receipt:
        """As `EventHandler.handle_event`."""
        return await self._handler.handle_event(event, options)

    async def handle_events(self, submissions: Sequence[Submission]) -> list[Receipt | EventError]:
        """As `EventHandler.handle_events`."""
        return await self._handler.handle_events(submissions)

    async def completion(self, event_id: str) -> Completion | None:
        """As `EventHandler.completion`. No event tells of it."""
        self._watch.look_again()
        return await self._handler.completion(event_id)
