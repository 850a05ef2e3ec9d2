"""Which entries an answer wants claimed, and which events have seen what another one would change."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from hazelgate.projector.core.messages import NO_CLAIMS, Delivery, Kind, Request, Response
from hazelgate.projector.process import Processor
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event
from hazelgate.testing.memory.pipeline import MemoryPipeline
from hazelgate.testing.scenarios import envelope_of
from tests.domains.bookings.bookings import (
    BookingCancelled,
    BookingMade,
    BookingMoved,
    MemberChanged,
    MemberJoined,
    RoomOpened,
)

AT = "2026-01-01T00:00:00.000000Z"
BLUE = RoomOpened(room_id="blue", name="Blue", seats=4)
ADA = MemberJoined(member_id="ada", name="Ada")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load("tests.domains.bookings.bookings")


def booking(booking_id: str, hour: int, *, day: int = 5, by: str = "ada") -> BookingMade:
    start = datetime(2026, 1, day, hour, tzinfo=UTC)
    return BookingMade(
        booking_id=booking_id, room_id="blue", member_id=by, starts_at=start, ends_at=start.replace(minute=30)
    )


def moved(booking_id: str, hour: int, *, day: int = 5) -> BookingMoved:
    start = datetime(2026, 1, day, hour, tzinfo=UTC)
    return BookingMoved(booking_id=booking_id, starts_at=start, ends_at=start.replace(minute=30))


def answer(catalog: Catalog, past: list[Event], *events: Event) -> Response:
    """What the projector answers about these events, on what the past ones have left."""
    pipeline = MemoryPipeline(catalog)
    pipeline.deliver([_envelope(catalog, event) for event in past])
    deliveries = [
        Delivery(_envelope(catalog, event), 0, 10**15 + place, AT, None, None) for place, event in enumerate(events)
    ]
    loaded: dict[str, dict[str, bytes | None]] = {}
    processor = Processor(catalog)
    while True:
        response = processor.fold(Request(1, 1, deliveries, loaded))
        if not response.needs:
            return response
        for name, keys in response.needs.items():
            loaded.setdefault(name, {}).update({key: pipeline.map(name).get(key) for key in keys})


def _envelope(catalog: Catalog, event: Event) -> bytes:
    return msgspec.json.encode(envelope_of(catalog, event, at=AT))


def claims(response: Response) -> dict[str, tuple[int, list[int]]]:
    return {f"{each.view} {each.key}": (each.version, each.events) for each in response.claims.entries}


def test_an_entry_that_others_feed_is_claimed_at_the_version_that_was_read(catalog: Catalog) -> None:
    """The room and the member are fed by other events, and the booking's own entry by its lane: they are not."""
    response = answer(catalog, [BLUE, ADA, booking("b0", 8)], booking("b1", 9), booking("b2", 10))
    assert claims(response) == {"room-day-view blue:2026-01-05": (1, [0, 1])}


def test_an_entry_that_is_not_there_is_claimed_as_such(catalog: Catalog) -> None:
    assert claims(answer(catalog, [BLUE, ADA], booking("b1", 9))) == {"room-day-view blue:2026-01-05": (0, [0])}


def test_what_a_completed_event_names_is_claimed(catalog: Catalog) -> None:
    """The day that it is moved to is read; the one that it leaves is not, and is written all the same."""
    response = answer(catalog, [BLUE, ADA, booking("b1", 9)], moved("b1", 9, day=6))
    assert claims(response) == {"room-day-view blue:2026-01-06": (0, [0])}
    assert {write.key for write in response.writes} > {"blue:2026-01-05", "blue:2026-01-06"}


def test_a_unique_value_and_all_who_have_said_it_are_claimed(catalog: Catalog) -> None:
    """The value's entry, the member's own, and that of whoever has given the value up."""
    ann = MemberJoined(member_id="ann", name="Ann", nickname="A")
    changed = MemberChanged(member_id="ann", nickname="B")
    [first, own] = answer(catalog, [], ann).claims.entries
    assert [each.version for each in (first, own)] == [0, 0]
    claimed = answer(catalog, [ann, changed], MemberJoined(member_id="bob", name="Bob", nickname="A")).claims.entries
    assert {(each.view, each.key.partition("-")[0], each.version) for each in claimed} == {
        ("unique-Member-nickname", "value", 1),
        ("unique-Member-nickname", "holder", 0),
        ("unique-Member-nickname", "holder", 2),
    }
    assert {first.key, own.key} < {each.key for each in claimed}


def test_an_event_without_such_a_guard_claims_nothing(catalog: Catalog) -> None:
    response = answer(
        catalog, [BLUE, ADA, booking("b1", 9)], BookingCancelled(booking_id="b1"), MemberChanged(member_id="ada")
    )
    assert response.claims == NO_CLAIMS


def test_a_refused_event_claims_nothing(catalog: Catalog) -> None:
    response = answer(catalog, [BLUE, ADA, booking("b1", 9)], booking("b2", 9))
    assert [outcome.kind for outcome in response.outcomes] == [Kind.REFUSED]
    assert response.claims == NO_CLAIMS


def test_who_has_seen_or_changed_what_a_claimant_did_comes_after_it(catalog: Catalog) -> None:
    """The second was refused because of the first; the third is on another day, of the same member."""
    response = answer(
        catalog,
        [BLUE, ADA, MemberJoined(member_id="eve", name="Eve")],
        booking("b1", 9),
        booking("b2", 9),
        booking("b3", 9, day=6),
        booking("b4", 9, day=7, by="eve"),
        BookingCancelled(booking_id="b3"),
    )
    assert [outcome.kind for outcome in response.outcomes] == [0, Kind.REFUSED, 0, 0, 0]
    assert response.claims.after == [(1, 0), (2, 0), (4, 2)]
