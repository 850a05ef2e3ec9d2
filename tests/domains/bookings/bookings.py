"""
Bookings: members of a house book its rooms by the minute.

A domain that nobody shaped the rules on. It imports what a wheel offers, and has a view for each room and day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from hazelgate import (
    UNSET,
    By,
    Deprecated,
    Doc,
    Event,
    EventRecord,
    Filled,
    Hidden,
    Id,
    Instant,
    Json,
    Rejected,
    UnsetType,
    Value,
    View,
    event,
    guard,
    projection,
    replace,
    upcast,
)

Name = Annotated[str, Meta(min_length=1, max_length=100)]


class Equipment(StrEnum):
    """What a room can have."""

    SCREEN = "screen"
    WHITEBOARD = "whiteboard"
    PIANO = "piano"


# ---------------------------------------------------------------- what is read


class Room(View):
    """A room that can be booked."""

    room_id: Id
    name: str
    seats: int
    equipment: tuple[Equipment, ...]
    opened_at: Instant


class Member(View):
    """Somebody who may book."""

    member_id: Id
    name: str
    nickname: str | None
    joined_at: Instant


class Booking(View):
    """A room for a while."""

    booking_id: Id
    room_id: Id
    member_id: Id
    starts_at: datetime
    ends_at: datetime
    purpose: Annotated[str | None, Doc("What it is for, as far as anybody has said.")] = None


class Slot(Value):
    """A part of a day that is taken."""

    booking_id: Id
    member_id: Id
    starts_at: datetime
    ends_at: datetime


class RoomDay(View):
    """A room on one day: who has it when. There is none while nobody has booked."""

    room_day_id: Annotated[Id, Doc("The room's id, a colon, and the date.")]
    room_id: Id
    day: date
    slots: tuple[Slot, ...]
    minutes: Annotated[int, Doc("How long it is taken in all.")]


class MemberStatistics(View):
    """What a member has booked in all. The member and all of the bookings feed it, in any order."""

    member_id: Id
    joined_at: Instant | None = None
    booking_count: int = 0
    cancelled_count: int = 0
    minutes: int = 0
    last_booked_at: Instant | None = None
    seen: Hidden[int] = 0


# ---------------------------------------------------------------- what happens


@event("RoomOpened", aggregate="Room", key="room_id", version=2, mutation="openRoom", creates=True)
class RoomOpened(Event):
    """A room can be booked."""

    room_id: Id
    name: Name
    seats: Annotated[int, Meta(ge=1, le=1_000)]
    equipment: tuple[Equipment, ...] = ()


@upcast(RoomOpened, from_version=1)
def capacity_is_seats(data: Json) -> Json:
    """Version 1 said `capacity`."""
    return {"seats" if name == "capacity" else name: value for name, value in data.items()}


@event("RoomClosed", aggregate="Room", key="room_id", mutation="closeRoom")
class RoomClosed(Event):
    """A room can be booked no more, and is in no list."""

    room_id: Id


@event("MemberJoined", aggregate="Member", key="member_id", mutation="joinHouse", creates=True, unique=["nickname"])
class MemberJoined(Event):
    """Somebody may book from now on."""

    member_id: Id
    name: Name
    nickname: Name | None = None


@event("MemberChanged", aggregate="Member", key="member_id", mutation="changeMember", unique=["nickname"])
class MemberChanged(Event):
    """A member is called otherwise. Left out, a name stays; null clears the nickname."""

    member_id: Id
    name: Name | UnsetType = UNSET
    nickname: Name | UnsetType | None = UNSET


@event("BookingMade", aggregate="Booking", key="booking_id", mutation="book", creates=True, answers=Booking)
class BookingMade(Event):
    """A member has a room for a while, within one day (UTC)."""

    booking_id: Id
    room_id: Id
    member_id: Id
    starts_at: datetime
    ends_at: datetime
    purpose: str | None = None
    topic: Annotated[str | None, Deprecated("use purpose")] = None
    room_day_id: Filled[Id] = None


@event("BookingMoved", aggregate="Booking", key="booking_id", mutation="moveBooking", answers=Booking)
class BookingMoved(Event):
    """A booking is at another time, in the same room, maybe on another day."""

    booking_id: Id
    starts_at: datetime
    ends_at: datetime
    room_id: Filled[Id] = None
    member_id: Filled[Id] = None
    room_day_id: Filled[Id] = None
    room_day_id_before: Filled[Id] = None
    minutes_before: Filled[int] = None


@event(
    "BookingCancelled",
    aggregate="Booking",
    key="booking_id",
    mutation="cancelBooking",
    answers=RoomDay,
    answer_key="room_day_id",
)
class BookingCancelled(Event):
    """A booking is called off, and is in no list."""

    booking_id: Id
    room_day_id: Filled[Id] = None
    member_id: Filled[Id] = None
    minutes: Filled[int] = None


# ---------------------------------------------------------------- what is allowed


def room_day(room_id: str, moment: datetime) -> str:
    """The key of a room on a day."""
    return f"{room_id}:{moment.date().isoformat()}"


def minutes_of(starts_at: datetime, ends_at: datetime) -> int:
    """How long it is."""
    return round((ends_at - starts_at).total_seconds() / 60)


def _times(starts_at: datetime, ends_at: datetime, submitted_at: str) -> Iterable[Rejected]:
    if starts_at.utcoffset() is None or ends_at.utcoffset() is None:
        yield Rejected("starts_at", "has no time zone", code="NO_TIME_ZONE")
    elif ends_at <= starts_at:
        yield Rejected("ends_at", "has to be after the start", code="ENDS_BEFORE_START")
    elif starts_at.date() != ends_at.date():
        yield Rejected("ends_at", "is on another day", code="TWO_DAYS", day=starts_at.date().isoformat())
    elif starts_at < datetime.fromisoformat(submitted_at):
        yield Rejected("starts_at", "is in the past", code="PAST", submitted_at=submitted_at)


@guard(RoomOpened, reads={"room": Room.by("room_id")})
def room_is_new(event: RoomOpened, room: Room | None) -> None:
    """A room that is open is not opened."""
    if room is not None:
        raise Rejected("room_id", "is open already", code="OPEN", name=room.name)


@guard(RoomClosed, reads={"room": Room.by("room_id")})
def room_is_open(event: RoomClosed, room: Room | None) -> None:
    """Only an open room is closed."""
    if room is None:
        raise Rejected("room_id", "is no open room", code="NO_ROOM")


@guard(MemberJoined, reads={"member": Member.by("member_id")})
def member_is_new(event: MemberJoined, member: Member | None) -> None:
    """A member joins once."""
    if member is not None:
        raise Rejected("member_id", "is a member already", code="MEMBER")


@guard(MemberChanged, reads={"member": Member.by("member_id")})
def member_is_known(event: MemberChanged, member: Member | None) -> None:
    """Only a member is changed."""
    if member is None:
        raise Rejected("member_id", "is no member", code="NO_MEMBER")


@guard(
    BookingMade,
    reads={"room": Room.by("room_id"), "member": Member.by("member_id"), "booking": Booking.by("booking_id")},
)
def can_book(
    event: BookingMade, room: Room | None, member: Member | None, booking: Booking | None, submitted_at: Instant
) -> BookingMade:
    """Members book open rooms, for a time to come."""
    problems = list(_times(event.starts_at, event.ends_at, submitted_at))
    if room is None:
        problems.append(Rejected("room_id", "is no open room", code="NO_ROOM"))
    if member is None:
        problems.append(Rejected("member_id", "is no member", code="NO_MEMBER"))
    if booking is not None:
        problems.append(Rejected("booking_id", "is booked already", code="BOOKED"))
    if problems:
        raise Rejected.all(problems)
    return replace(event, room_day_id=room_day(event.room_id, event.starts_at))


@guard(BookingMade, reads={"day": RoomDay.by("room_day_id")})
def room_is_free(event: BookingMade, day: RoomDay | None = None) -> None:
    """Two don't have a room at once."""
    _require_free(event.booking_id, event.starts_at, event.ends_at, day)


