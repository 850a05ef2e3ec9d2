"""Dotted paths of fields (`"items.product_id"`): how the keys that they lead to are read from an event."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from hazelgate.sourcing.errors import CatalogError, camel
from hazelgate.sourcing.ids import Id
from hazelgate.sourcing.structure.types import Kind, Type, field_of

Keys = str | list[str] | None


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
    field = field_of(cls, name)
    if field is None:
        raise CatalogError(f"{owner} names {path!r}; {cls.__name__} has no field {name!r}")
    inner, many = _items_of(field.type)
    here = attrgetter(name)
    if not rest:
        return PathGetter(here, many, gives_id=field.type.hint == Id)
    if inner.kind is not Kind.STRUCT:
        raise CatalogError(f"{owner} names {path!r}; {cls.__name__}.{name} has no fields of its own")
    below, below_many, _ = path_getter(inner.bare, rest, owner)
    if not many:
        return PathGetter(lambda value: None if (part := here(value)) is None else below(part), below_many, False)
    if below_many:
        return PathGetter(lambda value: [each for part in here(value) or () for each in below(part) or ()], True, False)
    return PathGetter(lambda value: [below(part) for part in here(value) or ()], True, False)


def json_path(path: str) -> str:
    """A dotted path of Python's names in JSON's names."""
    return ".".join(camel(name) for name in path.split("."))


def _items_of(type_: Type) -> tuple[Type, bool]:
    """The type of a list's items, or the type itself, and whether there is a list."""
    if type_.kind is not Kind.LIST:
        return type_, False
    return _items_of(type_.item)[0], True
