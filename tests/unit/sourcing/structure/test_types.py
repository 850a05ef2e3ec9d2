"""What a type hint says, however it is wrapped."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, field

from hazelgate import Check, Event, Id, Value
from hazelgate.sourcing.structure.types import Kind, field_of, fields_of, summary_of, type_of

POSITIVE = Meta(ge=1)
EVEN = Check(lambda number: number % 2 == 0, "must be even")


class Colour(StrEnum):
    RED = "RED"


class Leaf(Value):
    """A leaf of a tree,
    on one line.

    And more.
    """

    size_in_cm: Annotated[int, POSITIVE, EVEN]
    colour: Colour = Colour.RED
    tags: dict[str, int] = field(default_factory=dict)
    other: str = field(name="elseName", default="x")


class Tree(Value):
    above: tuple[Tree, ...] = ()
    leaf: Leaf | None = None


@pytest.mark.parametrize(
    ("hint", "kind", "bare", "parts"),
    [
        (str, Kind.LEAF, str, ()),
        (Colour, Kind.LEAF, Colour, ()),
        (list, Kind.LEAF, list, ()),
        (Leaf, Kind.STRUCT, Leaf, ()),
        (list[int], Kind.LIST, list[int], (int,)),
        (Sequence[int], Kind.LIST, Sequence[int], (int,)),
        (tuple[int, ...], Kind.LIST, tuple[int, ...], (int,)),
        (tuple[int, str], Kind.TUPLE, tuple[int, str], (int, str)),
        (frozenset[int], Kind.SET, frozenset[int], (int,)),
        (dict[str, Leaf], Kind.MAP, dict[str, Leaf], (Leaf,)),
        (int | str, Kind.EITHER, int | str, (int, str)),
    ],
)
def test_a_type_is_of_a_kind_and_has_parts(hint: Any, kind: Kind, bare: Any, parts: tuple[Any, ...]) -> None:
    """Whether it is annotated, or may be null, or not."""
    for nullable, written in ((False, hint), (True, hint | None), (True, Annotated[hint | None, "note"])):
        found = type_of(written)
        assert (found.hint, found.kind, found.nullable) == (written, kind, nullable)
        assert found.bare == (hint | None if nullable and kind is Kind.EITHER else bare)
        assert tuple(part.bare for part in found.parts) == parts


def test_what_is_said_about_a_type_is_gathered_from_within() -> None:
    found = type_of(Annotated[Annotated[int, POSITIVE] | None, EVEN, "note"])
    assert found.extras == (POSITIVE, EVEN, "note")
    assert (found.metas, found.checks) == ((POSITIVE,), (EVEN,))
    assert found.checked_by_msgspec == Annotated[int, POSITIVE]


def test_each_alternative_is_bounded_as_the_whole_is() -> None:
    found = type_of(Annotated[int | Decimal | None, POSITIVE])
    assert [part.checked_by_msgspec for part in found.parts] == [Annotated[int, POSITIVE], Annotated[Decimal, POSITIVE]]


def test_a_field_has_two_names_a_type_and_a_default() -> None:
    size, colour, tags, other = fields_of(Leaf)
    assert (size.name, size.json_name, size.required) == ("size_in_cm", "sizeInCm", True)
    assert size.type.checks == (EVEN,)
    assert size.default is msgspec.NODEFAULT
    assert (colour.required, colour.default) == (False, Colour.RED)
    assert tags.default == {}
    assert tags.default is not tags.default
    assert other.json_name == "elseName"


def test_a_field_is_found_by_its_name_in_python() -> None:
    found = field_of(Leaf, "colour")
    assert found is not None
    assert found.type.bare is Colour
    assert field_of(Leaf, "elseName") is None


def test_a_type_may_contain_itself() -> None:
    above, leaf = type_of(Tree).fields
    assert above.type.item.fields is type_of(Tree).fields
    assert leaf.type.fields is fields_of(Leaf)
    assert type_of(Id).fields == ()


def test_a_class_is_summed_up_by_its_own_docstring() -> None:
    """That of its base is about another class."""

    class Silent(Event):
        leaf_id: Id

    assert summary_of(Leaf) == "A leaf of a tree, on one line."
    assert summary_of(Silent) == ""