@guard(BookingMoved, reads={"booking": Booking.by("booking_id")})
def can_be_moved(event: BookingMoved, booking: Booking | None, submitted_at: Instant) -> BookingMoved:
    """A booking is moved to a time to come."""
    if booking is None:
        raise Rejected("booking_id", "is no booking", code="NO_BOOKING")
    problems = list(_times(event.starts_at, event.ends_at, submitted_at))
    if problems:
        raise Rejected.all(problems)
    return replace(
        event,
        room_id=booking.room_id,
        member_id=booking.member_id,
        room_day_id=room_day(booking.room_id, event.starts_at),
        room_day_id_before=room_day(booking.room_id, booking.starts_at),
        minutes_before=minutes_of(booking.starts_at, booking.ends_at),
    )


@guard(BookingMoved, reads={"day": RoomDay.by("room_day_id")})
def room_is_free_then(event: BookingMoved, day: RoomDay | None = None) -> None:
    """The same where a booking is moved; it is not in its own way."""
    _require_free(event.booking_id, event.starts_at, event.ends_at, day)


def _require_free(booking_id: str, starts_at: datetime, ends_at: datetime, day: RoomDay | None) -> None:
    for slot in day.slots if day is not None else ():
        if slot.booking_id != booking_id and starts_at < slot.ends_at and slot.starts_at < ends_at:
            raise Rejected("starts_at", "the room is taken then", code="TAKEN", by=slot.member_id)


