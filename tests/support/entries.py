"""Random entries, filters, and indexes over them, that the members and this process are to agree about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st

from hazelgate import By, View
from hazelgate.client.reading.filters import Filter
from hazelgate.sourcing.clock import Instant, instant
from hazelgate.sourcing.model.indexes import IndexSpec, make_index

T = TypeVar("T")

TEXTS = [
    "",
    "a",
    "A",
    "ab",
    "a b",
    "!",
    "é",
    "É",
    "ß",
    "SS",
    "ς",
    "Σ",
    "ı",
    "İ",
    "🦊",
    "\uffee",
    'say "hi"',
    "\\",
    "\n",
]
NUMBERS = [Decimal("-1.5"), Decimal(0), Decimal("0.10"), Decimal("0.1"), Decimal(3), Decimal("1E+3"), Decimal("12.345")]
MOMENTS = [datetime(2026, 1, 2, tzinfo=UTC) + timedelta(milliseconds=200 * n) for n in range(4)]


class Place(View):
    """Where a thing is."""

    city: str
    zip: str | None = None


class Part(View):
    """What a thing is made of."""

    sku: str | None
    amount: Decimal
    marks: tuple[str, ...] = ()


class Thing(View):
    """A view with a field of each kind."""

    thing_id: str
    name: str
    note: str | None
    amount: Decimal
    weight: float
    count: int | None
    open: bool
    at: Instant
    seen: datetime | None
    place: Place | None
    parts: tuple[Part, ...] = ()


def index(name: str, *paths: str) -> IndexSpec:
    """An index of things, as a projection makes it."""
    return make_index(Thing, name, By(*paths), "thing_id", "things")


INDEXES = {
    each.name: each
    for each in (
        index("id", "thing_id"),
        index("name", "name"),
        index("newest", "-at"),
        index("amount", "amount"),
        index("count", "count"),
        index("seen", "seen"),
        index("nameAmount", "name", "amount"),
        index("openCountAt", "open", "count", "-at"),
        index("cityName", "place.city", "name"),
        index("noteId", "note", "thing_id"),
        index("weight", "weight"),
    )
}
SORTS = [name for name, each in INDEXES.items() if each.is_sort]


def made_of(count: int, seed: int) -> list[Thing]:
    """So many things by chance, the same for the same seed."""
    chance = Random(seed)

    def maybe(make: Callable[[], T]) -> T | None:
        return None if chance.random() < 0.3 else make()

    def text() -> str:
        return chance.choice(TEXTS)

    return [
        Thing(
            thing_id=f"t{number}",
            name=text(),
            note=maybe(text),
            amount=chance.choice(NUMBERS),
            weight=chance.choice([0.1, -2.5, 3.0, 1e22]),
            count=maybe(lambda: chance.randint(-2, 3)),
            open=chance.random() < 0.5,
            at=instant(chance.choice(MOMENTS)),
            seen=maybe(lambda: chance.choice(MOMENTS)),
            place=maybe(lambda: Place(city=text(), zip=maybe(text))),
            parts=tuple(
                Part(
                    sku=maybe(text),
                    amount=chance.choice(NUMBERS),
                    marks=tuple(text() for _ in range(chance.randint(0, 2))),
                )
                for _ in range(chance.randint(0, 3))
            ),
        )
        for number in range(count)
    ]


texts = st.sampled_from(TEXTS)
numbers = st.sampled_from(NUMBERS)


@dataclass(frozen=True)
class Field:
    """A field that conditions are about."""

    path: tuple[str, ...]
    compare_as: tuple[str, ...]
    values: st.SearchStrategy[Any]


_TEXT = ("text", "text", "folded")
FIELDS = [
    Field(("thingId",), _TEXT, st.integers(0, 60).map(lambda n: f"t{n}") | st.just("")),
    Field(("name",), _TEXT, texts),
    Field(("note",), _TEXT, texts),
    Field(("amount",), ("number",), numbers.map(str) | st.just("much")),
    Field(("weight",), ("number",), st.sampled_from([0.1, "0.1", "-2.50", 3, "1E+22"])),
    Field(("count",), ("number",), st.integers(-2, 3)),
    Field(("open",), ("boolean",), st.booleans()),
    Field(("at",), ("instant", "text"), st.sampled_from([instant(each) for each in MOMENTS])),
    Field(("seen",), ("instant",), st.sampled_from([instant(each) for each in MOMENTS])),
    Field(("place", "city"), _TEXT, texts),
    Field(("place", "zip"), _TEXT, texts),
    Field(("nowhere",), _TEXT, texts),
]
PART_FIELDS = [Field(("sku",), _TEXT, texts), Field(("amount",), ("number",), numbers.map(str))]
MARK = Field((), _TEXT, texts)


@st.composite
def conditions(draw: st.DrawFn, fields: list[Field]) -> Filter:
    """A comparison of one field with what it may have."""
    field = draw(st.sampled_from(fields))
    compare_as = draw(st.sampled_from(field.compare_as))
    usual = ["eq", "ne", "in", "gt", "gte", "lt", "lte", "isNull"]
    op = draw(st.sampled_from([*usual, "startsWith", "contains"] if compare_as in ("text", "folded") else usual))
    value: Any = draw(field.values)
    if op == "in":
        value = draw(st.lists(field.values, max_size=4))
    if op == "isNull":
        value = draw(st.booleans())
    return {"path": list(field.path), "op": op, "value": value, "as": compare_as}


def quantified(path: str, inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    """Conditions about the items of a list."""
    return st.builds(
        lambda quantifier, tree: {"path": [path], quantifier: tree}, st.sampled_from(["some", "every", "none"]), inner
    )


def nested(leaves: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    """Trees of and, or and not over these."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda all_: {"and": all_}),
            st.lists(inner, max_size=3).map(lambda any_: {"or": any_}),
            inner.map(lambda tree: {"not": tree}),
        ),
        max_leaves=6,
    )


parts = nested(conditions(PART_FIELDS) | quantified("marks", nested(conditions([MARK]))))
conjunctions = st.lists(conditions(FIELDS), min_size=2, max_size=5).map(lambda all_: {"and": all_})
"""What an index of several fields answers now and then."""
filters = conjunctions | nested(conditions(FIELDS) | quantified("parts", parts) | quantified("name", parts))


def encode(thing: Thing) -> dict[str, Any]:
    """A thing as the projector writes it."""
    meta = {"version": 1, "keys": {name: each.sort_key(thing) for name, each in INDEXES.items()}}
    fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(thing))
    return {"_meta": meta, **fields}
