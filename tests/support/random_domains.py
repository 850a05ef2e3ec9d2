"""Random domains: views with fields of every kind, events that create their entries, links between them."""

from __future__ import annotations

import types
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Optional

import msgspec
from hypothesis import strategies as st

from hazelgate import By, Event, Hidden, Id, Instant, Long, Value, View
from hazelgate.sourcing.declaring.registry import (
    EventRegistration,
    FoldRegistration,
    LinkRegistration,
    Registration,
    ViewRegistration,
)


class Colour(StrEnum):
    """Values that are not their names."""

    RED = "red"
    GREEN = "green"


class Level(IntEnum):
    """Values that are numbers."""

    LOW = -1
    HIGH = 10


SCALARS: dict[str, Any] = {
    "text": str,
    "ref": Id,
    "whole": int,
    "long": Long,
    "ratio": float,
    "flag": bool,
    "money": Decimal,
    "instant": Instant,
    "moment": datetime,
    "day": date,
    "colour": Colour,
    "level": Level,
}
INDEXABLE = sorted(SCALARS)
UTC_MOMENTS = st.sampled_from([0, 1, 999_999, 1_000_000]).map(
    lambda micros: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
WORDS = st.one_of(st.sampled_from(["a", "A", "a b", "Σς"]), st.text(alphabet="aAbßΣσς !\U0001f600", max_size=3))
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    "text": WORDS,
    "ref": st.text(alphabet="ab:", min_size=1, max_size=2),
    "whole": st.integers(-1, 1),
    "long": st.sampled_from([-1, 0, 2**40]),
    "ratio": st.sampled_from([-1.5, 0.0, 0.5, 2.0]),
    "flag": st.booleans(),
    "money": st.sampled_from([Decimal(each) for each in ("-1", "0", "0.00", "1.5", "1.50", "10")]),
    "instant": UTC_MOMENTS.map(lambda each: each.strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
    "moment": UTC_MOMENTS,
    "day": st.dates(date(2020, 1, 1), date(2020, 1, 3)),
    "colour": st.sampled_from(Colour),
    "level": st.sampled_from(Level),
}


@dataclass
class Shape:
    """The fields of a view or a value: by name, what each holds and whether it may be null."""

    fields: dict[str, tuple[str, bool]]
    lists: dict[str, str] = field(default_factory=dict)
    value: Shape | None = None
    hidden: str | None = None


def shapes(nested: bool) -> st.SearchStrategy[Shape]:
    """Some scalars, at least one, some lists of scalars, maybe a nested value."""
    kinds = st.sampled_from(sorted(SCALARS))
    return st.builds(
        Shape,
        st.lists(st.tuples(kinds, st.booleans()), min_size=1, max_size=5).map(
            lambda found: {f"{kind}_{place}": (kind, optional) for place, (kind, optional) in enumerate(found)}
        ),
        st.lists(kinds, max_size=2).map(lambda found: {f"{kind}_list_{n}": kind for n, kind in enumerate(found)}),
        shapes(False) if nested else st.none(),
        st.one_of(st.none(), kinds),
    )


def _hint(kind: str, *, optional: bool) -> Any:
    return Optional[SCALARS[kind]] if optional else SCALARS[kind]  # noqa: UP045  (made at run time)


def _list_of(item: Any) -> Any:
    return types.GenericAlias(tuple, (item, ...))


def struct(name: str, base: type[msgspec.Struct], shape: Shape, **others: Any) -> Any:
    """A class with the fields of the shape."""
    hints: dict[str, Any] = {**others}
    for each, (kind, optional) in shape.fields.items():
        hints[each] = _hint(kind, optional=optional and kind not in ("ref", "instant"))
    hints |= {each: _list_of(SCALARS[kind]) for each, kind in shape.lists.items()}
    if shape.hidden is not None:
        hidden: Any = Hidden
        hints["hidden"] = hidden[_hint(shape.hidden, optional=True)]
    if shape.value is not None:
        nested = struct(f"{name}Nested", Value, shape.value)
        hints |= {"nested": nested, "nested_list": _list_of(nested)}
    namespace: dict[str, Any] = {"__annotations__": hints, "__module__": __name__}
    if shape.hidden is not None:
        namespace["hidden"] = None
    make: Any = type(base)
    return make(name, (base,), namespace)


@dataclass
class Domain:
    """A random domain: one view for each shape, an event that creates its entries, links between them."""

    shapes: list[Shape]
    indexes: list[list[tuple[list[int], bool]]]
    links: list[tuple[int, int]]

    def registrations(self) -> list[Registration]:
        made: list[Registration] = []
        for place, shape in enumerate(self.shapes):
            key = f"key{place}"
            view = struct(f"View{place}", View, shape, **{key: Id})
            event = struct(f"Made{place}", Event, shape, **{key: Id})
            by = {f"index{n}": _index(shape, *each) for n, each in enumerate(self.indexes[place])}
            made += [
                ViewRegistration(__name__, f"view-{place}", view, key, by),
                EventRegistration(__name__, f"Made{place}", f"Kind{place}", key, 1, event, creates=True),
                FoldRegistration(__name__, f"fold{place}", f"view-{place}", event, key, lambda entry, event: entry),
            ]
        for number, (start, end) in enumerate(self.links):
            refs = [name for name, (kind, _) in self.shapes[start % len(self.shapes)].fields.items() if kind == "ref"]
            if refs:
                source, target = start % len(self.shapes), end % len(self.shapes)
                made.append(
                    LinkRegistration(__name__, f"view-{source}", f"link{number}", f"view-{target}", refs[0], None, None)
                )
        return made


def _index(shape: Shape, places: list[int], descending: bool) -> By:
    names = list(shape.fields)
    chosen = dict.fromkeys(names[place % len(names)] for place in places)
    return By(*(f"-{name}" if descending else name for name in chosen))


def domains(most_views: int, least_indexes: int = 0) -> st.SearchStrategy[Domain]:
    index = st.tuples(st.lists(st.integers(0, 9), min_size=1, max_size=3), st.booleans())
    return st.integers(1, most_views).flatmap(
        lambda count: st.builds(
            Domain,
            st.lists(shapes(True), min_size=count, max_size=count),
            st.lists(st.lists(index, min_size=least_indexes, max_size=3), min_size=count, max_size=count),
            st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=3),
        )
    )
