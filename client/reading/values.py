"""
Values in an entry's JSON, as they compare: exactly, and the same here as on the members.

A value that is none in the sense asked for reads as None, and compares with nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, InvalidOperation
from typing import Any, Literal

from hazelgate.sourcing import clock

As = Literal["text", "folded", "number", "boolean", "instant"]
"""How values compare: by code points, so without regard to case, as exact numbers, as booleans, as moments."""

_MOST_CHARACTERS = 1_000
_HIGHEST_EXPONENT = 10_000
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_INSTANT_LENGTH = len("2026-01-02T03:04:05.000000Z")
_POINT = len("2026-01-02T03:04:05")


def read(compare_as: As, value: Any) -> Any:
    """A value of an entry, or of a filter, as it compares; None where it is none in this sense."""
    return _READERS[compare_as](value)


def number(value: Any) -> Decimal | None:
    """The number that JSON has as a number or as a string; None where it says none, or one too long to reckon with."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    text = value if isinstance(value, str) else str(value)
    if len(text) > _MOST_CHARACTERS or _NUMBER.fullmatch(text) is None:
        return None
    try:
        made = Decimal(text)
    except InvalidOperation:
        return None
    exponent = made.as_tuple().exponent
    return made if isinstance(exponent, int) and abs(exponent) <= _HIGHEST_EXPONENT else None


def add(one: Decimal, other: Decimal) -> Decimal:
    """The exact sum."""
    return _EXACT.add(one, other)


def plain(value: Decimal) -> str:
    """A number as text, without an exponent."""
    return format(value, "f")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _folded(value: Any) -> str | None:
    return value.casefold() if isinstance(value, str) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _instant(value: Any) -> str | None:
    """As an `Instant`, whatever offset it is written with."""
    if not isinstance(value, str):
        return None
    if len(value) == _INSTANT_LENGTH and value[_POINT] == "." and value[-1] == "Z":
        return value
    try:
        return clock.instant(clock.moment(value))
    except (ValueError, OverflowError):
        return None


_READERS: Mapping[As, Callable[[Any], Any]] = {
    "text": _text,
    "folded": _folded,
    "number": number,
    "boolean": _boolean,
    "instant": _instant,
}
