"""A plan finds what a naive evaluation finds, in the order that was asked for, and walks the index that helps most."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazelgate.client.reading.filters import Filter, condition, matches
from hazelgate.client.reading.planning import QueryPlan, helpful_fields, plan
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.testing.memory.queries import query_entries
from tests.support.entries import INDEXES, SORTS, encode, filters, index, made_of

DEFAULT = ("id", False)
THINGS = {thing.thing_id: thing for thing in made_of(60, seed=5)}
ENTRIES = {key: encode(thing) for key, thing in THINGS.items()}
WRITTEN = {key: msgspec.json.encode(entry) for key, entry in ENTRIES.items()}
orders = st.none() | st.tuples(st.sampled_from(SORTS), st.booleans())


def planned(tree: Filter | None, sort: tuple[str, bool] | None = None) -> QueryPlan:
    return plan(tree, INDEXES, sort, DEFAULT)


def found(made: QueryPlan) -> list[str]:
    """The ids that the plan finds, in its order."""
    query = EntryQuery(
        map_name="things",
        index=made.index,
        ranges=made.ranges,
        descending=made.descending,
        limit=len(THINGS),
        filter=made.rest,
    )
    return [msgspec.json.decode(each.entry)["thingId"] for each in query_entries(WRITTEN, query).entries]


@given(filters, orders)
def test_a_plan_finds_what_matches_in_the_order_that_was_asked_for(tree: Filter, sort: tuple[str, bool] | None) -> None:
    ids = found(planned(tree, sort))
    assert sorted(ids) == sorted(key for key, entry in ENTRIES.items() if matches(tree, entry))
    if sort is not None:
        [part] = INDEXES[sort[0]].parts
        values = [part.component(part.get(THINGS[each])) for each in ids]
        assert values == sorted(values, reverse=sort[1])


@given(filters, orders)
def test_ranges_are_in_order_and_none_overlaps_another(tree: Filter, sort: tuple[str, bool] | None) -> None:
    ranges = planned(tree, sort).ranges
    for one, other in pairwise(ranges):
        assert one.end is not None
        assert other.start is not None
        assert one.end <= other.start
    assert all(each.start is None or each.end is None or each.start < each.end for each in ranges)


@pytest.mark.parametrize(
    ("tree", "sort", "walked"),
    [
        (None, None, "id"),
        (None, ("amount", True), "amount"),
        (condition(["name"], "eq", "a"), None, "name"),
        (
            {"and": [condition(["name"], "eq", "a"), condition(["amount"], "gt", 1, "number")]},
            ("amount", True),
            "nameAmount",
        ),
        (condition(["name"], "eq", "a"), ("amount", False), "nameAmount"),
        (condition(["name"], "startsWith", "a"), ("amount", False), "amount"),
        (condition(["place", "city"], "in", ["a", "b"]), None, "cityName"),
        ({"or": [condition(["name"], "eq", "a"), condition(["name"], "in", ["b", "c"])]}, None, "name"),
        (condition(["count"], "isNull", True), None, "count"),
        (condition(["name"], "eq", "a", "folded"), None, "id"),
    ],
)
def test_the_index_that_helps_most_is_walked(tree: Filter | None, sort: Any, walked: str) -> None:
    assert planned(tree, sort).index == walked


@pytest.mark.parametrize(
    "tree",
    [
        condition(["name"], "eq", "a"),
        condition(["name"], "in", ["a", "b"]),
        condition(["name"], "startsWith", "a"),
        condition(["amount"], "gte", "1.50", "number"),
        condition(["weight"], "eq", 0.1, "number"),
        condition(["seen"], "lt", "2026-01-02T03:04:05.000000Z", "instant"),
        condition(["count"], "isNull", True),
        {"or": [condition(["name"], "eq", "a"), condition(["name"], "eq", "b")]},
    ],
)
def test_an_index_answers_all_of_these(tree: Filter) -> None:
    made = planned(tree)
    assert made.rest is None
    assert made.ranges != (KeyRange(),)


def test_the_default_order_is_kept_where_an_index_helps_in_it() -> None:
    both = {"and": [condition(["name"], "eq", "a"), condition(["amount"], "lt", 3, "number")]}
    assert planned(both).index == "name"
    other_default = plan(both, INDEXES, None, ("newest", True))
    assert (other_default.index, other_default.rest) == ("nameAmount", None)


def test_what_an_index_does_not_answer_is_left_for_the_members() -> None:
    note = condition(["note"], "contains", "x")
    made = planned({"and": [condition(["name"], "eq", "a"), note, condition(["name"], "ne", "b")]})
    assert made.rest == {"and": [note, condition(["name"], "ne", "b")]}


def test_an_order_within_an_index_that_descends_is_read_backwards() -> None:
    tree = {"and": [condition(["open"], "eq", True, "boolean"), condition(["count"], "eq", 1, "number")]}
    newest_first = plan(tree, INDEXES, ("newest", True), DEFAULT)
    assert (newest_first.index, newest_first.descending) == ("openCountAt", False)
    assert plan(tree, INDEXES, ("newest", False), DEFAULT).descending


@pytest.mark.parametrize("value", ["much", "1e600000", True])
def test_a_value_that_is_none_of_the_field_finds_nothing(value: Any) -> None:
    made = planned(condition(["amount"], "eq", value, "number"))
    assert made.ranges == ()


def test_no_value_at_all_finds_nothing() -> None:
    assert planned(condition(["name"], "in", [])).ranges == ()


@pytest.mark.parametrize("begin", ["", "\U0010ffff", "\ud7ff"])
def test_any_text_may_be_what_a_field_begins_with(begin: str) -> None:
    for name in ("name", "id"):
        [part] = INDEXES[name].parts
        [each] = planned(condition(part.path, "startsWith", begin), (name, False)).ranges
        key = part.component(begin + "x")
        assert each.start is None or each.start <= key
        assert each.end is None or key < each.end
        assert each.end is None or begin.encode() < each.end.encode()


def test_values_beyond_a_hundred_ranges_are_looked_at() -> None:
    many = condition(["name"], "in", [str(n) for n in range(101)])
    assert (planned(many).index, planned(many).rest) == ("id", many)


def test_an_index_that_descends_as_a_whole_is_kept_ascending() -> None:
    assert [part.descending for part in index("newest", "-at").parts] == [False]


def test_the_fields_that_an_index_would_help_are_named() -> None:
    tree = {
        "and": [
            condition(["name"], "contains", "x"),
            condition(["place", "zip"], "eq", "1"),
            condition(["note"], "eq", "x", "folded"),
            {"or": [condition(["name"], "eq", "a"), condition(["note"], "eq", "b")]},
        ]
    }
    assert helpful_fields(tree) == ["place.zip"]
