"""From a filter as a client writes it to one that the members evaluate. What asks for nothing by mistake is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from hazelgate.client.reading.filters import Filter, Operator, all_of, condition
from hazelgate.client.reading.values import As
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.scalars import serialize_decimal, serialize_instant
from hazelgate.sourcing.model.fields import FieldSpec, FieldType, ListOf, Scalar, fields_of, is_numeric
from hazelgate.sourcing.model.views import ViewSpec

DEEPEST = 32
MOST_VALUES = 1_000
MOST_CONDITIONS = 1_000

_OPERATORS: Mapping[str, tuple[Operator, As | None]] = {
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

_NUMBERS = (Scalar.INT, Scalar.LONG, Scalar.FLOAT, Scalar.DECIMAL)
Given = Mapping[str, Any]


def filter_of(view: ViewSpec, given: Given | None, argument: str = "filter") -> Filter | None:
    """
    The filter that a client has given; None where it has given none.

    Raises:
        GraphQLError: It has null as an operand or an input without an operator, so that a variable that was forgotten
            never means everything; it is nested too deeply, or has too many values.
    """
    return None if given is None else _Reading(view).view(given, argument)


class _Reading:
    def __init__(self, view: ViewSpec) -> None:
        self._view = view
        self._conditions = 0

    def view(self, given: Given, where: str, depth: int = 0) -> Filter:
        if depth > DEEPEST:
            raise bad_input(where[:200], f"nested more than {DEEPEST} deep")
        made: list[Filter] = []
        for name, operand in _operands(given, where):
            at = f"{where}.{name}"
            if name in ("and", "or"):
                if not operand:
                    raise bad_input(at, "is empty; leave it out")
                made.append({name: [self.view(each, f"{at}.{n}", depth + 1) for n, each in enumerate(operand)]})
            elif name == "not":
                made.append({"not": self.view(operand, at, depth + 1)})
            else:
                made.append(self._field(_named(self._view.fields, name), (name,), operand, at, depth, self._view.key))
        return _together(made)

    def _value(self, cls: type[msgspec.Struct], path: tuple[str, ...], given: Given, where: str, depth: int) -> Filter:
        if depth > DEEPEST:
            raise bad_input(where[:200], f"nested more than {DEEPEST} deep")
        return _together(
            [
                self._field(_named(fields_of(cls), name), (*path, name), operand, f"{where}.{name}", depth + 1)
                for name, operand in _operands(given, where)
            ]
        )

    def _field(
        self, field: FieldSpec, path: tuple[str, ...], given: Given, where: str, depth: int, key: str | None = None
    ) -> Filter:
        held = Scalar.ID if field.python_name == key else field.type
        return self._held(held, path, given, where, depth)

    def _held(self, held: FieldType, path: tuple[str, ...], given: Given, where: str, depth: int) -> Filter:
        if isinstance(held, ListOf):
            quantified: list[Filter] = [
                {"path": list(path), quantifier: self._held(held.item, (), inner, f"{where}.{quantifier}", depth + 1)}
                for quantifier, inner in _operands(given, where)
            ]
            return _together(quantified)
        if not isinstance(held, Scalar) and issubclass(held, msgspec.Struct):
            return self._value(held, path, given, where, depth)
        return _together([self._comparison(held, path, each) for each in _named_operands(given, where)])

    def _comparison(self, held: FieldType, path: tuple[str, ...], named: tuple[str, Any, str]) -> Filter:
        name, operand, where = named
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise bad_input("filter", f"has more than {MOST_CONDITIONS:,} comparisons")
        op, compare_as = _OPERATORS[name]
        if op == "isNull":
            return condition(path, op, operand)
        if op == "in":
            if len(operand) > MOST_VALUES:
                raise bad_input(where, f"at most {MOST_VALUES:,} values, these are {len(operand):,}")
            return condition(path, op, [_plain(each) for each in operand], compare_as or _compares(held))
        return condition(path, op, _plain(operand), compare_as or _compares(held))


def _operands(given: Given, where: str) -> list[tuple[str, Any]]:
    if not given:
        raise bad_input(where, "has no operator; leave it out where it asks for nothing")
    for name, operand in given.items():
        if operand is None:
            raise bad_input(f"{where}.{name}", "is null; leave it out, or ask with isNull")
    return list(given.items())


def _named_operands(given: Given, where: str) -> list[tuple[str, Any, str]]:
    return [(name, operand, f"{where}.{name}") for name, operand in _operands(given, where)]


def _named(fields: tuple[FieldSpec, ...], name: str) -> FieldSpec:
    return next(field for field in fields if field.name == name)


def _together(made: list[Filter]) -> Filter:
    return all_of(made) or {"and": []}


def _compares(held: FieldType) -> As:
    if held in _NUMBERS or (isinstance(held, type) and issubclass(held, Enum) and is_numeric(held)):
        return "number"
    if held is Scalar.DATE_TIME:
        return "instant"
    return "boolean" if held is Scalar.BOOLEAN else "text"


_PLAIN: Mapping[type, Callable[[Any], Any]] = {
    Decimal: serialize_decimal,
    datetime: serialize_instant,
    date: date.isoformat,
}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    make = _PLAIN.get(type(value))
    return value if make is None else make(value)
