"""What a cluster in memory tells of an event: the names of the entries that it has changed."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from hazelgate import Catalog
from hazelgate.client.cluster import EVENT_STREAM
from hazelgate.client.event_stream import Changed, StreamedEvent
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.testing.memory import MemoryCluster
from tests.domains.bookings.bookings import BookingCancelled, BookingMade, MemberJoined, RoomOpened, room_day
from tests.support.until import until

NINE, TEN = (datetime(2090, 1, 5, hour, tzinfo=UTC) for hour in (9, 10))


async def test_an_event_that_feeds_several_views_names_an_entry_of_each_the_removed_one_too() -> None:
    catalog = Catalog.load("tests.domains.bookings.bookings")
    cluster = MemoryCluster.of(catalog)
    await cluster.start()
    told: dict[str, Changed | None] = {}

    def hear(message: bytes) -> None:
        for each in msgspec.json.decode(message, type=list[StreamedEvent]):
            told[each.event_type] = each.changed

    await cluster.listen(EVENT_STREAM, hear)
    handler = EventHandler(catalog, cluster)
    for event in (
        RoomOpened(room_id="r", name="Green", seats=2),
        MemberJoined(member_id="m", name="Ada"),
        BookingMade(booking_id="b", room_id="r", member_id="m", starts_at=NINE, ends_at=TEN),
        BookingCancelled(booking_id="b"),
    ):
        await handler.handle_event(event)
    await until(lambda: "BookingCancelled" in told)
    day = room_day("r", NINE)
    assert told["BookingMade"] == {
        "booking-view": {"": 1},
        "room-day-view": {day: 1},
        "member-statistics-view": {"m": 2},
    }
    assert told["BookingCancelled"] == {
        "booking-view": {"": 2},
        "room-day-view": {day: 2},
        "member-statistics-view": {"m": 3},
    }
    await handler.close()
