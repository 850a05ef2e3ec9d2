"""What the scalars accept and what they write."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from hazelgate.schema.scalars import parse_decimal, parse_instant, parse_json, serialize_decimal, serialize_instant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T17:45:00Z", datetime(2026, 11, 23, 17, 45, tzinfo=UTC)),
        ("2026-11-23t17:45:00.5z", datetime(2026, 11, 23, 17, 45, 0, 500_000, tzinfo=UTC)),
        ("2026-11-23T19:45:00.000001+02:00", datetime(2026, 11, 23, 17, 45, 0, 1, tzinfo=UTC)),
        ("2026-11-23T17:45+00:00", datetime(2026, 11, 23, 17, 45, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_into_utc(text: str, expected: datetime) -> None:
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23T17:45:00",
        "2026-11-23",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-23T17:45:00.1234567Z",
        "0001-01-01T00:00:00+23:59",
        "yesterday",
        "2026-11-23T17:45:00Z\n",
        "٢٠٢٦-11-23T17:45:00Z",
        1_700_000_000,
        None,
    ],
)
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="instant"):
        parse_instant(value)


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    moment = datetime(2026, 11, 23, 19, 45, tzinfo=timezone(timedelta(hours=2)))
    assert serialize_instant(moment) == "2026-11-23T17:45:00.000000Z"


def test_an_instant_as_text_is_written_as_it_is() -> None:
    assert serialize_instant("2026-11-23T17:45:00.000001Z") == "2026-11-23T17:45:00.000001Z"


@pytest.mark.parametrize(("value", "expected"), [("12.50", "12.50"), (12, "12"), ("-0.01", "-0.01"), (0, "0")])
def test_a_decimal_is_read_exactly(value: object, expected: str) -> None:
    assert str(parse_decimal(value)) == expected


@pytest.mark.parametrize(
    "value", [12.5, "1e3", "NaN", "Infinity", "", "1.", ".5", "1_000", "٣", True, None, 10**18, "9" * 19]
)
def test_what_is_no_exact_decimal_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="decimal"):
        parse_decimal(value)


def test_a_decimal_is_written_without_exponent() -> None:
    assert serialize_decimal(Decimal("1E+3")) == "1000"


def test_any_json_passes() -> None:
    value = {"a": [1, 2.5, None, {"b": "c"}]}
    assert parse_json(value) == value


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_a_number_without_json_form_is_refused_wherever_it_is(number: float) -> None:
    with pytest.raises(ValueError, match="out of range"):
        parse_json({"a": [{"b": number}]})
