"""
The language of filters: from a filter as a caller writes it to one that the members evaluate.

    {"customer": {"name": {"starts_with": "A"}}, "placed_at": {"gte": datetime(2026, 1, 1, tzinfo=UTC)}}
    {"or": [{"status": {"in": ["PENDING", "CONFIRMED"]}}, {"items": {"some": {"quantity": {"gt": 10}}}}]}

All that is given has to hold. What asks for nothing by mistake is refused. Names are the API's, or Python's as above.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec

from hazelgate.client.reading.filters import Filter, Operator, all_of, condition
from hazelgate.client.reading.values import As, number, plain
from hazelgate.client.views.names import API, Names
from hazelgate.sourcing import clock
from hazelgate.sourcing.errors import InvalidArgument
from hazelgate.sourcing.model.fields import FieldSpec, FieldType, ListOf, Scalar, fields_of, is_numeric
from hazelgate.sourcing.model.views import ViewSpec

DEEPEST = 32
MOST_VALUES = 1_000
MOST_CONDITIONS = 1_000

_MEANINGS: Mapping[str, tuple[Operator, As | None]] = {
    "eq": ("eq", None),
    "ne": ("ne", None),
    "in": ("in", None),
    "gt": ("gt", None),
    "gte": ("gte", None),
    "lt": ("lt", None),
    "lte": ("lte", None),
    "startsWith": ("startsWith", None),
    "contains": ("contains", None),
    "eqIgnoreCase": ("eq", "folded"),
    "startsWithIgnoreCase": ("startsWith", "folded"),
    "containsIgnoreCase": ("contains", "folded"),
    "isNull": ("isNull", None),
}
"""What an operator of the API is, and how it compares where its field's type does not say."""

EQUALITY = ("eq", "ne", "in")
_ORDER = ("gt", "gte", "lt", "lte")
_TEXT = ("startsWith", "contains", "eqIgnoreCase", "startsWithIgnoreCase", "containsIgnoreCase")
OPERATORS: Mapping[Scalar, tuple[str, ...]] = {
    Scalar.ID: EQUALITY,
    Scalar.STRING: (*EQUALITY, *_ORDER, *_TEXT),
    Scalar.BOOLEAN: ("eq",),
    **dict.fromkeys(
        (Scalar.INT, Scalar.LONG, Scalar.FLOAT, Scalar.DECIMAL, Scalar.DATE_TIME, Scalar.DATE), (*EQUALITY, *_ORDER)
    ),
}
"""The operators of a scalar, and `isNull` besides. An enum has those of equality; JSON has none."""
QUANTIFIERS = ("some", "every", "none")

_NUMBERS = (Scalar.INT, Scalar.LONG, Scalar.FLOAT, Scalar.DECIMAL)
Given = Mapping[str, Any]


def filter_of(view: ViewSpec, given: Given | None, argument: str = "filter", names: Names = API) -> Filter | None:
    """
    The filter that a caller has given; None where it has given none.

    Raises:
        InvalidArgument: It has null as an operand or an input without an operator, so that a variable that was
            forgotten never means everything; it names no field or operator, has a value of another type, is nested
            too deeply, or has too many values.
    """
    return None if given is None else _Reading(view, names).view(given, argument)


