"""Sort keys: texts that sort as the values that they were made of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazelgate.sourcing.sort_keys import Kind, after, component

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
numbers = st.one_of(
    st.integers(), st.integers(-20, 20), st.decimals(allow_nan=False, allow_infinity=False), st.floats(-1e6, 1e6)
)
instants = st.datetimes(timezones=st.just(UTC))
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: texts,
    Kind.NUMBER: numbers,
    Kind.INSTANT: instants,
    Kind.DATE: st.dates(),
    Kind.BOOLEAN: st.booleans(),
}
pairs = st.sampled_from(list(Kind)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.none() | VALUES[kind], st.none() | VALUES[kind])
)


def rank(value: Any) -> tuple[Any, ...]:
    """None comes before every value."""
    return (0,) if value is None else (1, value)


@given(pairs)
def test_components_sort_as_their_values(pair: tuple[Kind, Any, Any]) -> None:
    kind, one, other = pair
    left, right = component(kind, one, optional=True), component(kind, other, optional=True)
    assert (left < right) == (rank(one) < rank(other))
    assert (left == right) == (rank(one) == rank(other))


@given(pairs.filter(lambda pair: pair[0] is not Kind.TEXT))
def test_descending_components_sort_the_other_way_round(pair: tuple[Kind, Any, Any]) -> None:
    kind, one, other = pair
    left = component(kind, one, optional=True, descending=True)
    right = component(kind, other, optional=True, descending=True)
    assert (left < right) == (rank(one) > rank(other))
    assert (left == right) == (rank(one) == rank(other))


@given(st.lists(texts, min_size=2, max_size=3), st.lists(texts, min_size=2, max_size=3))
def test_what_follows_a_component_matters_only_where_it_is_equal(one: list[str], other: list[str]) -> None:
    """So a key of several components sorts by the first, then by the second."""
    size = min(len(one), len(other))
    left = "".join(component(Kind.TEXT, each) for each in one[:size])
    right = "".join(component(Kind.TEXT, each) for each in other[:size])
    assert (left < right) == (one[:size] < other[:size])


@given(texts, texts)
def test_a_prefix_bounds_exactly_what_begins_with_it(one: str, other: str) -> None:
    prefix = component(Kind.TEXT, one)
    key = component(Kind.TEXT, other) + "k1"
    behind = after(prefix)
    assert behind is not None
    assert (prefix <= key < behind) == (one == other)


@pytest.mark.parametrize("value", ["a b", "!", '"', "\\", "\x00"])
def test_text_needs_no_more_escapes_in_json_than_it_has(value: str) -> None:
    made = component(Kind.TEXT, value)
    assert sum(made.count(each) for each in '"\\') == sum(value.count(each) for each in '"\\')
    assert min(made) >= " "


def test_numbers_of_one_value_have_one_component() -> None:
    made = {component(Kind.NUMBER, value) for value in (Decimal("1.5"), Decimal("1.50"), Decimal("15E-1"), 1.5)}
    assert len(made) == 1


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+600000")])
def test_what_has_no_place_among_numbers_is_refused(value: Decimal) -> None:
    with pytest.raises(ValueError, match=r"index|place"):
        component(Kind.NUMBER, value)


def test_instants_and_dates_are_iso_8601() -> None:
    assert component(Kind.INSTANT, datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000000Z "
    assert component(Kind.INSTANT, "2026-01-02T00:00:00.000000Z") == "2026-01-02T00:00:00.000000Z "
    assert component(Kind.DATE, date(2026, 1, 2)) == "2026-01-02 "
