"""
An entry as it was at an instant: its events up to then, folded again. Pure, and from the stored events alone.

Of each aggregate those events count that were stored by then: all before the first whose `persistedAt` is later. An
event that its view could not take, and all behind it, did not count then and don't count here. An event whose dead
letter is still open is not even tried, for it may hang.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import takewhile

import msgspec

from hazelgate.projector.core.entries import aggregate_of
from hazelgate.projector.core.paths import json_path, path_getter
from hazelgate.projector.core.plans import EventPlan, Fold, make_plans
from hazelgate.sourcing.catalog import Catalog, ViewSpec
from hazelgate.sourcing.declaring.values import Event, View
from hazelgate.sourcing.envelope import UNREADABLE, Decision, DecisionAction, EntryMeta, EventRecord
from hazelgate.sourcing.errors import NotYet
from hazelgate.sourcing.ids import dead_letter_id, prefix_of

Targets = Mapping[str, tuple[Event, Fold]]


@dataclass(frozen=True, slots=True)
class Step:
    """One event that an entry has taken, with the entry after it. A `view` of None: the event has removed it."""

    record: EventRecord
    meta: EntryMeta
    view: View | None


class Lineage:
    """The events that form the entries of one view."""

    def __init__(self, catalog: Catalog, view: str) -> None:
        self._catalog = catalog
        self._view: ViewSpec = catalog.views[view]
        self._plans = _plans(catalog)

    def own_aggregates(self, key: str) -> list[tuple[str, str]] | None:
        """Type and id of the aggregates that feed the entry, where its key is their id; else None."""
        found: dict[tuple[str, str], None] = {}
        for fold in self._catalog.folds:
            if fold.view == self._view.name:
                spec = self._catalog.spec(fold.cls)
                if fold.key != spec.key:
                    return None
                found[spec.aggregate, key] = None
        return list(found)

    @property
    def own_types(self) -> list[str]:
        """The types of the aggregates that feed the entry whose key is their id."""
        folds = [(fold, self._catalog.spec(fold.cls)) for fold in self._catalog.folds if fold.view == self._view.name]
        return list(dict.fromkeys(spec.aggregate for fold, spec in folds if fold.key == spec.key))

    @property
    def aggregate_types(self) -> list[str]:
        """The types of all aggregates that feed entries of the view."""
        folds = [fold for fold in self._catalog.folds if fold.view == self._view.name]
        return list(dict.fromkeys(self._catalog.spec(fold.cls).aggregate for fold in folds))

    @cached_property
    def event_types(self) -> frozenset[str]:
        """The types of all events that feed entries of the view."""
        folds = [fold for fold in self._catalog.folds if fold.view == self._view.name]
        return frozenset(self._catalog.spec(fold.cls).name for fold in folds)

    def paths(self) -> list[tuple[str, str | None]]:
        """
        By which events feed entries: the event type, and where in its data the key stands, in JSON's names.

        The path is None where a function gives the key, or where it leads through a list.
        """
        found: list[tuple[str, str | None]] = []
        for fold in self._catalog.folds:
            if fold.view == self._view.name:
                plain = isinstance(fold.key, str) and not path_getter(fold.cls, fold.key, fold.name).many
                found.append((self._catalog.spec(fold.cls).name, json_path(str(fold.key)) if plain else None))
        return found

    def keys(self, record: EventRecord) -> list[str]:
        """The keys of the entries that an event forms; none where its data can't be read."""
        try:
            return list(self._targets(record, record.event_version, record.data))
        except Exception:  # an upcast or a key function is the user's code; no entry has taken such an event
            return []

    def forms(self, record: EventRecord, key: str) -> bool:
        """Whether an event is one of those that form the entry."""
        return self._read(record, key) is not None

    def may_form(self, record: EventRecord, key: str) -> bool:
        """The same, or its data can't be read: then an operator's edit of it may lead to the entry."""
        try:
            return key in self._targets(record, record.event_version, record.data)
        except Exception:  # an upcast or a key function is the user's code
            return True

    def letter_ids(self, records: Iterable[EventRecord], key: str) -> list[str]:
        """The ids of dead letters of these events about this entry, and of operators' decisions about them."""
        return [each for record in records for each in (self._letter_id(record, key), _unreadable_id(record))]

    def steps(
        self,
        key: str,
        records: Sequence[EventRecord],
        decisions: Mapping[str, Decision],
        letters: Collection[str],
        until: str,
    ) -> list[Step]:
        """
        The events that the entry had taken by then, in the order in which it took them.

        Args:
            records: Events that may have formed it, in the order of storing.
            decisions: Those of operators, by the id of the dead letter.
            letters: The ids of those that are open, and not tried again by themselves.
            until: The instant, as stored: six decimals and Z.
        """
        entry = _Entry(key)
        for record in records:
            letter, unreadable = self._letter_id(record, key), _unreadable_id(record)
            whole = decisions.get(unreadable)
            if unreadable in letters or (
                whole is not None and (whole.at > until or whole.action is DecisionAction.DISCARDED)
            ):
                continue
            if letter in letters:
                entry.block(record)
                continue
            found = self._read(record, key, whole)
            if found is None:
                continue
            event, fold = found
            decision = decisions.get(letter)
            if decision is not None and decision.at > until:
                entry.block(record)
                continue
            if decision is not None and decision.action is DecisionAction.DISCARDED:
                continue
            if decision is not None:
                event = self._catalog.decode(record.event_type, decision.event_version, decision.data)
            entry.take(fold, event, record)
        return entry.steps

    def _letter_id(self, record: EventRecord, key: str) -> str:
        return dead_letter_id(record.event_id, self._view.name, key)

    def _read(self, record: EventRecord, key: str, edited: Decision | None = None) -> tuple[Event, Fold] | None:
        version, data = (record.event_version, record.data) if edited is None else (edited.event_version, edited.data)
        try:
            return self._targets(record, version, data).get(key)
        except Exception:  # an upcast or a key function is the user's code; no entry has taken such an event
            return None

    def _targets(self, record: EventRecord, version: int | None, data: bytes | msgspec.Raw) -> Targets:
        """By key, the event and how it is folded into that entry. Raises whatever the user's code raises."""
        plan = self._plans.get(record.event_type)
        for each in plan.views if plan is not None else ():
            if each.view is self._view:
                event = self._catalog.decode(record.event_type, version, data)
                return {key: (event, fold) for key, fold in each.targets(event, prefix_of(record.aggregate_id)).items()}
        return {}


