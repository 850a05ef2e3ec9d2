"""Instants, exact decimals and JSON, and what each accepts."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NewType, cast

from graphql import GraphQLScalarType
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)
_LARGEST_DECIMAL = 10**18


def serialize_instant(value: datetime | str) -> str:
    """In UTC with microseconds and `Z`, so that instants sort as strings. A string is taken to be that already."""
    if isinstance(value, str):
        return value
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(timespec="microseconds")[:-6] + "Z"


def stored_instant(text: str) -> datetime:
    """A stored instant for a field of a type. It is the canonical text, which the scalar passes on as it is."""
    return cast(datetime, text)


def optional_instant(text: str | None) -> datetime | None:
    """The same, where there may be none."""
    return cast(datetime | None, text)


def parse_instant(value: object) -> datetime:
    """
    An instant in UTC.

    Raises:
        ValueError: Not ISO 8601, finer than microseconds, or without an offset, so that nobody knows when it was.
    """
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("an instant is written like 2026-11-23T17:45:00Z, with an offset, microseconds at most")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"no such instant: {error}") from None


def parse_decimal(value: object) -> Decimal:
    """
    An exact decimal.

    Raises:
        ValueError: A float, which is not exact, or more than 18 digits on a side of the point.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_DECIMAL:
        return Decimal(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError(
        'a decimal is a string like "12.50" or an integer, with at most 18 digits on each side of the point'
    )


def serialize_decimal(value: Decimal | str) -> str:
    """Digits, never an exponent."""
    return value if isinstance(value, str) else format(value, "f")


def parse_json(value: object) -> Any:
    """
    The value as it is.

    Raises:
        ValueError: A number in it has no JSON form (a literal like 1e999 is read as infinity).
    """
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, float) and not math.isfinite(item):
            raise ValueError("a number is out of range")
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return value


Long = NewType("Long", int)
"""A whole number that stays exact in JSON up to 2^53; counters use it."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_long(value: object) -> int:
    """
    A whole number of any size.

    Raises:
        ValueError: Another thing.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("a Long is a whole number")


def parse_date(value: object) -> date:
    """
    A day.

    Raises:
        ValueError: Not ISO 8601, or no such day.
    """
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("a date is written like 2026-11-23")
    return date.fromisoformat(value)


def serialize_date(value: date | str) -> str:
    """ISO 8601. A string is taken to be that already."""
    return value if isinstance(value, str) else value.isoformat()


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: ScalarDefinition(
        name="DateTime",
        description="An instant: ISO 8601 with an offset on input, UTC on output; microseconds at most.",
        specified_by_url=None,
        serialize=serialize_instant,
        parse_value=parse_instant,
        parse_literal=None,
        origin=datetime,
    ),
    Decimal: ScalarDefinition(
        name="Decimal",
        description="An exact decimal number: a string on output, a string or an integer on input.",
        specified_by_url=None,
        serialize=serialize_decimal,
        parse_value=parse_decimal,
        parse_literal=None,
        origin=Decimal,
    ),
    Long: ScalarDefinition(
        name="Long",
        description="A whole number of any size that stays exact in JSON to 2^53.",
        specified_by_url=None,
        serialize=lambda value: value,
        parse_value=parse_long,
        parse_literal=None,
        origin=int,
    ),
    JSON: ScalarDefinition(
        name="JSON",
        description="Any JSON value.",
        specified_by_url=None,
        serialize=lambda value: value,
        parse_value=parse_json,
        parse_literal=None,
        origin=JSON,
    ),
}
"""For `StrawberryConfig(scalar_map=…)`."""

PLAIN_SCALARS = (
    GraphQLScalarType("Date", description="A day, ISO 8601.", serialize=serialize_date, parse_value=parse_date),
    *(
        GraphQLScalarType(
            each.name, description=each.description, serialize=each.serialize, parse_value=each.parse_value
        )
        for each in SCALARS.values()
    ),
)
"""The same and more, for types that are made without Strawberry."""
