"""What may become of an event's fields, and what old events don't survive."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from hazelgate import Check, Event, Value
from hazelgate.sourcing.structure.shapes import changes, shape_of


class Colour(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


class Less(StrEnum):
    RED = "RED"


class More(StrEnum):
    RED = "RED"
    BLUE = "BLUE"
    GREEN = "GREEN"


class Line(Value):
    sku: str


class LongLine(Value):
    sku: str
    note: str | None = None


class OtherLine(Value):
    sku: int


def shape(**fields: Any) -> dict[str, Any]:
    """The shape of an event with these fields; a pair is a type and a default."""
    hints = {name: each[0] if isinstance(each, tuple) else each for name, each in fields.items()}
    defaults = {name: each[1] for name, each in fields.items() if isinstance(each, tuple)}
    return shape_of(type("Something", (Event,), {"__annotations__": hints, "__module__": __name__, **defaults}))


def found(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(change.path, change.compatible) for change in changes(old, new)]


is_even = Check(lambda value: value % 2 == 0, "must be even")
is_tiny = Check(lambda value: value < 3, "must be tiny")
Ge = Annotated[int, Meta(ge=1)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"a": str}, {"a": str, "b": (str | None, None)}),
        ({"a": str}, {"a": (str, "x")}),
        ({"a": str}, {"a": str | None}),
        ({"a": Annotated[int, Meta(ge=1, le=5)]}, {"a": Annotated[int, Meta(ge=0, le=6)]}),
        ({"a": Annotated[int, Meta(ge=1)]}, {"a": int}),
        ({"a": Annotated[str, Meta(pattern="^a$")]}, {"a": str}),
        ({"a": Annotated[str, Meta(max_length=5)]}, {"a": Annotated[str, Meta(max_length=6)]}),
        ({"a": Annotated[int, is_even]}, {"a": int}),
        ({"a": Colour}, {"a": More}),
        ({"a": Literal["x"]}, {"a": Literal["x", "y"]}),
        ({"a": tuple[Line, ...]}, {"a": tuple[LongLine, ...]}),
        ({"a": str | int}, {"a": str | int | bool}),
    ],
)
def test_what_old_events_survive(old: dict[str, Any], new: dict[str, Any]) -> None:
    differences = found(shape(**old), shape(**new))
    assert differences
    assert all(compatible for _, compatible in differences)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ({"a": str, "b": int}, {"a": str}, "b"),
        ({"a": str, "b": int}, {"a": str, "c": int}, "b"),
        ({"a": str}, {"a": int}, "a"),
        ({"a": str}, {"a": Decimal}, "a"),
        ({"a": int}, {"a": float}, "a"),
        ({"a": str}, {"a": list[str]}, "a"),
        ({"a": str}, {"a": str, "b": str}, "b"),
        ({"a": (str, "x")}, {"a": str}, "a"),
        ({"a": (str, "x")}, {"a": (str, "y")}, "a"),
        ({"a": str | None}, {"a": str}, "a"),
        ({"a": int}, {"a": Ge}, "a"),
        ({"a": Ge}, {"a": Annotated[int, Meta(ge=2)]}, "a"),
        ({"a": Annotated[int, Meta(le=9)]}, {"a": Annotated[int, Meta(le=8)]}, "a"),
        ({"a": Annotated[str, Meta(max_length=9)]}, {"a": Annotated[str, Meta(max_length=8)]}, "a"),
        ({"a": Annotated[str, Meta(min_length=0)]}, {"a": Annotated[str, Meta(min_length=1)]}, "a"),
        ({"a": str}, {"a": Annotated[str, Meta(pattern="^a")]}, "a"),
        ({"a": Annotated[str, Meta(pattern="^b")]}, {"a": Annotated[str, Meta(pattern="^a")]}, "a"),
        ({"a": int}, {"a": Annotated[int, Meta(multiple_of=2)]}, "a"),
        (
            {"a": Annotated[tuple[str, ...], Meta(max_length=9)]},
            {"a": Annotated[tuple[str, ...], Meta(max_length=8)]},
            "a",
        ),
        ({"a": int}, {"a": Annotated[int, is_even]}, "a"),
        ({"a": Annotated[int, is_even]}, {"a": Annotated[int, is_tiny]}, "a"),
        ({"a": Colour}, {"a": Less}, "a"),
        ({"a": tuple[Line, ...]}, {"a": tuple[OtherLine, ...]}, "a[].sku"),
        ({"a": tuple[LongLine, ...]}, {"a": tuple[Line, ...]}, "a[].note"),
        ({"a": dict[str, Line]}, {"a": dict[str, OtherLine]}, "a.*.sku"),
        ({"a": LongLine | None}, {"a": Line | None}, "a.note"),
        ({"a": str | int}, {"a": str | bool}, "a"),
        ({"a": dict[str, int]}, {"a": Line}, "a"),
    ],
)
def test_what_old_events_do_not_survive(old: dict[str, Any], new: dict[str, Any], path: str) -> None:
    assert (path, False) in found(shape(**old), shape(**new))


def test_a_shape_is_equal_to_itself_and_keeps_no_words() -> None:
    described = shape(a=Annotated[int, Meta(ge=1, description="a number", examples=[3])])
    assert changes(described, shape(a=Ge)) == []
    assert "number" not in str(described)


def test_a_field_with_another_name_is_suspected_to_be_renamed() -> None:
    [gone, came] = changes(shape(a=str, qty=int), shape(a=str, quantity=int))
    assert str(gone) == "qty is gone (is it quantity now?)"
    assert str(came) == "quantity is new and required"
