"""
The catalog: every event type, guard, upcast and view of a domain, checked once and ready to use.

It answers what an event type looks like, decodes and encodes events, and knows the views. The decorators write into
`default`; `Catalog.load("hazelgate.domain")` imports a user's module and takes what was registered in it.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from hazelgate.sourcing.declaring.registry import (
    EventRegistration,
    FoldRegistration,
    GuardRegistration,
    Registration,
    Registry,
    default,
)
from hazelgate.sourcing.declaring.upcasting import Json
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.errors import CatalogError, FieldProblem, InvalidEvent, UnknownEventType
from hazelgate.sourcing.model.access import check_access
from hazelgate.sourcing.model.boundaries import Boundaries
from hazelgate.sourcing.model.building import check_functions, event_specs, of_kind, view_specs
from hazelgate.sourcing.model.events import EventSpec
from hazelgate.sourcing.model.rules import check_api
from hazelgate.sourcing.model.uniqueness import with_uniqueness
from hazelgate.sourcing.model.views import ViewSpec
from hazelgate.sourcing.structure.decoding import Decoder
from hazelgate.sourcing.structure.fingerprints import view_fingerprint
from hazelgate.sourcing.structure.json_schema import json_schema

__all__ = ["Catalog", "EventSpec", "Registry", "ViewSpec", "default"]

_encode = msgspec.json.Encoder().encode


class Catalog:
    """
    Everything that a domain declares, checked once. It never changes after it is made.

        catalog = Catalog.load("tickets")
        catalog.spec("TicketOpened").json_schema()
    """

    def __init__(self, registrations: Iterable[Registration]) -> None:
        registered = with_uniqueness(registrations)
        self.guards = tuple(of_kind(registered, GuardRegistration))
        self.folds = tuple(of_kind(registered, FoldRegistration))
        self.views: Mapping[str, ViewSpec] = view_specs(registered)
        self.specs, self._chains = event_specs(registered, self.views)
        self._decoders = {spec.name: Decoder(spec.cls) for spec in self.specs.values()}
        self._by_class: dict[type[Event], EventSpec] = {spec.cls: spec for spec in self.specs.values()}
        self._by_type_name = {view.type_name: view for view in self.views.values() if view.in_api}
        check_functions(registered, self.views)
        self.boundaries = Boundaries(self.specs, self.views, self.folds)
        for guard in self.guards:
            for read in guard.reads.values():
                self.boundaries.of(guard, read)
        check_api(self.views, self.specs)
        check_access(self.views, self.specs)

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

    def seen_as(self, views: Mapping[str, ViewSpec], specs: Mapping[str, EventSpec]) -> Catalog:
        """The same domain, as some of its readers see it: each view and event type is there, with less to see."""
        other = copy.copy(self)
        other.views, other.specs = views, specs
        other._by_class = {spec.cls: spec for spec in specs.values()}
        other._by_type_name = {view.type_name: view for view in views.values() if view.in_api}
        return other

    @property
    def event_types(self) -> tuple[str, ...]:
        """The names of all event types, in the order of registration."""
        return tuple(self.specs)

    def view_of_type(self, type_name: str) -> ViewSpec | None:
        """The view whose entries have this type in the API; None where there is none."""
        return self._by_type_name.get(type_name)

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

    def encode(self, event: Event, *, is_decoded: bool = False) -> bytes:
        """
        Write an event's data as JSON, in today's version.

        Args:
            is_decoded: Whether `decode` has made the event: then all of it is checked already.

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
        if not is_decoded:
            self._decoders[spec.name].decode(data)
        return data

    @cached_property
    def view_fingerprints(self) -> Mapping[str, str]:
        """By view, what changes when the code that folds it does."""
        return {
            view.name: view_fingerprint(
                view.cls,
                {name: index.declared for name, index in view.indexes.items()},
                [fold for fold in self.folds if fold.view == view.name],
                lambda cls: self._chains[self._by_class[cls].name].steps.values(),
            )
            for view in self.views.values()
        }

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the events' schemas, the views or what feeds them change: parts that differ don't match."""
        content = [
            [
                (spec.name, spec.version, spec.aggregate, spec.key, json_schema(spec.cls))
                for spec in self.specs.values()
            ],
            [(view.name, view.key, sorted(view.indexes), json_schema(view.cls)) for view in self.views.values()],
            sorted(self.view_fingerprints.items()),
            sorted((fold.view, fold.name) for fold in self.folds),
            sorted(guard.name for guard in self.guards),
        ]
        return hashlib.blake2b(msgspec.json.encode(content, order="deterministic"), digest_size=12).hexdigest()
