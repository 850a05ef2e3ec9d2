"""
What becomes of the entries of a view, whatever their key.

An event names the entries that it has changed. The entry is read once for all subscribers of a process, and each sees
it through its own filter. An event of the log names nothing: there the view's folds find the keys in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from hazelgate.client.following.happenings import Happening, has_event
from hazelgate.client.following.interests import ChangesOf
from hazelgate.client.reading.filters import Filter, matches
from hazelgate.client.views.entries import Entry
from hazelgate.projector.past import Lineage
from hazelgate.sourcing.envelope import EventRecord
from hazelgate.sourcing.model.views import ViewSpec

_parse = msgspec.json.Decoder(dict[str, Any]).decode

REMEMBERED_KEYS = 10_000
"""Of entries that a subscriber was shown, or was told have left."""


class ChangeKind(StrEnum):
    """What has become of an entry."""

    CHANGED = "CHANGED"
    """It was made or changed."""
    LEFT = "LEFT"
    """It matches the filter no more."""
    REMOVED = "REMOVED"
    """It is no more."""


@dataclass(frozen=True, slots=True)
class EntryChange:
    """
    One change of an entry.

    Args:
        record: The event that caused it.
        entry: The entry as it is once the event is applied, or later; None where it has left or was removed.
    """

    kind: ChangeKind
    key: str
    record: EventRecord
    entry: Entry | None


class ViewFollower:
    """
    One subscriber to a view, and what it has seen.

    Args:
        key: Of the only entry that it follows; None: of all.
        tree: What entries have to be like for it to want them.
        visible: What entries have to be like for it to see them; None: like anything. Of others it hears nothing, but
            that one it was shown has left.
    """

    def __init__(
        self, view: ViewSpec, lineage: Lineage, key: str | None, tree: Filter | None, visible: Filter | None = None
    ) -> None:
        self._view = view
        self._lineage = lineage
        self._key = key
        self._filter = tree
        self._visible = visible
        self._shown: dict[str, bool] = {}
        """By key, whether the subscriber was shown the entry last, or told that it has left."""

    @property
    def wanted(self) -> ChangesOf:
        """The events that may change what it follows."""
        return ChangesOf(self._view.name, self._lineage, self._key)

    @property
    def view_name(self) -> str:
        """The name of its view."""
        return self._view.name

    @property
    def event_types(self) -> frozenset[str]:
        """The types of the events that form the view's entries."""
        return self._lineage.event_types

    def keys(self, record: EventRecord) -> list[str]:
        """Of the entries that it follows, those that an event has changed."""
        return [key for key in self._lineage.keys(record) if self._key in (None, key)]

    def since(self, key: str, record: EventRecord, count: int, raw: bytes | None) -> EntryChange | None:
        """
        What the subscriber is told of an entry that has changed while it was away.

        Args:
            record: The last of the events that changed it.
            count: How many there are of them.
            raw: The entry as it is now.
        """
        if raw is None:
            return None
        data = _parse(raw)
        # With no event from before, the entry was made meanwhile, and nobody has been shown it.
        return self._told(key, record, raw, data, data["_meta"]["version"] > count)

    async def changes(self, happening: Happening) -> list[EntryChange]:
        """
        What the subscriber is told of an event.

        Raises:
            PipelineUnavailable: The cluster went away in between.
        """
        found = []
        for key in happening.keys(self._view.name, self._lineage):
            if self._key in (None, key):
                change = await self._change(happening, key)
                if change is not None:
                    found.append(change)
        return found

    async def _change(self, happening: Happening, key: str) -> EntryChange | None:
        record = happening.record
        found = await happening.parsed(self._view.name, key)
        if found is None:
            return None
        raw, data = found
        # One that was never shown may have matched before the subscription began, unless this event has made it.
        return self._told(key, record, raw, data, data["_meta"]["version"] > 1)

    def _told(
        self, key: str, record: EventRecord, raw: bytes, data: dict[str, Any], may_be_shown: bool
    ) -> EntryChange | None:
        if not has_event(data, record):
            return None  # the event, or one before it, waits in the dead-letter queue
        if data["_meta"].get("absent"):
            was_shown = self._shown.pop(key, False)
            # What an entry was like that is no more, its record does not tell.
            return EntryChange(ChangeKind.REMOVED, key, record, None) if was_shown or self._visible is None else None
        if self._visible is not None and not matches(self._visible, data):
            was_shown = self._shown.pop(key, False)
            return EntryChange(ChangeKind.LEFT, key, record, None) if was_shown else None
        if self._filter is None or matches(self._filter, data):
            self._remember(key, True)
            return EntryChange(ChangeKind.CHANGED, key, record, Entry(self._view, raw, data))
        was_shown = self._shown.get(key, may_be_shown)
        self._remember(key, False)
        return EntryChange(ChangeKind.LEFT, key, record, None) if was_shown else None

    def _remember(self, key: str, shown: bool) -> None:
        if key not in self._shown and len(self._shown) >= REMEMBERED_KEYS:
            del self._shown[next(iter(self._shown))]
        self._shown[key] = shown
