"""
Marks on a field's type that say what the API makes of it.

    class OrderPlaced(Event):
        order_id: Id
        note: Annotated[str | None, Doc("For the courier.")] = None
        customer_name: Filled[str] = None

    class Order(View):
        order_id: Id
        risk_score: Hidden[int] = 0
        stock_code: Annotated[str, Deprecated("use sku")]
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Final, TypeVar

import msgspec

T = TypeVar("T")

UNSET: Final = msgspec.UNSET
"""The value of a field that was left out, where its type names `UnsetType`: left out and null are two things."""

UnsetType = msgspec.UnsetType
"""The type of `UNSET`: `name: str | UnsetType = UNSET`."""


class Mark(Enum):
    """Where a field is to be left out, and how its number is shown."""

    FILLED = "a guard fills it in: it is in no input"
    HIDDEN = "it is in no API"
    LONG = "a whole number beyond 32 bits"


@dataclass(frozen=True)
class Doc:
    """A field's description in the API."""

    text: str


@dataclass(frozen=True)
class Deprecated:
    """A field that is going away; `reason` says what to use in its place."""

    reason: str


Filled = Annotated[T | None, Mark.FILLED]
"""A field of an event, or of a value in it, that a guard fills in. It is in no input: give it the default None."""

Hidden = Annotated[T, Mark.HIDDEN]
"""A field of a view, or of a value in it, that is in no API."""

Long = Annotated[int, Mark.LONG]
"""A whole number of any size. An `int` without this mark has at most 32 bits in the API."""
