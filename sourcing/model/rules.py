"""
Rules that declarations keep so that an API can be derived from them.

A mistake is one line that names class and field. Names that the API has for every domain are known to `schema.derived`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

import msgspec

from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.model.events import EventSpec
from hazelgate.sourcing.model.fields import FieldSpec, fields_of, inputs_of, shown_of, values_within
from hazelgate.sourcing.model.names import constant, require_name, require_type_name
from hazelgate.sourcing.model.views import ViewSpec

ENTRY_FIELDS = ("id", "revision", "history")
"""What every type of a view has besides its fields."""
_ENTRY_ARGUMENTS = ("asOf", "minRevision", "filter", "after")
_CHANGE_FIELDS = ("cursor", "change", "causedBy")
_PAYLOAD_FIELDS = ("receipt",)
_RESERVED_VALUES = ("true", "false", "null")


def check_api(views: Mapping[str, ViewSpec], events: Mapping[str, EventSpec]) -> None:
    """
    Hold views and events against what an API can have.

    Raises:
        CatalogError: A name that GraphQL can't have or that is taken, a link to what no API shows, a field that
            nobody could give.
    """
    shown = [view for view in views.values() if view.in_api]
    for view in shown:
        _check_view(view)
        _check_links(view, views)
    _check_values(values_within([view.cls for view in shown]))
    _check_shared_links(shown)
    _check_queries(shown)
    mutations: dict[str, EventSpec] = {}
    for event in events.values():
        _check_filled(event.cls)
        if event.mutation is None:
            continue
        require_name(event.mutation, f"the mutation of {event.cls.__name__}")
        other = mutations.setdefault(event.mutation, event)
        if other is not event:
            raise CatalogError(
                f"{other.cls.__name__} and {event.cls.__name__} have one mutation, {event.mutation!r}; "
                "give one another name"
            )
        _check_input(event)


def _check_view(view: ViewSpec) -> None:
    cls = view.cls.__name__
    require_type_name(view.type_name, f"the type of {cls}")
    require_name(view.one, f"one entry of {cls}")
    require_name(view.many, f"several entries of {cls}")
    if view.one == view.many:
        raise CatalogError(f"one and several entries of {cls} are both named {view.one!r}; set `many`")
    if view.one in (*_CHANGE_FIELDS, *_PAYLOAD_FIELDS):
        raise CatalogError(
            f"one entry of {cls} is named {view.one!r}, as a field that stands beside it in the API; set `one`"
        )
    if view.key_name in (*_ENTRY_ARGUMENTS, *_CHANGE_FIELDS):
        raise CatalogError(
            f"{cls}.{view.key} is the key and named {view.key_name!r}, as an argument that stands beside it "
            "in the API; give it another name"
        )
    if all(field.python_name != view.key for field in view.fields):
        raise CatalogError(f"{cls}.{view.key} is Hidden[…] and the key, which every entry shows; show it")
    _check_sorts(view)
    owners = [(field.name, f"{cls}.{field.python_name}") for field in view.fields]
    owners += [(field.name, f"the computed field {field.name!r} of {cls}") for field in view.computed]
    owners += [(link.name, f"the link {link.name!r} of {cls}") for link in view.links if link.owner is view.cls]
    taken: dict[str, str] = {}
    for name, owner in owners:
        require_name(name, owner)
        if name in ENTRY_FIELDS:
            raise CatalogError(
                f"{owner} is named {name!r} in the API, where every entry has a field of that name; "
                "give it another name"
            )
        if taken.setdefault(name, owner) != owner or owners.count((name, owner)) > 1:
            raise CatalogError(f"{taken[name]} and {owner} are both named {name!r}; give one another name")


def _check_queries(shown: Iterable[ViewSpec]) -> None:
    taken: dict[str, ViewSpec] = {}
    for view in shown:
        for name in (view.one, view.many, f"{view.many}ById", f"{view.many}Aggregate"):
            other = taken.setdefault(name, view)
            if other is not view:
                raise CatalogError(
                    f"{other.cls.__name__} and {view.cls.__name__} both give the query {name!r}; set `one` or `many`"
                )


def _check_sorts(view: ViewSpec) -> None:
    taken: dict[str, str] = {}
    for index in view.sorts:
        name = require_name(constant(index.name), f"the index {index.name!r} of {view.cls.__name__}")
        if taken.setdefault(name, index.name) != index.name:
            raise CatalogError(
                f"the indexes {taken[name]!r} and {index.name!r} of {view.cls.__name__} are both the sort {name}; "
                "give one another name"
            )


def _check_links(view: ViewSpec, views: Mapping[str, ViewSpec]) -> None:
    for link in view.links:
        target = views[link.target]
        if not target.in_api:
            raise CatalogError(
                f"the link {link.name!r} of {link.owner.__name__} leads to {target.cls.__name__}, which is in no API"
            )


def _check_shared_links(shown: Iterable[ViewSpec]) -> None:
    """Values that several views have get the links of each."""
    taken: dict[tuple[type, str], tuple[str, str | None]] = {}
    for link in (link for view in shown for link in view.links):
        leads = (link.target, link.key)
        if taken.setdefault((link.owner, link.name), leads) != leads:
            raise CatalogError(
                f"{link.owner.__name__} has two links named {link.name!r}, to {taken[link.owner, link.name][0]!r} and "
                f"{link.target!r}; give one another name"
            )


def _check_values(found: Iterable[type[msgspec.Struct] | type[Enum]]) -> None:
    for cls in found:
        name = str(getattr(cls, "__api_name__", cls.__name__))
        require_type_name(name, f"the type of {cls.__name__}")
        if issubclass(cls, Enum):
            for member in cls:
                require_name(member.name, f"{cls.__name__}.{member.name}")
                if member.name in _RESERVED_VALUES:
                    raise CatalogError(f"{cls.__name__}.{member.name} has a name that GraphQL keeps for itself")
            continue
        shown = shown_of(cls)
        if not shown:
            raise CatalogError(f"{cls.__name__} has no field that an API shows; mark the fields that hold it Hidden[…]")
        for field in shown:
            require_name(field.name, f"{cls.__name__}.{field.python_name}")


def _check_filled(cls: type[msgspec.Struct]) -> None:
    for owner in (cls, *(each for each in values_within([cls]) if not issubclass(each, Enum))):
        for field in fields_of(owner):
            if field.required and (field.filled or field.hidden):
                mark = "Filled" if field.filled else "Hidden"
                raise CatalogError(
                    f"{owner.__name__}.{field.python_name} is {mark}[…] and has no default, so that nobody could "
                    "submit it; give it one, as `= None`"
                )


def _check_input(event: EventSpec) -> None:
    if event.key not in {field.python_name for field in event.input_fields}:
        raise CatalogError(f"{event.cls.__name__}.{event.key} is the aggregate's id; no guard fills it in")
    within = list(values_within([event.cls], inputs_of))
    for owner in (event.cls, *(each for each in within if not issubclass(each, Enum))):
        inputs = inputs_of(owner)
        if not inputs:
            raise CatalogError(f"{owner.__name__} has no field that a mutation's input could have")
        for field in inputs:
            require_name(field.name, f"{owner.__name__}.{field.python_name}")
            _check_deprecated(owner, field)
    _check_values(each for each in within if issubclass(each, Enum))


def _check_deprecated(owner: type[msgspec.Struct], field: FieldSpec) -> None:
    if field.deprecated is not None and field.required and not field.optional:
        raise CatalogError(
            f"{owner.__name__}.{field.python_name} is deprecated and required; give it a default, so that clients can "
            "leave it out"
        )
