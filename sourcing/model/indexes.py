"""Indexes of a view, ready to use: the sort key that an entry has, and the ranges in which values lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from operator import attrgetter
from typing import Any

import msgspec

from hazelgate.sourcing.declaring.indexes import By
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.model.fields import SORT_KINDS, ListOf, Scalar, field_at, is_numeric
from hazelgate.sourcing.sort_keys import Kind, component


@dataclass(frozen=True)
class IndexPart:
    """
    One field of an index.

    Args:
        path: In JSON's names.
        descending: How it is written in sort keys; an index that is descending as a whole is written ascending.
        optional: Whether it can be null.
        is_key: It is the entry's own key, with which each sort key ends.
    """

    path: tuple[str, ...]
    kind: Kind
    optional: bool
    descending: bool
    is_key: bool
    get: Callable[[Any], Any]

    def component(self, value: Any) -> str:
        """
        A value of the field as a part of sort keys.

        Raises:
            ValueError: A number that has no place among numbers.
        """
        if self.is_key:
            return str(value)
        return component(self.kind, value, optional=self.optional, descending=self.descending)

    def behind(self, prefix: str) -> str:
        """The first text behind all sort keys that begin with this, up to a value of the field."""
        return f"{prefix}\0" if self.is_key else prefix[:-1] + chr(ord(prefix[-1]) + 1)


@dataclass(frozen=True)
class IndexSpec:
    """
    One index of a view.

    Args:
        name: By which sort keys are kept (`_meta.keys.<name>`).
        descending: It was declared descending as a whole: read backwards, it is in the declared order.
        get_key: Gives the entry's own key, with which each sort key ends; None where a part of it does.
        hidden: Whether it sorts by a field that is in no API.
    """

    name: str
    parts: tuple[IndexPart, ...]
    descending: bool
    get_key: Callable[[Any], str] | None
    hidden: bool = False

    @property
    def declared(self) -> list[str]:
        """Its fields in JSON's names, `-` before those that descend."""
        return [f"{'-' if part.descending or self.descending else ''}{'.'.join(part.path)}" for part in self.parts]

    @property
    def is_sort(self) -> bool:
        """Whether the API sorts by it: it is over one field."""
        return len(self.parts) == 1

    def sort_key(self, entry: Any) -> str:
        """
        The sort key of an entry.

        Raises:
            ValueError: A number that has no place among numbers.
        """
        text = "".join([part.component(part.get(entry)) for part in self.parts])
        return text if self.get_key is None else text + self.get_key(entry)

    def prefix(self, values: Sequence[Any]) -> str:
        """With what the sort keys begin whose first fields have these values."""
        return "".join([part.component(value) for part, value in zip(self.parts, values, strict=False)])


def make_index(cls: type[msgspec.Struct], name: str, by: By, key: str, owner: str) -> IndexSpec:
    """
    An index as it was declared.

    Raises:
        CatalogError: It names no field, a list, or what has no order; or a text descends behind what ascends.
    """
    where = f"index {name!r} of {owner}"
    if not isinstance(by, By):
        raise CatalogError(f'{where} is {by!r}; declare it by the fields that it sorts, as By("name")')
    if not by.paths:
        raise CatalogError(f"{where} names no field; By(…) takes one or more")
    whole = all(path.startswith("-") for path in by.paths)
    names_key = by.paths[-1].removeprefix("-") == key
    parts = [_part(cls, path, whole, where) for path in by.paths]
    if names_key:
        parts[-1] = replace(parts[-1], is_key=True)
    hidden = any(field.hidden for path in by.paths for field in field_at(cls, path.removeprefix("-"), where))
    return IndexSpec(name, tuple(parts), whole, None if names_key else attrgetter(key), hidden)


def _part(cls: type[msgspec.Struct], path: str, whole: bool, where: str) -> IndexPart:
    plain = path.removeprefix("-")
    fields = field_at(cls, plain, where)
    if any(isinstance(field.type, ListOf) for field in fields):
        raise CatalogError(
            f"{where} goes through the list {plain!r} of {cls.__name__}; an entry has one place in an index"
        )
    last = fields[-1].type
    if isinstance(last, Scalar) and last in SORT_KINDS:
        kind = SORT_KINDS[last]
    elif isinstance(last, type) and issubclass(last, Enum):
        kind = Kind.NUMBER if is_numeric(last) else Kind.TEXT
    else:
        raise CatalogError(f"{where} sorts by {plain!r} of {cls.__name__}, which has no order")
    descending = path.startswith("-") and not whole
    if descending and kind is Kind.TEXT:
        raise CatalogError(f"{where} has the text {plain!r} descend behind what ascends; let all descend, or none")
    return IndexPart(
        path=tuple(field.name for field in fields),
        kind=kind,
        optional=any(field.optional for field in fields),
        descending=descending,
        is_key=False,
        get=_getter(plain, any(field.optional for field in fields[:-1])),
    )


def _getter(path: str, gaps: bool) -> Callable[[Any], Any]:
    if not gaps:
        return attrgetter(path)
    names = path.split(".")

    def get(entry: Any) -> Any:
        for name in names:
            entry = None if entry is None else getattr(entry, name)
        return entry

    return get
