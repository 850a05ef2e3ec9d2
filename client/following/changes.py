"""
What becomes of the entries of a view, whatever their key.

An event tells which entries it has changed: by the keys that the view's folds find in it. The entry is read once for
all subscribers of a process, and each sees it through its own filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.interests import ChangesOf
from hazelgate.client.reading.filters import Filter, matches
from hazelgate.client.views.entries import Entry
from hazelgate.projector.past import Lineage
from hazelgate.sourcing.envelope import EventRecord
from hazelgate.sourcing.model.views import ViewSpec

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
        if found is None or not _has(found[1], record):
            return None  # the event, or one before it, waits in the dead-letter queue
        raw, data = found
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
        # One that was never shown may have matched before the subscription began, unless this event has made it.
        was_shown = self._shown.get(key, data["_meta"]["version"] > 1)
        self._remember(key, False)
        return EntryChange(ChangeKind.LEFT, key, record, None) if was_shown else None

    def _remember(self, key: str, shown: bool) -> None:
        if key not in self._shown and len(self._shown) >= REMEMBERED_KEYS:
            del self._shown[next(iter(self._shown))]
        self._shown[key] = shown


def _has(data: dict[str, Any], record: EventRecord) -> bool:
    """Whether the event was applied to the entry."""
    applied = data["_meta"].get("applied", {}).get(str(record.lane), 0)
    return bool(applied >= record.position)
