"""
The catalog: every event type, guard, upcast and view of a domain, checked once and ready to use.

It answers what an event type looks like, decodes and encodes events, and knows the views. The decorators write into
`default`; `Catalog.load("hazelgate.domain")` imports a user's module and takes what was registered in it.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import msgspec

from hazelgate.sourcing.declaring.registry import (
    EventRegistration,
    FoldRegistration,
    GuardRegistration,
    Registration,
    Registry,
    UpcastRegistration,
    ViewRegistration,
    default,
)
from hazelgate.sourcing.declaring.upcasting import Json, UpcastChain
from hazelgate.sourcing.declaring.values import Event, View
from hazelgate.sourcing.envelope import EntryMeta
from hazelgate.sourcing.errors import CatalogError, FieldProblem, InvalidEvent, UnknownEventType
from hazelgate.sourcing.structure.decoding import Decoder
from hazelgate.sourcing.structure.fingerprints import view_fingerprint
from hazelgate.sourcing.structure.types import summary_of

__all__ = ["Catalog", "EventSpec", "Registry", "ViewSpec", "default"]

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class EventSpec:
    """One event type of a catalog."""

    name: str
    version: int
    """Today's version of the data."""
    aggregate: str
    """The type of the aggregate whose history the event belongs to."""
    key: str
    """The field, by its Python name, that holds the aggregate's id."""
    cls: type[Event]
    updates: tuple[str, ...]
    """The names of the views that the event may change."""
    readable_versions: tuple[int, ...]
    """Every version of the data that `Catalog.decode` reads, today's included."""

    @property
    def description(self) -> str:
        """The first paragraph of the class's own docstring; empty where it has none."""
        return summary_of(self.cls)

    def json_schema(self) -> Json:
        """JSON Schema of the data, in today's version."""
        return msgspec.json.schema(self.cls)

    def aggregate_id(self, event: Event) -> str:
        """The id of the aggregate that `event` belongs to."""
        value: str = getattr(event, self.key)
        return value


@dataclass(frozen=True)
class ViewSpec:
    """One view of a catalog."""

    name: str
    cls: type[View]
    """The class of its entries."""
    key: str
    """The field, by its Python name, that holds an entry's key."""
    indexes: Mapping[str, Callable[[Any], str]]
    """The functions that give an entry's sort keys, by name."""

    @cached_property
    def _decoders(self) -> tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]:
        class MetaOnly(msgspec.Struct):
            meta: EntryMeta = msgspec.field(name="_meta")

        return msgspec.json.Decoder(MetaOnly), msgspec.json.Decoder(self.cls)

    def decode_meta(self, raw: bytes) -> EntryMeta:
        """The `_meta` of an entry's JSON."""
        meta: EntryMeta = self._decoders[0].decode(raw).meta
        return meta

    def decode(self, raw: bytes) -> View:
        """An entry's JSON as a view, without its `_meta`."""
        view: View = self._decoders[1].decode(raw)
        return view

    def encode(self, meta: EntryMeta, view: View | None) -> bytes:
        """An entry's JSON, `_meta` first."""
        fields = b"{}" if view is None else _encode(view)
        return b"".join((b'{"_meta":', _encode(meta), b"," if len(fields) > 2 else b"", fields[1:]))

    def sort_keys(self, view: View) -> dict[str, str]:
        """An entry's sort keys, by the name of the index."""
        return {name: index(view) for name, index in self.indexes.items()}