class _Entry:
    """An entry while its events are folded: those of an aggregate wait behind one that it can't take."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.steps: list[Step] = []
        self._blocked: set[str] = set()
        self._waiting: dict[str, list[tuple[Fold, Event, EventRecord]]] = {}

    def block(self, record: EventRecord) -> None:
        """Nothing of the event's aggregate is taken any more."""
        self._blocked.add(aggregate_of(record))

    def take(self, fold: Fold, event: Event, record: EventRecord) -> None:
        """One more event, and then those that waited for what it brings."""
        aggregate = aggregate_of(record)
        if aggregate in self._blocked:
            return
        queue = self._waiting.setdefault(aggregate, [])
        queue.append((fold, event, record))
        if len(queue) == 1:
            while any(self._go_on(waiting) for waiting in self._waiting.values()):
                pass

    def _go_on(self, queue: list[tuple[Fold, Event, EventRecord]]) -> bool:
        """Whether the first of an aggregate's events was taken."""
        if not queue:
            return False
        fold, event, record = queue[0]
        last = self.steps[-1] if self.steps else None
        try:
            view = fold.apply(None if last is None else last.view, event, record, self._key)
        except NotYet:
            return False
        except Exception:  # the projection is the user's code: it has failed then as it does now
            self.block(record)
            queue.clear()
            return False
        del queue[0]
        meta = EntryMeta(
            version=last.meta.version + 1 if last else 1,
            caused_by=record.event_id,
            updated_at=record.received_at,
            applied={**(last.meta.applied if last else {}), record.lane: record.position},
            keys={},
        )
        self.steps.append(Step(record, meta, view))
        return True


def _unreadable_id(record: EventRecord) -> str:
    return dead_letter_id(record.event_id, UNREADABLE, "")


def stored_until(records: Iterable[EventRecord], until: str) -> list[EventRecord]:
    """One aggregate's events as far as they were stored at an instant, given in their order."""
    return list(takewhile(lambda record: (record.persisted_at or "") <= until, records))


@lru_cache(maxsize=4)
def _plans(catalog: Catalog) -> dict[str, EventPlan]:
    return make_plans(catalog)
