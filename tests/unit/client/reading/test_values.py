"""Values as they compare: what is none in a sense compares with nothing."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazelgate.client.reading.values import add, number, plain, read


@pytest.mark.parametrize("text", ["0", "-1", "12.50", "1e3", "-1.5E-7", "+2", ".5", "5.", "1E+10000", "1e-10000"])
def test_a_number_is_exact(text: str) -> None:
    assert number(text) == Decimal(text)


@pytest.mark.parametrize(
    "value",
    [
        *("", " 1", "1_000", "1,5", "NaN", "Infinity", "٣", "--1", "1e", ".", "e5"),
        *("1e10001", "1e-10001", "1e" + "9" * 30, "9" * 1_001),
        *(True, None, [1], {}, float("inf")),
    ],
)
def test_otherwise_it_is_none(value: Any) -> None:
    assert number(value) is None


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=4), max_size=8))
def test_sums_lose_nothing(numbers: list[Decimal]) -> None:
    total = Decimal(0)
    for each in numbers:
        total = add(total, each)
    assert Fraction(plain(total)) == sum(map(Fraction, numbers), Fraction(0))


@pytest.mark.parametrize(
    "text",
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z", "2026-01-02T05:04:05+02:00", "2026-01-02T03:04:05.0Z"],
)
def test_instants_compare_whatever_offset_they_are_written_with(text: str) -> None:
    assert read("instant", text) == "2026-01-02T03:04:05.000000Z"


@pytest.mark.parametrize("value", ["2026-01-02", "2026-01-02T03:04:05", "soon", "", None, 3])
def test_no_instant_is_none(value: Any) -> None:
    assert read("instant", value) is None
