"""Per event type, made once: which guards decide on it, which views fold it, and how keys are read from an event."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from hazelgate.sourcing.catalog import Catalog, EventSpec, ViewSpec
from hazelgate.sourcing.declaring.registry import Key
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.errors import CatalogError, camel
from hazelgate.sourcing.ids import Id, is_id

Keys = str | list[str] | None


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """One declared read of a guard."""

    parameter: str
    view: ViewSpec
    keys: Callable[[Any], Keys]
    many: bool
    gives_id: bool
    """Whether it reads one field that is an `Id`: of an event that was decoded, that has been checked."""


@dataclass(frozen=True, slots=True)
class GuardPlan:
    """One guard of an event type."""

    name: str
    function: Callable[..., Any]
    reads: tuple[ReadPlan, ...]


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """One function that folds an event type into a view."""

    name: str
    function: Callable[..., Any]
    keys: Callable[[Any], Keys]
    gives_id: bool
    """As in a `ReadPlan`."""
    takes_record: bool


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """Everything that folds an event type into one view."""

    view: ViewSpec
    folds: tuple[FoldPlan, ...]

    def targets(self, event: Event) -> dict[str, tuple[FoldPlan, ...]]:
        """
        The entries that a decoded event touches, with the functions to apply.

        Raises:
            Exception: Whatever a key function raises; ValueError where a key is none.
        """
        if len(self.folds) == 1:
            fold = self.folds[0]
            keys = fold.keys(event)
            if isinstance(keys, str) and (fold.gives_id or is_id(keys)):
                return {keys: self.folds}
        found: dict[str, tuple[FoldPlan, ...]] = {}
        for fold in self.folds:
            keys = fold.keys(event)
            for key in (keys,) if isinstance(keys, str) else keys or ():
                if not is_id(key):
                    raise ValueError(f"{fold.name} gives {key!r} as a key; a key is {_KEY}")
                found[key] = (*found.get(key, ()), fold)
        return found


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
                    ReadPlan(parameter, by_class[read.view], *path_getter(spec.cls, read.path, guard.name))
                    for parameter, read in guard.reads.items()
                ),
            )
            for guard in catalog.guards
            if guard.cls is spec.cls
        )
        views: dict[str, list[FoldPlan]] = {}
        for fold in catalog.folds:
            if fold.cls is spec.cls:
                keys, _, gives_id = _keys(spec.cls, fold.key, fold.name)
                plan = FoldPlan(fold.name, fold.function, keys, gives_id, fold.takes_record)
                views.setdefault(fold.view, []).append(plan)
        plans[spec.name] = EventPlan(
            spec,
            attrgetter(spec.key),
            guards,
            tuple(ViewPlan(catalog.views[name], tuple(folds)) for name, folds in views.items()),
        )
    return plans


def usual_reads(catalog: Catalog) -> list[tuple[str, list[tuple[str, str]], bool]]:
    """
    Per event type: which entries its events need, as far as a path in their data tells; map and path, in JSON's names.

    What only a key function or a completed event can tell is not among them: whether it has no key function comes last.
    """
    by_class = {view.cls: view.name for view in catalog.views.values()}
    usual: dict[str, dict[tuple[str, str], None]] = {name: {} for name in catalog.event_types}
    names = {spec.cls: spec.name for spec in catalog.specs.values()}
    for guard in catalog.guards:
        for read in guard.reads.values():
            usual[names[guard.cls]][by_class[read.view], json_path(read.path)] = None
    for fold in catalog.folds:
        if isinstance(fold.key, str):
            usual[names[fold.cls]][fold.view, json_path(fold.key)] = None
    told_by_code = {names[fold.cls] for fold in catalog.folds if not isinstance(fold.key, str)}
    return [(name, list(reads), name not in told_by_code) for name, reads in usual.items()]


def json_path(path: str) -> str:
    """A dotted path of Python's names in JSON's names."""
    return ".".join(camel(name) for name in path.split("."))


def _keys(cls: type[Event], key: Key, owner: str) -> PathGetter:
    return PathGetter(key, many=False, gives_id=False) if callable(key) else path_getter(cls, key, owner)


class PathGetter(NamedTuple):
    """How to read a dotted path from a value."""

    get: Callable[[Any], Any]
    many: bool
    """It goes through a list, and so gives several."""
    gives_id: bool
    """It gives what is an `Id` by its type."""


def path_getter(cls: type[msgspec.Struct], path: str, owner: str) -> PathGetter:
    """
    How to read a path of fields.

    Raises:
        CatalogError: There is no such field.
    """
    name, _, rest = path.partition(".")
    if name not in cls.__struct_fields__:
        raise CatalogError(f"{owner} names {path!r}; {cls.__name__} has no field {name!r}")
    hint = get_type_hints(cls, include_extras=True)[name]
    inner, many = _unwrapped(hint)
    here = attrgetter(name)
    if not rest:
        return PathGetter(here, many, gives_id=hint == Id)
    if not (isinstance(inner, type) and issubclass(inner, msgspec.Struct)):
        raise CatalogError(f"{owner} names {path!r}; {cls.__name__}.{name} has no fields of its own")
    below, below_many, _ = path_getter(inner, rest, owner)
    if not many:
        return PathGetter(lambda value: None if (part := here(value)) is None else below(part), below_many, False)
    if below_many:
        return PathGetter(lambda value: [each for part in here(value) or () for each in below(part) or ()], True, False)
    return PathGetter(lambda value: [below(part) for part in here(value) or ()], True, False)


def _unwrapped(hint: Any) -> tuple[Any, bool]:
    """The type within `Annotated`, Optional and a list of it, and whether there is a list."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _unwrapped(get_args(hint)[0])
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        return _unwrapped(options[0]) if len(options) == 1 else (hint, False)
    if origin in (list, tuple, Sequence):
        return _unwrapped(get_args(hint)[0])[0], True
    return hint, False