@guard(BookingCancelled, reads={"booking": Booking.by("booking_id")})
def can_be_cancelled(event: BookingCancelled, booking: Booking | None) -> BookingCancelled:
    """Only a booking is cancelled."""
    if booking is None:
        raise Rejected("booking_id", "is no booking", code="NO_BOOKING")
    return replace(
        event,
        room_day_id=room_day(booking.room_id, booking.starts_at),
        member_id=booking.member_id,
        minutes=minutes_of(booking.starts_at, booking.ends_at),
    )


# ---------------------------------------------------------------- how it is folded


rooms = projection("room-view", Room, key="room_id", indexes={"name": By("name"), "seats": By("-seats")}, sort="name")
members = projection("member-view", Member, key="member_id", indexes={"name": By("name")})
bookings = projection(
    "booking-view",
    Booking,
    key="booking_id",
    indexes={
        "startsAt": By("starts_at"),
        "room": By("room_id", "starts_at"),
        "member": By("member_id", "-starts_at"),
    },
    sort="startsAt",
)
days = projection(
    "room-day-view", RoomDay, key="room_day_id", indexes={"day": By("day"), "room": By("room_id", "day")}, sort="day"
)
statistics = projection(
    "member-statistics-view",
    MemberStatistics,
    key="member_id",
    one="memberStatistics",
    many="statisticsOfMembers",
    indexes={"minutes": By("-minutes")},
)

rooms.link("bookings", bookings, by="room_id")
rooms.link("days", days, by="room_id")
members.link("bookings", bookings, by="member_id", description="The last one first.")
members.link("statistics", statistics, key="member_id")
bookings.link("room", rooms, key="room_id", description="Null once it is closed.")
bookings.link("member", members, key="member_id")
days.link("slots.member", members, key="slots.member_id")
days.link("bookings", bookings, key="slots.booking_id")
statistics.fed_by(bookings, by="member_id")


@bookings.field
def minutes(booking: Booking) -> int:
    """How long it is."""
    return minutes_of(booking.starts_at, booking.ends_at)


@rooms.field
def label(room: Room) -> str:
    """The name and how many fit in."""
    return f"{room.name} ({room.seats})"


@rooms.on(RoomOpened, key="room_id")
def opened(_: Room | None, event: RoomOpened, record: EventRecord) -> Room:
    """A new room, or one that is open again."""
    return Room(
        room_id=event.room_id,
        name=event.name,
        seats=event.seats,
        equipment=event.equipment,
        opened_at=record.timestamp,
    )


@rooms.on(RoomClosed, key="room_id")
def closed(_: Room, event: RoomClosed) -> None:
    """The room is no more."""
    return


@members.on(MemberJoined, key="member_id")
def joined(_: None, event: MemberJoined, record: EventRecord) -> Member:
    """A new member."""
    return Member(member_id=event.member_id, name=event.name, nickname=event.nickname, joined_at=record.timestamp)


@members.on(MemberChanged, key="member_id")
def changed(member: Member, event: MemberChanged) -> Member:
    """What is given replaces what was."""
    return replace(
        member,
        name=member.name if event.name is UNSET else event.name,
        nickname=member.nickname if event.nickname is UNSET else event.nickname,
    )


