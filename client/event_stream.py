"""
What members tell a process of each event that was applied, and what it wants of that (docs/reference/protocol.md).

An event names the entries that it has changed. So nobody has to find them again, whatever their keys are. A process
gets the whole of an event that it wants, and of any other a mark. The mark tells enough to see that somebody wants the
event after all. So a wish only spares bytes: it may reach a member late, or never.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

import msgspec

from hazelgate.sourcing.envelope import EventRecord

Changed: TypeAlias = dict[str, dict[str, int]]
"""By view, the keys of the entries that an event has changed, and each one's version after it.

An entry whose key is the aggregate's id has the empty key."""


class Heard(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """As much of a whole event as is read of each: where it stands, and whether somebody may want it."""

    cursor: str
    lane: int
    position: int
    event_type: str
    aggregate_id: str
    changed: Changed | None = None
    """None where that is not known: an earlier run of the pipeline may have changed entries, and told nobody."""


class Mark(NamedTuple):
    """All that is told of an event that the process does not want, as far as the member knows."""

    cursor: str
    """Of its position and its lane."""
    event_type: str
    key: str
    """Its key in the event store."""
    changed: Changed

    @property
    def aggregate_id(self) -> str:
        """The id of its aggregate."""
        return self.key.partition("@")[2]


class StreamedEvent(EventRecord, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """The whole of it."""

    changed: Changed | None = None


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    Which events a process wants as a whole.

    Args:
        types: Those of these types.
        aggregates: Those of aggregates with these ids.
        views: Those that change entries of these views.
        entries: By view, those that change one of these entries.
    """

    everything: bool = False
    types: frozenset[str] = frozenset()
    aggregates: frozenset[str] = frozenset()
    views: frozenset[str] = frozenset()
    entries: dict[str, frozenset[str]] = {}

    def covers(self, other: Wish) -> bool:
        """Whether it names every event that the other one names."""
        return self.everything or (
            not other.everything
            and other.types <= self.types
            and other.aggregates <= self.aggregates
            and other.views <= self.views
            and all(view in self.views or keys <= self.entries.get(view, set()) for view, keys in other.entries.items())
        )

    def wants(self, event_type: str, aggregate_id: str, changed: Changed) -> bool:
        """Whether it names an event."""
        return (
            self.everything
            or event_type in self.types
            or aggregate_id in self.aggregates
            or any(
                view in self.views or not self.entries.get(view, frozenset()).isdisjoint(keys)
                for view in changed
                if (keys := changed_keys(changed, view, aggregate_id))
            )
        )


EVERYTHING = Wish(everything=True)


def joined(wishes: Iterable[Wish]) -> Wish:
    """All that one of them names."""
    all_of_them = list(wishes)
    views = frozenset[str]().union(*(each.views for each in all_of_them))
    entries: dict[str, frozenset[str]] = {}
    for wish in all_of_them:
        for view, keys in wish.entries.items():
            if view not in views:
                entries[view] = entries.get(view, frozenset()) | keys
    return Wish(
        any(each.everything for each in all_of_them),
        frozenset[str]().union(*(each.types for each in all_of_them)),
        frozenset[str]().union(*(each.aggregates for each in all_of_them)),
        views,
        entries,
    )


def changed_keys(changed: Changed, view: str, aggregate_id: str) -> list[str]:
    """The keys of a view's entries, as they are stored."""
    return [key or aggregate_id for key in changed.get(view, ())]


def version_after(changed: Changed | None, view: str, key: str, aggregate_id: str) -> int | None:
    """The version of an entry after the event; None where that is not known."""
    entries = (changed or {}).get(view, {})
    return entries.get("" if key == aggregate_id else key)
