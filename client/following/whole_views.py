"""
The changes of a view, for all who have read pages or figures of it.

One task reads each changed entry once, and asks every listener in turn. A task for each listener would cost several
times what the question costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from hazelgate.client.following.feed import Feed
from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Gap, Inbox, InboxClosed
from hazelgate.client.following.interests import ChangesOf
from hazelgate.projector.past import Lineage
from hazelgate.sourcing.errors import HazelgateError

Entries = Mapping[str, dict[str, Any] | None]
"""Changed entries by their keys, as they are now; None: there is no such."""

_ASKED_AT_ONCE = 200
"""Listeners, before others of the process have their turn."""


class Listener(Protocol):
    """Who has read more of a view than entries by their keys. Neither method may wait."""

    def changed(self, view: str, happening: Happening, entries: Entries) -> None:
        """These entries have changed."""

    def wake(self) -> None:
        """Changes are missing."""


class WholeView:
    """
    All who listen to one view.

    A change reaches everybody who came before the process heard of it, and has not gone.
    """

    def __init__(self, feed: Feed, name: str, lineage: Lineage) -> None:
        self._feed = feed
        self._name = name
        self._lineage = lineage
        self._listeners: dict[Listener, None] = {}
        self._telling: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def of_key(self, key: str) -> ChangesOf:
        """The events that may change one entry."""
        return ChangesOf(self._name, self._lineage, key)

    def keys(self, happening: Happening) -> list[str]:
        """Of the entries that an event has changed."""
        return happening.keys(self._name, self._lineage)

    def add(self, listener: Listener) -> None:
        """One more. It hears from now on."""
        self._listeners[listener] = None
        if self._telling is None:
            inbox = self._feed.open(ChangesOf(self._name, self._lineage))
            self._telling = asyncio.create_task(self._tell(inbox))
            self._telling.add_done_callback(lambda _: self._feed.leave(inbox))

    def remove(self, listener: Listener) -> None:
        """It hears no more. A second call does nothing."""
        self._listeners.pop(listener, None)
        if not self._listeners and self._telling is not None:
            self._telling.cancel()
            self._telling = None

    async def _tell(self, inbox: Inbox[Happening]) -> None:
        while True:
            try:
                happening = await inbox.take()
            except InboxClosed:
                return
            entries = None if isinstance(happening, Gap) else await self.read(happening)
            for number, listener in enumerate(list(self._listeners)):
                if number % _ASKED_AT_ONCE == _ASKED_AT_ONCE - 1:
                    await asyncio.sleep(0)
                if listener not in self._listeners:
                    continue
                if entries is None or isinstance(happening, Gap):
                    listener.wake()
                else:
                    listener.changed(self._name, happening, entries)

    async def read(self, happening: Happening) -> Entries | None:
        """The entries that an event has changed; None where the cluster is away."""
        entries: dict[str, dict[str, Any] | None] = {}
        try:
            for key in self.keys(happening):
                found = await happening.parsed(self._name, key)
                entries[key] = None if found is None else found[1]
        except HazelgateError:
            return None
        return entries