@bookings.on(BookingMade, key="booking_id")
def made(_: None, event: BookingMade) -> Booking:
    """A new booking."""
    return Booking(
        booking_id=event.booking_id,
        room_id=event.room_id,
        member_id=event.member_id,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        purpose=event.purpose or event.topic,
    )


@bookings.on(BookingMoved, key="booking_id")
def moved(booking: Booking, event: BookingMoved) -> Booking:
    """At another time."""
    return replace(booking, starts_at=event.starts_at, ends_at=event.ends_at)


@bookings.on(BookingCancelled, key="booking_id")
def cancelled(_: Booking, event: BookingCancelled) -> Booking | None:
    """The booking is no more."""
    return None


def _day(key: str, slots: tuple[Slot, ...]) -> RoomDay | None:
    """A day with these slots; without any there is none."""
    room_id, _, day = key.rpartition(":")
    if not slots:
        return None
    return RoomDay(
        room_day_id=key,
        room_id=room_id,
        day=date.fromisoformat(day),
        slots=tuple(sorted(slots, key=lambda slot: slot.booking_id)),
        minutes=sum(minutes_of(slot.starts_at, slot.ends_at) for slot in slots),
    )


def _others(day: RoomDay | None, booking_id: str) -> tuple[Slot, ...]:
    return tuple(slot for slot in (day.slots if day is not None else ()) if slot.booking_id != booking_id)


@days.on(BookingMade, key=lambda event: room_day(event.room_id, event.starts_at))
def taken(day: RoomDay | None, event: BookingMade, key: str) -> RoomDay | None:
    """A slot more."""
    slot = Slot(
        booking_id=event.booking_id, member_id=event.member_id, starts_at=event.starts_at, ends_at=event.ends_at
    )
    return _day(key, (*_others(day, event.booking_id), slot))


@days.on(BookingMoved, key="room_day_id_before")
def left(day: RoomDay | None, event: BookingMoved, key: str) -> RoomDay | None:
    """The slot is gone from where it was; on the same day another fold puts it back."""
    return _day(key, _others(day, event.booking_id))


@days.on(BookingMoved, key="room_day_id")
def arrived(day: RoomDay | None, event: BookingMoved, key: str) -> RoomDay | None:
    """The slot is where it is now."""
    slot = Slot(
        booking_id=event.booking_id,
        member_id=event.member_id or "",
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )
    return _day(key, (*_others(day, event.booking_id), slot))


@days.on(BookingCancelled, key="room_day_id")
def freed(day: RoomDay | None, event: BookingCancelled, key: str) -> RoomDay | None:
    """A slot less."""
    return _day(key, _others(day, event.booking_id))


@statistics.on(MemberJoined, key="member_id")
def began(figures: MemberStatistics | None, event: MemberJoined, record: EventRecord) -> MemberStatistics:
    """Since when."""
    return replace(figures or MemberStatistics(member_id=event.member_id), joined_at=record.timestamp)


@statistics.on(BookingMade, key="member_id")
def counted(figures: MemberStatistics | None, event: BookingMade, record: EventRecord) -> MemberStatistics:
    """One more."""
    figures = figures or MemberStatistics(member_id=event.member_id)
    return replace(
        figures,
        booking_count=figures.booking_count + 1,
        minutes=figures.minutes + minutes_of(event.starts_at, event.ends_at),
        last_booked_at=max(figures.last_booked_at or "", record.timestamp),
    )


@statistics.on(BookingMoved, key="member_id")
def lengthened(figures: MemberStatistics | None, event: BookingMoved) -> MemberStatistics:
    """As long as it is now."""
    figures = figures or MemberStatistics(member_id=event.member_id or "")
    return replace(
        figures,
        minutes=figures.minutes + minutes_of(event.starts_at, event.ends_at) - (event.minutes_before or 0),
    )


@statistics.on(BookingCancelled, key="member_id")
def uncounted(figures: MemberStatistics | None, event: BookingCancelled) -> MemberStatistics:
    """One less that counts."""
    figures = figures or MemberStatistics(member_id=event.member_id or "")
    return replace(
        figures,
        cancelled_count=figures.cancelled_count + 1,
        minutes=figures.minutes - (event.minutes or 0),
    )
