"""Instants are ISO 8601 strings in UTC with six decimals and `Z`: they sort as text, and nobody has to parse them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

INSTANT_TEXT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"

Instant = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^{INSTANT_TEXT}$(?!\n)",
        description="an instant in UTC with microseconds, as 2026-11-23T17:45:00.123456Z",
    ),
]
"""A point in time as a text: ISO 8601 in UTC with six decimals and `Z`. The API shows it as a DateTime."""


def instant(moment: datetime) -> str:
    """
    An aware datetime as an `Instant`.

    Raises:
        ValueError: `moment` has no time zone, so nobody knows when it was.
    """
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone is no instant; use datetime.now(UTC)")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment(text: str) -> datetime:
    """An `Instant` (or any ISO 8601 text with an offset) as an aware datetime in UTC."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"{text!r} has no offset; end it with Z or +00:00")
    return parsed.astimezone(UTC)


def now() -> str:
    """The instant that it is."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def later(text: str, milliseconds: float) -> str:
    """The instant so many milliseconds after another."""
    return instant(moment(text) + timedelta(milliseconds=milliseconds))


def milliseconds_between(earlier: str, later: str) -> float:
    """How long after `earlier` `later` is."""
    return (moment(later) - moment(earlier)).total_seconds() * 1000
