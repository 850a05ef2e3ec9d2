"""Per event type, made once: which guards decide on it, which views fold it, and how keys are read from an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec

from hazelgate.projector.core.paths import Keys, PathGetter, json_path, path_getter
from hazelgate.sourcing.catalog import Catalog, EventSpec, ViewSpec
from hazelgate.sourcing.declaring.registry import FoldRegistration, GuardRegistration, Key
from hazelgate.sourcing.declaring.values import Event, Read, View
from hazelgate.sourcing.envelope import EventRecord
from hazelgate.sourcing.ids import TENANT_END, is_id, plain_id
from hazelgate.sourcing.model.boundaries import Boundary
from hazelgate.sourcing.model.building import fold_extras, guard_extras, may_remove


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """One declared read of a guard."""

    parameter: str
    view: ViewSpec
    keys: Callable[[Any], Keys]
    many: bool
    gives_id: bool
    """Whether it reads one field that is an `Id`: of an event that was decoded, that has been checked."""
    boundary: Boundary = Boundary.SNAPSHOT
    """Whether its entries have to stay as they are until the event is stored."""
    after: str = ""
    """The guard's read, of one entry, that tells what this one reads; empty where the event does."""
    follow: Callable[[Any, Any], list[str]] = lambda _event, _found: []
    """With `after`: the keys, of the event and of what that read has found."""


@dataclass(frozen=True, slots=True)
class GuardPlan:
    """One guard of an event type. `takes_time`: it is told when the event was submitted; `takes_identity`: by whom."""

    name: str
    function: Callable[..., Any]
    reads: tuple[ReadPlan, ...]
    takes_time: bool
    takes_identity: bool = False
    serialized: bool = False
    """Whether some of its reads have to hold until the event is stored."""
    follows: bool = False
    """Whether some of its reads go after what another one has found."""


Apply = Callable[[Any, Event, EventRecord, str], View | None]


@dataclass(frozen=True, slots=True)
class Fold:
    """Makes an entry's next state out of its last one and an event: all functions of a view for the event, as one."""

    name: str
    apply: Apply
    """
    Takes the entry (None where there is none), the event, its record and the entry's key; gives the entry, or None
    where it is removed.

    Raises:
        BaseException: Any that a projection raises; TypeError where one returns something else than the view.
    """

    @classmethod
    def of(cls, registrations: Sequence[FoldRegistration], view: type[View]) -> Fold:
        """These functions, one after the other."""
        name = ", ".join(each.name for each in registrations)
        first, *others = [_checked(each, view) for each in registrations]
        if not others:
            return cls(name, first)

        def apply(entry: Any, event: Event, record: EventRecord, key: str) -> View | None:
            made = first(entry, event, record, key)
            for other in others:
                made = other(made, event, record, key)
            return made

        return cls(name, apply)


def _checked(registration: FoldRegistration, view: type[View]) -> Apply:
    """A registered function, however many parameters it takes, that is known to return its view."""
    name, function, removes = registration.name, registration.function, may_remove(registration)

    def checked(made: Any) -> View | None:
        if isinstance(made, view):
            return made
        if made is None and removes:
            return None
        hint = f"; to remove entries, annotate it with `-> {view.__name__} | None`" if made is None else ""
        raise TypeError(f"{name} returned {type(made).__name__}; it has to return {view.__name__}{hint}")

    def plain(entry: Any, event: Event, _record: EventRecord, _key: str) -> View | None:
        made = function(entry, event)
        return made if isinstance(made, view) else checked(made)

    def with_record(entry: Any, event: Event, record: EventRecord, _key: str) -> View | None:
        made = function(entry, event, as_the_domain_knows(record))
        return made if isinstance(made, view) else checked(made)

    def with_extras(entry: Any, event: Event, record: EventRecord, key: str) -> View | None:
        given = {"record": as_the_domain_knows(record), "key": plain_id(key)}
        return checked(function(entry, event, **{extra: given[extra] for extra in extras}))

    extras = fold_extras(registration)
    return plain if not extras else with_record if extras == ("record",) else with_extras


