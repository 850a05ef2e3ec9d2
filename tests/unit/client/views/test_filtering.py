"""Values of filters: what a field takes, and as what it goes to the members."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

import pytest

from hazelgate.client.views.filtering import plain_value
from hazelgate.client.views.names import API, PYTHON
from hazelgate.sourcing.errors import InvalidArgument
from hazelgate.sourcing.model.fields import Scalar


class Named(StrEnum):
    """Texts with names."""

    ONE = "one"


class Numbered(IntEnum):
    """Numbers with names."""

    FIRST = 1


VALUES: list[tuple[Any, Any, Any]] = [
    (Scalar.ID, UUID("12345678-1234-5678-1234-567812345678"), "12345678-1234-5678-1234-567812345678"),
    (Scalar.STRING, Named.ONE, "one"),
    (Scalar.INT, 3, 3),
    (Scalar.FLOAT, 2, 2),
    (Scalar.DECIMAL, Decimal("1E+2"), "100"),
    (Scalar.DECIMAL, 7, "7"),
    (Scalar.DECIMAL, "0.10", "0.10"),
    (Scalar.DATE_TIME, datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2026-01-01T00:00:00.000000Z"),
    (Scalar.DATE_TIME, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000Z"),
    (Scalar.DATE, date(2026, 1, 2), "2026-01-02"),
    (Scalar.BOOLEAN, False, False),
    (Named, Named.ONE, "one"),
    (Named, "one", "one"),
    (Numbered, Numbered.FIRST, 1),
    (Numbered, 1, 1),
]


@pytest.mark.parametrize(("held", "value", "plain"), VALUES)
def test_a_value_goes_as_entries_have_it(held: Any, value: Any, plain: Any) -> None:
    assert plain_value(held, value, "filter.x.eq") == plain


@pytest.mark.parametrize(
    ("held", "value"),
    [
        (Scalar.ID, 3),
        (Scalar.STRING, b"x"),
        (Scalar.LONG, 1.0),
        (Scalar.FLOAT, float("inf")),
        (Scalar.DECIMAL, Decimal("Infinity")),
        (Scalar.DATE_TIME, datetime.min.replace(tzinfo=timezone(timedelta(hours=2)))),
        (Scalar.DATE_TIME, date(2026, 1, 1)),
        (Scalar.DATE, datetime(2026, 1, 1, tzinfo=UTC)),
        (Scalar.DATE, "2026-02-30"),
        (Scalar.BOOLEAN, 1),
        (Named, "ONE"),
        (Numbered, True),
        (Numbered, 1.0),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_place(held: Any, value: Any) -> None:
    with pytest.raises(InvalidArgument) as refused:
        plain_value(held, value, "filter.x.eq")
    assert refused.value.field == "filter.x.eq"


def test_both_ways_of_writing_have_the_same_operators() -> None:
    assert list(API.operators.values()) == list(PYTHON.operators.values())
    assert PYTHON.operators["contains_ignore_case"] == "containsIgnoreCase"
    assert (API.operator("isNull"), PYTHON.operator("isNull")) == ("isNull", "is_null")
