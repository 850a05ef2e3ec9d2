"""The house's rules, by given, when, then."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from hazelgate.testing import given
from tests.domains.bookings.bookings import (
    Booking,
    BookingCancelled,
    BookingMade,
    BookingMoved,
    Member,
    MemberChanged,
    MemberJoined,
    MemberStatistics,
    Room,
    RoomClosed,
    RoomDay,
    RoomOpened,
    Slot,
)

AT = "2026-01-01T00:00:00.000000Z"
"""When events are submitted."""
BLUE = RoomOpened(room_id="blue", name="Blue", seats=4)
ADA = MemberJoined(member_id="ada", name="Ada")
EVE = MemberJoined(member_id="eve", name="Eve")


def at(hour: int, day: int = 5) -> datetime:
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def booked(booking_id: str, start: int, end: int, by: str = "ada", day: int = 5) -> BookingMade:
    return BookingMade(
        booking_id=booking_id, room_id="blue", member_id=by, starts_at=at(start, day), ends_at=at(end, day)
    )


def slot(booking_id: str, start: int, end: int, by: str = "ada", day: int = 5) -> Slot:
    return Slot(booking_id=booking_id, member_id=by, starts_at=at(start, day), ends_at=at(end, day))


def blue_on(day: int, *slots: Slot) -> RoomDay:
    return RoomDay(
        room_day_id=f"blue:2026-01-0{day}",
        room_id="blue",
        day=date(2026, 1, day),
        slots=slots,
        minutes=sum(round((each.ends_at - each.starts_at).total_seconds() / 60) for each in slots),
    )


def moved(booking_id: str, start: int, end: int, day: int = 5) -> BookingMoved:
    return BookingMoved(booking_id=booking_id, starts_at=at(start, day), ends_at=at(end, day))


def test_a_booking_is_in_the_view_of_its_room_and_day() -> None:
    given(BLUE, ADA).when(booked("b1", 9, 10)).then(
        blue_on(5, slot("b1", 9, 10)),
        Booking(booking_id="b1", room_id="blue", member_id="ada", starts_at=at(9), ends_at=at(10)),
        MemberStatistics(member_id="ada", joined_at=AT, booking_count=1, minutes=60, last_booked_at=AT),
        times=3,
    )


def test_several_share_a_day_and_one_that_moves_within_it_stays() -> None:
    given(BLUE, ADA, EVE, booked("b1", 9, 10), booked("b2", 11, 12, "eve")).when(moved("b1", 13, 15)).then(
        blue_on(5, slot("b1", 13, 15), slot("b2", 11, 12, "eve")),
        MemberStatistics(member_id="ada", joined_at=AT, booking_count=1, minutes=120, last_booked_at=AT),
        times=2,
    )


def test_one_that_moves_to_another_day_is_gone_from_the_first() -> None:
    given(BLUE, ADA, EVE, booked("b1", 9, 10), booked("b2", 11, 12, "eve")).when(moved("b1", 9, 10, day=6)).then(
        blue_on(5, slot("b2", 11, 12, "eve")), blue_on(6, slot("b1", 9, 10, day=6)), times=2
    )


def test_a_day_without_bookings_is_no_more_and_begins_anew() -> None:
    with pytest.raises(AssertionError, match="actual:   None"):
        given(BLUE, ADA, booked("b1", 9, 10)).when(BookingCancelled(booking_id="b1")).then(blue_on(5))
    given(BLUE, ADA, booked("b1", 9, 10), BookingCancelled(booking_id="b1")).when(booked("b2", 9, 10)).then(
        blue_on(5, slot("b2", 9, 10)), times=2
    )


def test_guards_see_no_entry_that_was_removed() -> None:
    given(BLUE, ADA, booked("b1", 9, 10), BookingCancelled(booking_id="b1")).when(
        BookingCancelled(booking_id="b1")
    ).then_rejected("booking_id")
    given(BLUE, ADA, RoomClosed(room_id="blue")).when(booked("b1", 9, 10)).then_rejected("room_id")
    given(BLUE, RoomClosed(room_id="blue")).when(BLUE).then(
        Room(room_id="blue", name="Blue", seats=4, equipment=(), opened_at=AT)
    )


def test_the_event_is_stored_with_its_rooms_day() -> None:
    stored = BookingMade(
        booking_id="b1",
        room_id="blue",
        member_id="ada",
        starts_at=at(9),
        ends_at=at(10),
        room_day_id="blue:2026-01-05",
    )
    given(BLUE, ADA).when(booked("b1", 9, 10)).then_stored(stored)


def test_two_do_not_have_a_room_at_once() -> None:
    past = given(BLUE, ADA, EVE, booked("b1", 9, 11))
    past.when(booked("b2", 10, 12, "eve")).then_rejected("starts_at")
    past.when(booked("b2", 11, 12, "eve")).then(blue_on(5, slot("b1", 9, 11), slot("b2", 11, 12, "eve")))
    past.when(moved("b1", 10, 12)).then(blue_on(5, slot("b1", 10, 12)))


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (booked("b1", 10, 9), ["ends_at"]),
        (
            BookingMade(booking_id="b", room_id="blue", member_id="ada", starts_at=at(9), ends_at=at(9, 6)),
            ["ends_at"],
        ),
        (booked("b1", 9, 10, "nobody"), ["member_id"]),
        (BookingMade(booking_id="b", room_id="no", member_id="no", starts_at=at(9), ends_at=at(8)),
         ["room_id", "member_id", "ends_at"]),
    ],
)  # fmt: skip
def test_all_that_is_wrong_is_named(event: BookingMade, fields: list[str]) -> None:
    given(BLUE, ADA).when(event).then_rejected(*fields)


def test_nothing_is_booked_in_the_past() -> None:
    """A guard is told when the event was submitted."""
    past = given(BLUE, ADA)
    past.when(booked("b1", 9, 10), at="2026-01-05T09:00:00.000000Z").then(blue_on(5, slot("b1", 9, 10)))
    past.when(booked("b1", 9, 10), at="2026-01-05T09:00:00.000001Z").then_rejected("starts_at")


@pytest.mark.parametrize(
    ("change", "name", "nickname"),
    [
        ({"name": "Augusta"}, "Augusta", "Countess"),
        ({"nickname": None}, "Ada", None),
        ({"nickname": "A"}, "Ada", "A"),
        ({}, "Ada", "Countess"),
    ],
)
def test_left_out_stays_and_null_clears(change: dict[str, Any], name: str, nickname: str | None) -> None:
    ada = MemberJoined(member_id="ada", name="Ada", nickname="Countess")
    given(ada).when(MemberChanged(member_id="ada", **change)).then(
        Member(member_id="ada", name=name, nickname=nickname, joined_at=AT)
    )
