"""Two values of JSON differ in fields, each with its path."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazelgate.client.reading.differences import ABSENT, differing_fields

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, [("a.b[1]", 2, 3)]),
        ({"a": None}, {}, [("a", None, ABSENT)]),
        ({"a": [1]}, {"a": [1, {"c": 2}]}, [("a[1]", ABSENT, {"c": 2})]),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a b": 1}, {"a b": 2}, [('["a b"]', 1, 2)]),
        (ABSENT, {"a": 1}, [("", ABSENT, {"a": 1})]),
    ],
)
def test_each_field_that_differs_is_told(one: Any, other: Any, wanted: list[tuple[str, Any, Any]]) -> None:
    found, more = differing_fields(one, other)
    assert [(each.path, each.one, each.other) for each in found] == wanted
    assert more == 0


def test_of_many_the_first_are_told_and_the_others_counted() -> None:
    found, more = differing_fields(list(range(100)), list(range(1, 101)), most=3)
    assert ([each.path for each in found], more) == (["[0]", "[1]", "[2]"], 97)


@given(JSON, JSON)
def test_there_are_none_exactly_where_the_texts_mean_the_same(one: Any, other: Any) -> None:
    found, _ = differing_fields(one, other)
    assert (not found) == (typed(one) == typed(other))


def typed(value: Any) -> Any:
    """True apart from 1, at any depth."""
    if isinstance(value, dict):
        return {name: typed(each) for name, each in value.items()}
    return [typed(each) for each in value] if isinstance(value, list) else (type(value), value)
