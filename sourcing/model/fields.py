"""
Fields of events, views and the values in them, as an API shows them.

Each has a name, a type of a few kinds, and what its marks say: hidden, filled in by a guard, deprecated, described.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import msgspec

from hazelgate.sourcing import sort_keys
from hazelgate.sourcing.clock import INSTANT_TEXT
from hazelgate.sourcing.declaring.fields import Deprecated, Doc, Mark
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.ids import ID_PATTERN
from hazelgate.sourcing.structure import types as structure
from hazelgate.sourcing.structure.types import Field, Kind, Type, type_of


class Scalar(StrEnum):
    """The kinds of single values; each is a scalar of the API, by this name."""

    ID = "ID"
    STRING = "String"
    INT = "Int"
    LONG = "Long"
    FLOAT = "Float"
    BOOLEAN = "Boolean"
    DECIMAL = "Decimal"
    DATE_TIME = "DateTime"
    DATE = "Date"
    JSON = "JSON"


SORT_KINDS = {
    Scalar.ID: sort_keys.Kind.TEXT,
    Scalar.STRING: sort_keys.Kind.TEXT,
    Scalar.INT: sort_keys.Kind.NUMBER,
    Scalar.LONG: sort_keys.Kind.NUMBER,
    Scalar.FLOAT: sort_keys.Kind.NUMBER,
    Scalar.DECIMAL: sort_keys.Kind.NUMBER,
    Scalar.BOOLEAN: sort_keys.Kind.BOOLEAN,
    Scalar.DATE_TIME: sort_keys.Kind.INSTANT,
    Scalar.DATE: sort_keys.Kind.DATE,
}
"""How values of a scalar sort; JSON does not."""


@dataclass(frozen=True)
class ListOf:
    """A list; `item` is what is in it, `item_optional` whether null may be."""

    item: FieldType
    item_optional: bool = False


FieldType = Scalar | type[Enum] | type[msgspec.Struct] | ListOf
"""What a field holds: a scalar, an enum, a nested value, or a list."""


@dataclass(frozen=True)
class FieldSpec:
    """
    One field.

    Args:
        name: As in JSON and in the API.
        python_name: As in Python.
        type: What it holds.
        optional: Whether it may be null.
        required: Whether it has no default.
        default: Its default, where it has one that is a plain value; else `msgspec.UNSET`.
        can_be_left_out: Its type names `UnsetType`: left out and null are two things.
    """

    name: str
    python_name: str
    type: FieldType
    optional: bool
    required: bool
    default: Any
    can_be_left_out: bool
    hidden: bool
    filled: bool
    description: str | None
    deprecated: str | None


def description_of(thing: object) -> str | None:
    """
    What a docstring says first, in one line; None where there is none.

    A class that has no docstring of its own does not take its base's.
    """
    if isinstance(thing, type):
        own = vars(thing).get("__doc__")
        text = inspect.cleandoc(own) if own else ""
    else:
        text = inspect.getdoc(thing) or ""
    return text.split("\n\n")[0].replace("\n", " ") or None


@cache
def fields_of(cls: type[msgspec.Struct]) -> tuple[FieldSpec, ...]:
    """
    The fields of an event, a view or a value, in order.

    Raises:
        CatalogError: The type of a field is none that an API can show.
    """
    return tuple(_field(cls, field) for field in structure.fields_of(cls))


def inputs_of(cls: type[msgspec.Struct]) -> tuple[FieldSpec, ...]:
    """The fields that an input has: all but those that a guard fills in, and those in no API."""
    return tuple(field for field in fields_of(cls) if not field.filled and not field.hidden)


def field_at(cls: type[msgspec.Struct], path: str, owner: str) -> tuple[FieldSpec, ...]:
    """
    The fields along a dotted path of Python's names, the last one being the path's own.

    Raises:
        CatalogError: There is no such field, or a field on the way has no fields of its own.
    """
    found: list[FieldSpec] = []
    inside: Any = cls
    for name in path.split("."):
        if isinstance(inside, ListOf):
            inside = inside.item
        if not (isinstance(inside, type) and issubclass(inside, msgspec.Struct)):
            raise CatalogError(f"{owner} names {path!r}; {found[-1].python_name!r} has no fields of its own")
        field = next((each for each in fields_of(inside) if each.python_name == name), None)
        if field is None:
            raise CatalogError(f"{owner} names {path!r}; {inside.__name__} has no field {name!r}")
        found.append(field)
        inside = field.type
    return tuple(found)


def is_numeric(enum: type[Enum]) -> bool:
    """Whether the values of an enum are numbers in JSON."""
    return all(isinstance(member.value, int) for member in enum)


def shown_of(cls: type[msgspec.Struct]) -> tuple[FieldSpec, ...]:
    """The fields that an API shows: all but those that are hidden."""
    return tuple(field for field in fields_of(cls) if not field.hidden)


def values_within(
    classes: Sequence[type[msgspec.Struct]],
    through: Callable[[type[msgspec.Struct]], Sequence[FieldSpec]] = shown_of,
) -> Iterator[type[msgspec.Struct] | type[Enum]]:
    """Every nested value and enum that these classes reach through fields that are not hidden, each once."""
    seen: set[type] = set()
    waiting: list[FieldType] = [field.type for cls in classes for field in through(cls)]
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, ListOf):
            waiting.append(found.item)
        elif not isinstance(found, Scalar) and found not in seen:
            seen.add(found)
            yield found
            if issubclass(found, msgspec.Struct):
                waiting += [field.type for field in through(found)]


def held_by(hint: Any, owner: str) -> tuple[FieldType, bool]:
    """
    What a type hint holds, and whether it may be null.

    Raises:
        CatalogError: It is none that an API can show.
    """
    made = type_of(hint)
    return _held(made, owner), made.nullable


def _field(cls: type[msgspec.Struct], field: Field) -> FieldSpec:
    extras = field.type.extras
    docs = [extra.text for extra in extras if isinstance(extra, Doc)]
    docs += [meta.description for meta in field.type.metas if meta.description]
    default = msgspec.UNSET if field.required else field.default
    return FieldSpec(
        name=field.json_name,
        python_name=field.name,
        type=_held(field.type, f"{cls.__name__}.{field.name}"),
        optional=field.type.nullable,
        required=field.required,
        default=default,
        can_be_left_out=field.type.can_be_left_out,
        hidden=Mark.HIDDEN in extras,
        filled=Mark.FILLED in extras,
        description=docs[0] if docs else None,
        deprecated=next((extra.reason for extra in extras if isinstance(extra, Deprecated)), None),
    )


_PLAIN = {
    int: Scalar.INT,
    float: Scalar.FLOAT,
    bool: Scalar.BOOLEAN,
    Decimal: Scalar.DECIMAL,
    datetime: Scalar.DATE_TIME,
    date: Scalar.DATE,
    dict: Scalar.JSON,
    Any: Scalar.JSON,
    object: Scalar.JSON,
    msgspec.Raw: Scalar.JSON,
    UUID: Scalar.ID,
}


def _held(made: Type, owner: str) -> FieldType:
    bare: Any = made.bare
    if made.kind is Kind.STRUCT:
        cls: type[msgspec.Struct] = bare
        return cls
    if made.kind in (Kind.LIST, Kind.SET):
        return ListOf(_held(made.item, owner), made.item.nullable)
    if made.kind in (Kind.MAP, Kind.EITHER, Kind.TUPLE):
        return Scalar.JSON
    if get_origin(bare) is Literal:
        # One of a few texts or whole numbers. It has no name of its own, so it is no enum of the API.
        kinds = {type(each) for each in get_args(bare)}
        return Scalar.STRING if kinds == {str} else Scalar.INT if kinds == {int} else Scalar.JSON
    if bare is str:
        patterns = [meta.pattern or "" for meta in made.metas]
        if ID_PATTERN in patterns:
            return Scalar.ID
        return Scalar.DATE_TIME if any(INSTANT_TEXT in pattern for pattern in patterns) else Scalar.STRING
    if bare is int and Mark.LONG in made.extras:
        return Scalar.LONG
    if isinstance(bare, type) and issubclass(bare, Enum):
        return bare
    known = _PLAIN.get(bare)
    if known is None:
        raise CatalogError(
            f"{owner} is {made.hint!r}, which no API can show; mark it Hidden[…] or give it another type"
        )
    return known