class Catalog:
    """
    Everything that a domain declares, checked once. It never changes after it is made.

        catalog = Catalog.load("tickets")
        catalog.spec("TicketOpened").json_schema()
    """

    def __init__(self, registrations: Iterable[Registration]) -> None:
        registered = list(registrations)
        self.guards = tuple(each for each in registered if isinstance(each, GuardRegistration))
        self.folds = tuple(each for each in registered if isinstance(each, FoldRegistration))
        upcasts = [each for each in registered if isinstance(each, UpcastRegistration)]
        self.views: Mapping[str, ViewSpec] = MappingProxyType(_view_specs(registered))
        self._chains: dict[str, UpcastChain] = {}
        self._decoders: dict[str, Decoder[Event]] = {}
        specs: dict[str, EventSpec] = {}
        self._by_class: dict[type[Event], EventSpec] = {}
        for each in registered:
            if not isinstance(each, EventRegistration):
                continue
            _check_event(each, specs, self._by_class)
            chain = UpcastChain.of(each.name, each.version, [upcast for upcast in upcasts if upcast.cls is each.cls])
            updates = tuple(dict.fromkeys(fold.view for fold in self.folds if fold.cls is each.cls))
            spec = EventSpec(
                each.name, each.version, each.aggregate, each.key, each.cls, updates, chain.readable_versions
            )
            specs[each.name] = self._by_class[each.cls] = spec
            self._chains[each.name] = chain
            self._decoders[each.name] = Decoder(each.cls)
        self.specs: Mapping[str, EventSpec] = MappingProxyType(specs)
        self._check_references()

    @classmethod
    def load(cls, *modules: str) -> Catalog:
        """
        Import modules or packages, and take everything that is registered in them.

        Args:
            modules: Import paths, as `"tickets"` or `"shop.orders"`.

        Raises:
            CatalogError: No event is registered there, or the registrations contradict one another.
            ImportError: There is no such module.
        """
        for module in modules:
            importlib.import_module(module)
        registrations = default.made_in(*modules)
        if not any(isinstance(each, EventRegistration) for each in registrations):
            raise CatalogError(
                f"{', '.join(modules)} registers no event; mark its event classes with @event and import them there"
            )
        return cls(registrations)

    @property
    def event_types(self) -> tuple[str, ...]:
        """The names of all event types, in the order of registration."""
        return tuple(self.specs)

    def spec(self, event: str | Event | type[Event]) -> EventSpec:
        """
        Find an event type by its name, its class, or an event of it.

        Raises:
            UnknownEventType: The catalog has no such type.
        """
        found = self._by_class.get(type(event))  # type: ignore[arg-type]  # what is no event is not there
        if found is not None:
            return found
        if isinstance(event, str):
            found = self.specs.get(event)
            name = event
        else:
            kind = event if isinstance(event, type) else type(event)
            found = self._by_class.get(kind)
            name = kind.__name__
        if found is None:
            raise UnknownEventType(f"no event type {name[:200]!r} is in the catalog; eventCatalog lists those that are")
        return found

    def decode(self, event_type: str, version: int | None, data: bytes | msgspec.Raw | Json) -> Event:
        """
        Make an event of its data, lifted to today's version.

        Args:
            event_type: The event type's name.
            version: The version that the data was written in; None for today's.
            data: JSON as bytes, or parsed.

        Raises:
            UnknownEventType: The catalog has no such type, or can't read that version.
            InvalidEvent: The data does not fit. The error names every field that doesn't.
        """
        spec = self.specs.get(event_type) or self.spec(event_type)
        decoder = self._decoders[event_type]
        if version is None or version == spec.version:
            return decoder.decode(data) if isinstance(data, (bytes, msgspec.Raw)) else decoder.convert(data)
        chain = self._chains[event_type]
        if version not in chain.readable_versions:
            readable = ", ".join(map(str, chain.readable_versions))
            raise UnknownEventType(f"version {version} of {event_type} can't be read; these can: {readable}")
        try:
            parsed = msgspec.json.decode(data) if isinstance(data, (bytes, msgspec.Raw)) else data
            return decoder.convert(chain.lift(parsed, version))
        except InvalidEvent:
            raise
        except Exception as error:  # an upcast is the user's code: whatever it raises says that the data doesn't fit
            problem = f"does not read as version {version} of {event_type}: {type(error).__name__}: {error}"
            raise InvalidEvent([FieldProblem((), problem)]) from error

    def encode(self, event: Event) -> bytes:
        """
        Write an event's data as JSON, in today's version.

        Raises:
            UnknownEventType: The catalog does not have the event's class.
            InvalidEvent: A field holds a value that its type does not allow. The error names every such field.
        """
        spec = self.spec(event)
        try:
            data = _encode(event)
        except ValueError:  # half of a surrogate pair: say in which field
            self._decoders[spec.name].convert(msgspec.to_builtins(event))
            raise
        self._decoders[spec.name].decode(data)
        return data

    @cached_property
    def view_fingerprints(self) -> Mapping[str, str]:
        """By view, what changes when the code that folds it does."""
        return {
            view.name: view_fingerprint(
                view.cls,
                view.indexes,
                [fold for fold in self.folds if fold.view == view.name],
                lambda cls: self._chains[self._by_class[cls].name].steps.values(),
            )
            for view in self.views.values()
        }

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the events' schemas, the views or what feeds them change: parts that differ don't match."""
        schema = msgspec.json.schema
        content = [
            [(spec.name, spec.version, spec.aggregate, spec.key, schema(spec.cls)) for spec in self.specs.values()],
            [(view.name, view.key, sorted(view.indexes), schema(view.cls)) for view in self.views.values()],
            sorted(self.view_fingerprints.items()),
            sorted((fold.view, fold.name) for fold in self.folds),
            sorted(guard.name for guard in self.guards),
        ]
        return hashlib.blake2b(msgspec.json.encode(content, order="deterministic"), digest_size=12).hexdigest()

    def _check_references(self) -> None:
        by_view_class = {view.cls for view in self.views.values()}
        for guard in self.guards:
            if guard.cls not in self._by_class:
                raise CatalogError(f"guard {guard.name} is for {guard.cls.__name__}, which is no registered event")
            for read in guard.reads.values():
                if read.view not in by_view_class:
                    raise CatalogError(f"guard {guard.name} reads {read.view.__name__}, which no projection() makes")
        for fold in self.folds:
            if fold.cls not in self._by_class:
                raise CatalogError(f"{fold.name} folds {fold.cls.__name__}, which is no registered event")
            if fold.view not in self.views:
                raise CatalogError(f"{fold.name} folds into {fold.view}, which is no registered view")


def _check_event(
    each: EventRegistration, specs: Mapping[str, EventSpec], by_class: Mapping[type[Event], EventSpec]
) -> None:
    if each.name in specs:
        raise CatalogError(f"two classes are registered as event {each.name!r}; give one another name")
    if each.cls in by_class:
        raise CatalogError(f"{each.cls.__name__} is registered twice, as {by_class[each.cls].name!r} and {each.name!r}")
    if each.key not in each.cls.__struct_fields__:
        raise CatalogError(
            f"event {each.name!r} has no field {each.key!r}; `key` names the one with the aggregate's id"
        )
    if each.version < 1:
        raise CatalogError(f"event {each.name!r} is at version {each.version}; versions are 1, 2, 3…")


def _view_specs(registered: Iterable[Registration]) -> dict[str, ViewSpec]:
    views: dict[str, ViewSpec] = {}
    for each in registered:
        if not isinstance(each, ViewRegistration):
            continue
        if each.name in views:
            raise CatalogError(f"two projections make the view {each.name!r}; give one another name")
        if any(view.cls is each.cls for view in views.values()):
            raise CatalogError(f"{each.cls.__name__} belongs to two views; derive a class for the second one")
        if each.key not in each.cls.__struct_fields__:
            raise CatalogError(
                f"{each.cls.__name__} has no field {each.key!r}; `key` names the one with the entry's key"
            )
        views[each.name] = ViewSpec(each.name, each.cls, each.key, MappingProxyType(dict(each.indexes)))
    return views
