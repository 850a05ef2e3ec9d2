"""Instants as text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from hazelgate.sourcing.clock import instant, milliseconds_between, moment, now


def test_an_instant_always_has_six_decimals() -> None:
    assert instant(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05.000000Z"


def test_an_instant_is_in_utc() -> None:
    there = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert instant(there) == "2026-01-01T21:34:05.000006Z"


def test_a_time_of_nowhere_is_no_instant() -> None:
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 1, 2))
    with pytest.raises(ValueError, match="offset"):
        moment("2026-01-02T00:00:00")


def test_there_and_back() -> None:
    assert instant(moment("2026-01-02T03:04:05.000006Z")) == "2026-01-02T03:04:05.000006Z"
    assert instant(moment("2026-01-02T03:04:05+01:00")) == "2026-01-02T02:04:05.000000Z"


def test_now_is_between_before_and_after() -> None:
    before, between, after = datetime.now(UTC), moment(now()), datetime.now(UTC)
    assert before <= between <= after


def test_durations_are_in_milliseconds() -> None:
    assert milliseconds_between("2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:01.500250Z") == 1500.25