def as_the_domain_knows(record: EventRecord) -> EventRecord:
    """A stored record with plain ids: the domain knows no tenants."""
    if TENANT_END not in record.aggregate_id:
        return record
    return msgspec.structs.replace(
        record, event_id=plain_id(record.event_id), aggregate_id=plain_id(record.aggregate_id)
    )


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """One function that folds an event type into a view, and the entries that it folds it into."""

    registration: FoldRegistration
    keys: Callable[[Any], Keys]
    gives_id: bool
    """As in a `ReadPlan`."""


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """Everything that folds an event type into one view."""

    view: ViewSpec
    folds: tuple[FoldPlan, ...]
    whole: Fold
    """All of `folds` together."""
    _some: dict[tuple[int, ...], Fold] = field(default_factory=dict)
    """Those of which an event has needed some alone, by their places."""

    def targets(self, event: Event, prefix: str) -> dict[str, Fold]:
        """
        The entries that a decoded event touches, by their stored keys, and how it is folded into each.

        Args:
            prefix: Of the tenant whose event it is; empty for none. Its entries are that tenant's, whatever the domain
                gives as a key.

        Raises:
            Exception: Any that a key function raises; ValueError where a key is none.
        """
        if len(self.folds) == 1:
            fold = self.folds[0]
            keys = fold.keys(event)
            if isinstance(keys, str) and (fold.gives_id or is_id(keys)):
                return {prefix + keys: self.whole}
        found: dict[str, tuple[int, ...]] = {}
        for place, fold in enumerate(self.folds):
            keys = fold.keys(event)
            for key in (keys,) if isinstance(keys, str) else keys or ():
                if not is_id(key):
                    raise ValueError(f"{fold.registration.name} gives {key!r} as a key; a key is {_KEY}")
                found[key] = (*found.get(key, ()), place)
        return {prefix + key: self._fold_of(places) for key, places in found.items()}

    def _fold_of(self, places: tuple[int, ...]) -> Fold:
        if places == tuple(range(len(self.folds))):
            return self.whole
        fold = self._some.get(places)
        if fold is None:
            fold = self._some[places] = Fold.of([self.folds[each].registration for each in places], self.view.cls)
        return fold


_KEY = "1 to 128 letters, digits, or any of . _ : ~ -"


@dataclass(frozen=True, slots=True)
class EventPlan:
    """Everything to be done with an event of one type."""

    spec: EventSpec
    aggregate_id: Callable[[Any], str]
    guards: tuple[GuardPlan, ...]
    views: tuple[ViewPlan, ...]


def make_plans(catalog: Catalog) -> dict[str, EventPlan]:
    """
    The plans of all event types.

    Raises:
        CatalogError: A key or a read names a field that the event does not have.
    """
    by_class = {view.cls: view for view in catalog.views.values()}
    plans = {}
    for spec in catalog.specs.values():
        guards = tuple(
            GuardPlan(
                guard.name,
                guard.function,
                tuple(
                    _read_plan(parameter, read, by_class[read.view], spec, guard, catalog.boundaries.of(guard, read))
                    for parameter, read in guard.reads.items()
                ),
                "submitted_at" in guard_extras(guard),
                "identity" in guard_extras(guard),
                any(catalog.boundaries.of(guard, read).is_serialized for read in guard.reads.values()),
                any(read.after for read in guard.reads.values()),
            )
            for guard in catalog.guards
            if guard.cls is spec.cls
        )
        views: dict[str, list[FoldPlan]] = {}
        for fold in catalog.folds:
            if fold.cls is spec.cls:
                keys, _, gives_id = _keys(spec.cls, fold.key, fold.name)
                views.setdefault(fold.view, []).append(FoldPlan(fold, keys, gives_id))
        plans[spec.name] = EventPlan(
            spec,
            attrgetter(spec.key),
            guards,
            tuple(_view_plan(catalog.views[name], folds) for name, folds in views.items()),
        )
    return plans


def _read_plan(
    parameter: str, read: Read, view: ViewSpec, spec: EventSpec, guard: GuardRegistration, boundary: Boundary
) -> ReadPlan:
    if read.after and callable(read.path):
        return ReadPlan(parameter, view, lambda _: [], True, False, boundary, read.after, read.path)
    if callable(read.path):
        return ReadPlan(parameter, view, read.path, False, False, boundary)
    return ReadPlan(parameter, view, *path_getter(spec.cls, read.path, guard.name), boundary)


def _view_plan(view: ViewSpec, folds: Sequence[FoldPlan]) -> ViewPlan:
    return ViewPlan(view, tuple(folds), Fold.of([fold.registration for fold in folds], view.cls))


def usual_reads(catalog: Catalog) -> list[tuple[str, list[tuple[str, str]], bool]]:
    """
    Per event type: the entries that its events need, as map and path in their data, in JSON's names.

    Entries that only a key function or a completed event names are not among them. Last comes whether the type has no
    key function.
    """
    by_class = {view.cls: view.name for view in catalog.views.values()}
    usual: dict[str, dict[tuple[str, str], None]] = {name: {} for name in catalog.event_types}
    names = {spec.cls: spec.name for spec in catalog.specs.values()}
    for guard in catalog.guards:
        for read in guard.reads.values():
            if isinstance(read.path, str):
                usual[names[guard.cls]][by_class[read.view], json_path(read.path)] = None
    for fold in catalog.folds:
        if isinstance(fold.key, str):
            usual[names[fold.cls]][fold.view, json_path(fold.key)] = None
    told_by_code = {names[fold.cls] for fold in catalog.folds if not isinstance(fold.key, str)}
    return [(name, list(reads), name not in told_by_code) for name, reads in usual.items()]


def _keys(cls: type[Event], key: Key, owner: str) -> PathGetter:
    return PathGetter(key, many=False, gives_id=False) if callable(key) else path_getter(cls, key, owner)
