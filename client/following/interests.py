"""
Which subscribers want an event, found without asking each.

Subscribers to one entry are found by its key, whatever their number, those to events by type or aggregate. The rest, of
which a function says whether it wants an event, is asked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from hazelgate.client.event_stream import Changed, Heard, Mark, Wish
from hazelgate.client.following.happenings import Happening
from hazelgate.projector.past import Lineage
from hazelgate.sourcing.envelope import EventRecord

MOST_NAMED = 256
"""Entries of a view, or aggregates, that members are told one by one. A wish for more names the view, or everything."""

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EventsOf:
    """
    Events.

    Args:
        types: Of these types alone; None: of all.
        aggregate_id: Of the aggregates with this id alone.
    """

    types: frozenset[str] | None = None
    aggregate_id: str | None = None


@dataclass(frozen=True, slots=True)
class ChangesOf:
    """
    Events that may change entries of a view.

    Args:
        lineage: By which events the entries are formed, for events that do not name the entries they have changed.
        key: Of this entry alone; None: of all.
    """

    view: str
    lineage: Lineage
    key: str | None = None


Wanted: TypeAlias = EventsOf | ChangesOf | Callable[[EventRecord], bool]
"""What a subscriber wants."""


class Interests(Generic[S]):
    """All subscribers of a process, by what they want."""

    def __init__(self) -> None:
        self._wanted: dict[S, dict[Wanted, None]] = {}
        self._every: dict[S, None] = {}
        self._asked: dict[S, Callable[[EventRecord], bool]] = {}
        self._by_type: dict[str, dict[S, None]] = {}
        self._by_aggregate: dict[str, dict[S, frozenset[str] | None]] = {}
        self._views: dict[str, _ViewInterests[S]] = {}

    def __len__(self) -> int:
        return len(self._wanted)

    def __iter__(self) -> Iterator[S]:
        return iter(self._wanted)

    def add(self, subscriber: S, *wanted: Wanted) -> None:
        """One more, or one that wants more than before. It counts from the next event on."""
        known = self._wanted.setdefault(subscriber, {})
        for each in wanted:
            if each not in known:
                known[each] = None
                self._add(subscriber, each)

    def _add(self, subscriber: S, wanted: Wanted) -> None:
        match wanted:
            case EventsOf(aggregate_id=str() as aggregate_id):
                group = self._by_aggregate.setdefault(aggregate_id, {})
                # Of who wants an aggregate twice, both are met by all of its events.
                group[subscriber] = None if subscriber in group else wanted.types
            case EventsOf(types=None):
                self._every[subscriber] = None
            case EventsOf(types=types):
                for event_type in types or ():
                    self._by_type.setdefault(event_type, {})[subscriber] = None
            case ChangesOf():
                self._add_to_view(subscriber, wanted)
            case _:
                self._asked[subscriber] = wanted

    def _add_to_view(self, subscriber: S, wanted: ChangesOf) -> None:
        view = self._views.get(wanted.view)
        if view is None:
            view = self._views[wanted.view] = _ViewInterests(wanted.view, wanted.lineage)
        view.add(subscriber, wanted.key)

    def remove(self, subscriber: S) -> None:
        """It wants nothing any more. A second call does nothing."""
        for each in self._wanted.pop(subscriber, ()):
            self._remove(subscriber, each)

    def _remove(self, subscriber: S, wanted: Wanted) -> None:
        match wanted:
            case EventsOf(aggregate_id=str() as aggregate_id):
                _remove(self._by_aggregate, aggregate_id, subscriber)
            case EventsOf(types=None):
                del self._every[subscriber]
            case EventsOf(types=types):
                for event_type in types or ():
                    _remove(self._by_type, event_type, subscriber)
            case ChangesOf():
                self._remove_from_view(subscriber, wanted)
            case _:
                del self._asked[subscriber]

    def _remove_from_view(self, subscriber: S, wanted: ChangesOf) -> None:
        view = self._views[wanted.view]
        view.remove(subscriber, wanted.key)
        if view.is_empty:
            del self._views[wanted.view]

    def wish(self) -> Wish:
        """Which events have to come as a whole."""
        whole = {name for name, view in self._views.items() if view.few_keys is None}
        return Wish(
            # Whether a function wants an event shows in its record alone.
            everything=bool(self._every or self._asked or len(self._by_aggregate) > MOST_NAMED),
            types=frozenset(self._by_type),
            aggregates=frozenset(self._by_aggregate) if len(self._by_aggregate) <= MOST_NAMED else frozenset(),
            views=frozenset(whole),
            entries={name: view.few_keys for name, view in self._views.items() if view.few_keys is not None},
        )

    def may_want(self, heard: Heard | Mark) -> bool:
        """False where nobody wants the event: the rest of it need not be read."""
        if self._every or self._asked or heard.event_type in self._by_type:
            return True
        if self._by_aggregate and heard.aggregate_id in self._by_aggregate:
            return True
        changed = heard.changed
        if changed is None:
            return bool(self._changed_views(None, heard.event_type))
        for name in changed:  # a plain loop: every process looks so at every event of the cluster
            view = self._views.get(name)
            if view is not None and view.may_want(changed[name], heard):
                return True
        return False

    def _changed_views(self, changed: Changed | None, event_type: str) -> list[_ViewInterests[S]]:
        """Views with subscribers, of which the event has changed entries, or may have."""
        if changed is None:
            return [view for view in self._views.values() if event_type in view.lineage.event_types]
        return [self._views[name] for name in changed if name in self._views]

    def wanting(self, happening: Happening) -> list[S]:
        """Those who want an event, each once."""
        record = happening.record
        found = [*self._every, *self._by_type.get(record.event_type, ())]
        for subscriber, types in self._by_aggregate.get(record.aggregate_id, {}).items():
            if types is None or record.event_type in types:
                found.append(subscriber)
        for view in self._changed_views(happening.changed, record.event_type):
            found += view.wanting(happening)
        for subscriber, wants in self._asked.items():
            if wants(record):
                found.append(subscriber)
        return list(dict.fromkeys(found))


class _ViewInterests(Generic[S]):
    """The subscribers to one view."""

    def __init__(self, name: str, lineage: Lineage) -> None:
        self._name = name
        self.lineage = lineage
        self._whole: dict[S, None] = {}
        self._by_key: dict[str, dict[S, None]] = {}

    @property
    def is_empty(self) -> bool:
        return not self._whole and not self._by_key

    @property
    def few_keys(self) -> frozenset[str] | None:
        """Those of the only entries that somebody wants; None where these are all, or many."""
        return None if self._whole or len(self._by_key) > MOST_NAMED else frozenset(self._by_key)

    def add(self, subscriber: S, key: str | None) -> None:
        subscribers = self._whole if key is None else self._by_key.setdefault(key, {})
        subscribers[subscriber] = None

    def remove(self, subscriber: S, key: str | None) -> None:
        if key is None:
            del self._whole[subscriber]
        else:
            _remove(self._by_key, key, subscriber)

    def may_want(self, entries: dict[str, int], heard: Heard | Mark) -> bool:
        return bool(self._whole) or any((key or heard.aggregate_id) in self._by_key for key in entries)

    def wanting(self, happening: Happening) -> list[S]:
        found = list(self._whole)
        if self._by_key:
            for key in happening.keys(self._name, self.lineage):
                found += self._by_key.get(key, ())
        return found


def _remove(groups: dict[str, dict[S, T]], name: str, subscriber: S) -> None:
    """Take one out of a group. What it wants may overlap, so it may be out already."""
    group = groups.get(name, {})
    group.pop(subscriber, None)
    if not group:
        groups.pop(name, None)