class _Reading:
    def __init__(self, view: ViewSpec, names: Names) -> None:
        self._view = view
        self._names = names
        self._conditions = 0

    def view(self, given: Given, where: str, depth: int = 0) -> Filter:
        if depth > DEEPEST:
            raise InvalidArgument.of(where[:200], f"nested more than {DEEPEST} deep")
        made: list[Filter] = []
        for name, operand in self._operands(given, where):
            at = f"{where}.{name}"
            if name in ("and", "or"):
                if not isinstance(operand, (list, tuple)):
                    raise InvalidArgument.of(at, "takes a list of filters")
                if not operand:
                    raise InvalidArgument.of(at, "is empty; leave it out")
                made.append({name: [self.view(each, f"{at}.{n}", depth + 1) for n, each in enumerate(operand)]})
            elif name == "not":
                made.append({"not": self.view(operand, at, depth + 1)})
            else:
                field = self._named(self._view.cls, name, at)
                made.append(self._field(field, (field.name,), operand, at, depth, self._view.key))
        return _together(made)

    def _value(self, cls: type[msgspec.Struct], path: tuple[str, ...], given: Given, where: str, depth: int) -> Filter:
        if depth > DEEPEST:
            raise InvalidArgument.of(where[:200], f"nested more than {DEEPEST} deep")
        made: list[Filter] = []
        for name, operand in self._operands(given, where):
            at = f"{where}.{name}"
            field = self._named(cls, name, at)
            made.append(self._field(field, (*path, field.name), operand, at, depth + 1))
        return _together(made)

    def _field(
        self, field: FieldSpec, path: tuple[str, ...], given: Given, where: str, depth: int, key: str | None = None
    ) -> Filter:
        held = Scalar.ID if field.python_name == key else field.type
        return self._held(held, path, given, where, depth)

    def _held(self, held: FieldType, path: tuple[str, ...], given: Given, where: str, depth: int) -> Filter:
        if isinstance(held, ListOf):
            quantified: list[Filter] = []
            for name, inner in self._operands(given, where):
                at = f"{where}.{name}"
                if name not in QUANTIFIERS:
                    raise InvalidArgument.of(at, f"a list has no operator {name!r}; it has {_listed(QUANTIFIERS)}")
                quantified.append({"path": list(path), name: self._held(held.item, (), inner, at, depth + 1)})
            return _together(quantified)
        if not isinstance(held, Scalar) and issubclass(held, msgspec.Struct):
            return self._value(held, path, given, where, depth)
        if held is Scalar.JSON:
            raise InvalidArgument.of(where, "holds JSON, for which there are no filters")
        return _together([self._comparison(held, path, each, where) for each in self._operands(given, where)])

    def _comparison(
        self, held: Scalar | type[Enum], path: tuple[str, ...], given: tuple[str, Any], where: str
    ) -> Filter:
        written, operand = given
        at = f"{where}.{written}"
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise InvalidArgument.of("filter", f"has more than {MOST_CONDITIONS:,} comparisons")
        name = self._names.operators.get(written)
        allowed = (*(OPERATORS[held] if isinstance(held, Scalar) else EQUALITY), "isNull")
        if name not in allowed:
            there = _listed(map(self._names.operator, allowed))
            raise InvalidArgument.of(at, f"{_shown(held)} has no operator {written!r}; it has {there}")
        op, compare_as = _MEANINGS[name]
        if op == "isNull":
            return condition(path, op, plain_value(Scalar.BOOLEAN, operand, at))
        if op == "in":
            return condition(path, op, self._several(held, operand, at), compare_as or _compares(held))
        return condition(path, op, plain_value(held, operand, at), compare_as or _compares(held))

    def _several(self, held: Scalar | type[Enum], operand: Any, where: str) -> list[Any]:
        if not isinstance(operand, (list, tuple, set, frozenset)):
            raise InvalidArgument.of(where, "takes a list of values")
        if len(operand) > MOST_VALUES:
            raise InvalidArgument.of(where, f"at most {MOST_VALUES:,} values, these are {len(operand):,}")
        return [plain_value(held, each, where) for each in operand]

    def _operands(self, given: Given, where: str) -> list[tuple[str, Any]]:
        if not isinstance(given, Mapping):
            raise InvalidArgument.of(where, f"takes operators and their values, as {{'eq': {given!r}}}"[:400])
        if not given:
            raise InvalidArgument.of(where, "has no operator; leave it out where it asks for nothing")
        for name, operand in given.items():
            if operand is None:
                asking = self._names.operator("isNull")
                raise InvalidArgument.of(f"{where}.{name}", f"is null; leave it out, or ask with {asking}")
        return list(given.items())

    def _named(self, cls: type[msgspec.Struct], name: str, where: str) -> FieldSpec:
        written = self._names.field
        found = next((field for field in fields_of(cls) if written(field) == name), None)
        if found is None:
            there = _listed(written(field) for field in fields_of(cls))
            raise InvalidArgument.of(where[:200], f"{cls.__name__} has no such field; it has {there}")
        return found


def _together(made: list[Filter]) -> Filter:
    return all_of(made) or {"and": []}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _shown(held: Scalar | type[Enum]) -> str:
    return held.value if isinstance(held, Scalar) else held.__name__


def _compares(held: Scalar | type[Enum]) -> As:
    if held in _NUMBERS or (not isinstance(held, Scalar) and is_numeric(held)):
        return "number"
    if held is Scalar.DATE_TIME:
        return "instant"
    return "boolean" if held is Scalar.BOOLEAN else "text"


# ---------------------------------------------------------------- values


def plain_value(held: Scalar | type[Enum], value: Any, where: str) -> Any:
    """
    A value of a field as entries have it in JSON.

    Raises:
        InvalidArgument: It is none of the field's type.
    """
    if not isinstance(held, Scalar):
        return _enum_value(held, value, where)
    expected, make = _PLAIN[held]
    try:
        made = make(value)
    except (ValueError, OverflowError):
        made = None
    if made is None:
        raise InvalidArgument.of(where, f"{value!r} is not {expected}"[:400])
    return made


def _enum_value(held: type[Enum], value: Any, where: str) -> Any:
    if isinstance(value, held):
        return value.value
    if not any(type(member.value) is type(value) and member.value == value for member in held):
        there = _listed(f"{held.__name__}.{member.name}" for member in held)
        raise InvalidArgument.of(where, f"{value!r} is no {held.__name__}; there are {there}"[:400])
    return value


def _text(value: Any) -> str | None:
    if isinstance(value, Enum):
        value = value.value
    return value if isinstance(value, str) else None


def _id(value: Any) -> str | None:
    return str(value) if isinstance(value, UUID) else _text(value)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, (bool, Enum)) else None


def _float(value: Any) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if math.isfinite(value) else None


def _decimal(value: Any) -> str | None:
    """Digits, never an exponent. A float is not exact, so it is none."""
    if isinstance(value, float):
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    found = number(value)
    return None if found is None else plain(found)


def _moment(value: Any) -> str | None:
    if isinstance(value, str):
        return clock.instant(clock.moment(value))
    return clock.instant(value) if isinstance(value, datetime) else None


def _day(value: Any) -> str | None:
    if isinstance(value, str):
        value = date.fromisoformat(value)
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_PLAIN: Mapping[Scalar, tuple[str, Callable[[Any], Any]]] = {
    Scalar.ID: ("an id", _id),
    Scalar.STRING: ("a text", _text),
    Scalar.INT: ("a whole number", _whole),
    Scalar.LONG: ("a whole number", _whole),
    Scalar.FLOAT: ("a number", _float),
    Scalar.DECIMAL: ("an exact number: a Decimal, a whole number or a text", _decimal),
    Scalar.DATE_TIME: ("an instant: a datetime with a time zone, or such a text", _moment),
    Scalar.DATE: ("a day: a date, or a text like 2026-11-23", _day),
    Scalar.BOOLEAN: ("True or False", _boolean),
}
