"""
The structure of a type, resolved once: what stands within `Annotated`, Optional, lists and structs.

Decoding, samples, shapes and the paths of keys all ask here. So may anything else that is derived from a domain's
types: `fields_of(cls)` has a struct's fields, each with its `Type`.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from hazelgate.sourcing.declaring.values import Check

_NO_VALUES = (types.NoneType, msgspec.UnsetType)


class Kind(Enum):
    """How values of a type are made up."""

    STRUCT = "struct"
    """Of named fields: `fields` has them."""
    LIST = "list"
    """Of any number of items (`list[X]`, `tuple[X, ...]`, `Sequence[X]`): `item` is their type."""
    SET = "set"
    """As a list, with each item once."""
    TUPLE = "tuple"
    """Of one value per position (`tuple[X, Y]`): `parts` are their types."""
    MAP = "map"
    """Of values under keys (`dict[K, X]`): `item` is the values' type."""
    EITHER = "either"
    """Of one of several alternatives, None not counted: `parts` are their types."""
    LEAF = "leaf"
    """Of nothing: a text, a number, an enum, or anything else that msgspec reads as a whole."""


@dataclass(frozen=True, eq=False)
class Type:
    """One type hint, resolved."""

    hint: Any
    """As it was written."""
    bare: Any
    """Without `Annotated`, and without None and `UnsetType` where there is one alternative to them."""
    kind: Kind
    nullable: bool
    """Whether None is allowed."""
    extras: tuple[Any, ...]
    """Everything that its `Annotated`s say, the innermost first."""
    can_be_left_out: bool = False
    """Whether it names `UnsetType`: left out and null are two things."""

    @cached_property
    def metas(self) -> tuple[msgspec.Meta, ...]:
        """The constraints that msgspec checks: bounds, lengths, patterns."""
        return tuple(each for each in self.extras if isinstance(each, msgspec.Meta))

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The constraints that msgspec does not know."""
        return tuple(each for each in self.extras if isinstance(each, Check))

    @cached_property
    def parts(self) -> tuple[Type, ...]:
        """The types of what its values consist of, as `kind` has it. Those of a struct are with its `fields`."""
        arguments = get_args(self.bare)
        if self.kind in (Kind.LIST, Kind.SET):
            return (type_of(arguments[0]),)
        if self.kind is Kind.MAP:
            return (type_of(arguments[1]),)
        if self.kind is Kind.TUPLE:
            return tuple(map(type_of, arguments))
        if self.kind is Kind.EITHER:
            return tuple(type_of(_annotated(each, self.metas)) for each in arguments if each not in _NO_VALUES)
        return ()

    @property
    def item(self) -> Type:
        """The type of a list's items, or of a map's values."""
        return self.parts[0]

    @property
    def fields(self) -> tuple[Field, ...]:
        """A struct's fields; none where it is no struct."""
        return fields_of(self.bare) if self.kind is Kind.STRUCT else ()

    @property
    def checked_by_msgspec(self) -> Any:
        """The hint of a value that is not None, with the constraints that msgspec knows."""
        return _annotated(self.bare, self.metas)


@dataclass(frozen=True, eq=False)
class Field:
    """One field of a struct."""

    name: str
    """As Python has it."""
    json_name: str
    type: Type
    required: bool
    _declared: msgspec.structs.FieldInfo

    @property
    def default(self) -> Any:
        """The value that it has where none is given; `msgspec.NODEFAULT` for a required one."""
        declared = self._declared
        if declared.default is not msgspec.NODEFAULT or self.required:
            return declared.default
        return declared.default_factory()


@cache
def fields_of(cls: type[msgspec.Struct]) -> tuple[Field, ...]:
    """A struct's fields, in their order."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple(
        Field(each.name, each.encode_name, type_of(hints[each.name]), each.required, each)
        for each in msgspec.structs.fields(cls)
    )


def field_of(cls: type[msgspec.Struct], name: str) -> Field | None:
    """A struct's field by its name in Python; None where there is none."""
    return next((field for field in fields_of(cls) if field.name == name), None)


def type_of(hint: Any) -> Type:
    """What a type hint says. What lies deeper is resolved when it is asked for, so types may contain themselves."""
    bare, nullable, can_be_left_out = hint, False, False
    extras: tuple[Any, ...] = ()
    while True:
        origin = get_origin(bare)
        if origin is Annotated:
            bare, *inner = get_args(bare)
            extras = (*inner, *extras)
        elif origin in (Union, types.UnionType):
            options = [option for option in get_args(bare) if option not in _NO_VALUES]
            nullable = nullable or types.NoneType in get_args(bare)
            can_be_left_out = can_be_left_out or msgspec.UnsetType in get_args(bare)
            if len(options) > 1:
                return Type(hint, bare, Kind.EITHER, nullable, extras, can_be_left_out)
            [bare] = options
        else:
            return Type(hint, bare, _kind_of(bare), nullable, extras, can_be_left_out)


def summary_of(cls: type) -> str:
    """The first paragraph of a class's own docstring, on one line; empty where it has none."""
    return inspect.cleandoc(cls.__dict__.get("__doc__") or "").split("\n\n")[0].replace("\n", " ")


def _kind_of(bare: Any) -> Kind:
    origin, arguments = get_origin(bare), get_args(bare)
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return Kind.STRUCT
    if origin in (list, Sequence) or (origin is tuple and arguments[1:] == (...,)):
        return Kind.LIST
    if origin in (set, frozenset):
        return Kind.SET
    if origin is tuple:
        return Kind.TUPLE
    return Kind.MAP if origin is dict else Kind.LEAF


def _annotated(hint: Any, extras: Sequence[Any]) -> Any:
    return Annotated[(hint, *extras)] if extras else hint
