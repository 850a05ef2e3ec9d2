"""
Sort keys: texts that sort, by code points, as the values that they were made of.

An index sorts the entries of a view by one or more of their fields. The projector makes one text of each entry for
each index, and the members sort these texts. A key is the components of the index in order, each with an end mark, and
then the entry's own key, so that no two are the same. No component begins another one of its kind, so a range of texts
is a range of values:

| value | its component |
| --- | --- |
| text, id, enum | the text; characters up to `!` as `!` and one character more |
| number | a digit for the sign, the exponent, the digits; complements where it is negative |
| instant, date | ISO 8601 |
| boolean | `0` or `1` |
| null | nothing: it sorts before everything |

Equal numbers have equal components, whatever their scale: 1.5 and 1.50 are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

from hazelgate.sourcing.clock import instant

END = " "
"""Sorts before every character of a component: a shorter text comes before a longer one that it begins."""
_END_DESCENDING = "\x7f"
"""Sorts behind every character of a descending component."""
_ESCAPE = "!"
_HIGHEST_ESCAPED = ord(_ESCAPE)
_FIRST_CODE = 0x23
"""Neither the quotation mark (0x22) nor the backslash: JSON would escape them."""
_HIGHEST = "\U0010ffff"
_FIRST_SURROGATE = 0xD800
_BEHIND_SURROGATES = 0xE000
PRESENT = "+"
"""Stands before a value that could be null."""
_BIAS = 500_000
_COMPLEMENT_DIGITS = str.maketrans("0123456789", "9876543210")
_REVERSED = str.maketrans({chr(code): chr(0x23 + 0x7E - code) for code in range(0x23, 0x7F)})
_ESCAPES = str.maketrans({chr(code): _ESCAPE + chr(_FIRST_CODE + code) for code in range(_HIGHEST_ESCAPED + 1)})


class Kind(StrEnum):
    """How the values of a component are written, and so how they compare."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    INSTANT = "INSTANT"
    DATE = "DATE"
    BOOLEAN = "BOOLEAN"


def component(kind: Kind, value: Any, *, optional: bool = False, descending: bool = False) -> str:
    """
    One value as a part of a sort key, its end mark included.

    Args:
        optional: Whether values of this component can be None. Components of one index part all say the same.
        descending: Larger values sort first. Not for `Kind.TEXT`.

    Raises:
        ValueError: The number is not finite, or has an exponent beyond ±500,000.
    """
    text = "" if value is None else _WRITERS[kind](value)
    if optional and value is not None:
        text = PRESENT + text
    if descending:
        return text.translate(_REVERSED) + _END_DESCENDING
    return text + END


def after(prefix: str) -> str | None:
    """
    The first text behind everything that begins with the prefix; None where nothing can be behind it.

    It has no half of a surrogate pair, which no text in UTF-8 has.
    """
    begin = prefix.rstrip(_HIGHEST)
    if not begin:
        return None
    following = ord(begin[-1]) + 1
    return begin[:-1] + chr(_BEHIND_SURROGATES if following == _FIRST_SURROGATE else following)


def of_tenant(prefix: str) -> str:
    """
    With what the sort keys of a tenant's entries begin, so that all of them lie in one range and no others do.

    Args:
        prefix: The tenant's, as its stored ids have it; empty for none.

    No other sort key begins so: behind an escape there is never another `!`.
    """
    return f"{_ESCAPE}{_ESCAPE}{prefix}" if prefix else ""


def _text(value: Any) -> str:
    text = str(value.value if isinstance(value, Enum) else value)
    return text.translate(_ESCAPES)


def _number(value: Any) -> str:
    value = value.value if isinstance(value, Enum) else value
    # A float is the number that JSON says of it, and not the binary fraction next to that.
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{value} has no place among numbers; keep it out of a field that an index sorts by")
    if not any(digits):
        return "5"
    significant = "".join(map(str, digits)).lstrip("0")
    adjusted = exponent + len(significant) + _BIAS
    if not 0 <= adjusted < 2 * _BIAS:
        raise ValueError(f"{value} is too large or too small for an index: its exponent is beyond ±{_BIAS:,}")
    magnitude = f"{adjusted:06d}{significant.rstrip('0')}"
    # The mark behind a negative number's digits: of two that begin alike, the longer one is the smaller.
    return f"4{magnitude.translate(_COMPLEMENT_DIGITS)}~" if sign else f"6{magnitude}"


def _instant(value: Any) -> str:
    return instant(value) if isinstance(value, datetime) else str(value)


def _date(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _boolean(value: Any) -> str:
    return "1" if value else "0"


_WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.INSTANT: _instant,
    Kind.DATE: _date,
    Kind.BOOLEAN: _boolean,
}
