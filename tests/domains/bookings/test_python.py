"""The house as a program in Python sees it, through `hazelgate.connect`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio

import hazelgate
from hazelgate import Catalog, Change, ChangeKind, EventRejected, Hazelgate, InvalidArgument, SubmitOptions
from hazelgate.testing.memory import MemoryCluster
from tests.domains.bookings.bookings import (
    Booking,
    BookingCancelled,
    BookingMade,
    BookingMoved,
    Equipment,
    MemberJoined,
    MemberStatistics,
    Room,
    RoomDay,
    RoomOpened,
    room_day,
)
from tests.domains.bookings.conftest import PATIENCE_SECONDS, House, fresh

pytestmark = pytest.mark.timeout(600)

NINE = datetime(2090, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATIENT = SubmitOptions(timeout_seconds=60)


@pytest_asyncio.fixture(loop_scope="session")
async def hg(house: House) -> AsyncIterator[Hazelgate]:
    """A connection to the house's cluster; to one in memory where another serves the house."""
    catalog = Catalog.load("tests.domains.bookings.bookings")
    if house.environ:
        name, members = (house.environ[f"HAZELGATE_{each}"] for each in ("CLUSTER_NAME", "MEMBERS"))
        connection = hazelgate.connect(
            catalog=catalog, cluster_name=name, members=members, ready_timeout_seconds=PATIENCE_SECONDS
        )
    else:
        connection = hazelgate.connect(catalog=catalog, cluster=MemoryCluster.of(catalog))
    async with connection as hg:
        yield hg


async def test_a_program_books_reads_and_follows(hg: Hazelgate) -> None:
    room, member, booking = fresh("room"), fresh("member"), fresh("booking")
    await hg.handle_event(RoomOpened(room_id=room, name="Green", seats=12, equipment=(Equipment.PIANO,)), PATIENT)
    await hg.handle_event(MemberJoined(member_id=member, name="Ada"), PATIENT)
    made = BookingMade(booking_id=booking, room_id=room, member_id=member, starts_at=NINE, ends_at=NINE + HOUR)
    day = room_day(room, NINE)
    bookings, days, statistics = hg.view(Booking), hg.view(RoomDay), hg.view(MemberStatistics)

    async with days.changes(filter={"room_id": {"eq": room}}) as changes:
        stream = aiter(changes)
        await hg.handle_event(made, PATIENT)
        change = await anext(stream)
        assert isinstance(change, Change)
        assert (change.kind, change.key, change.entry and change.entry.minutes) == (ChangeKind.CHANGED, day, 60)

        with pytest.raises(EventRejected) as rejected:
            await hg.handle_event(
                BookingMade(booking_id=fresh("b"), room_id=room, member_id=member, starts_at=NINE, ends_at=NINE + HOUR),
                PATIENT,
            )
        assert [(each.code, each.params) for each in rejected.value.problems] == [("TAKEN", {"by": member})]

        page = await bookings.query({"room_id": {"eq": room}, "starts_at": {"lt": NINE + HOUR}}, total=True)
        assert ([each.booking_id for each in page], page.total) == ([booking], 1)
        assert await hg.view(Room).count({"room_id": {"eq": room}, "equipment": {"some": {"eq": Equipment.PIANO}}}) == 1
        assert await days.count({"room_id": {"eq": room}, "day": {"eq": date(2090, 1, 5)}}) == 1

        then = datetime.now(UTC)
        await hg.handle_event(
            BookingMoved(booking_id=booking, starts_at=NINE + 2 * HOUR, ends_at=NINE + 5 * HOUR), PATIENT
        )
        await hg.handle_event(BookingCancelled(booking_id=booking), PATIENT)
        seen: list[ChangeKind] = []
        while not seen or seen[-1] is not ChangeKind.REMOVED:
            following = await anext(stream)
            assert isinstance(following, Change)
            seen.append(following.kind)

    assert await bookings.get(booking) is None
    was = await statistics.as_of(member, then)
    now = await statistics.get(member)
    assert was is not None
    assert now is not None
    assert (was.booking_count, was.minutes, was.cancelled_count) == (1, 60, 0)
    assert (now.booking_count, now.minutes, now.cancelled_count) == (1, 0, 1)
    history = await days.history(day)
    assert [type(each.event) for each in history] == [BookingMade, BookingMoved, BookingCancelled]


async def test_a_mistake_names_its_field(hg: Hazelgate) -> None:
    with pytest.raises(InvalidArgument, match=r"filter\.slots\.some\.seats: Slot has no such field; it has booking_id"):
        await hg.view(RoomDay).query({"slots": {"some": {"seats": {"gt": 1}}}})
