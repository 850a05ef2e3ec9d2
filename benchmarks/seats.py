"""The domain of the benchmark of guards: tickets are aggregates, and all tickets of a show feed the show's entry."""

from __future__ import annotations

from hazelgate import Event, Id, Rejected, View, event, guard, projection, replace

SEATS = 1_000_000


class Show(View):
    """How many seats of a show are taken."""

    show_id: Id
    taken: int = 0


@event("SeatTaken", aggregate="Ticket", key="ticket_id")
class SeatTaken(Event):
    """A seat is taken, if there is one: what the guard has read holds until the event is stored."""

    ticket_id: Id
    show_id: Id


@event("SeatNoted", aggregate="Ticket", key="ticket_id")
class SeatNoted(Event):
    """The same, and its guard reads the show as it is just then."""

    ticket_id: Id
    show_id: Id


def _require_seat(show: Show | None) -> None:
    if show is not None and show.taken >= SEATS:
        raise Rejected("show_id", "is sold out", code="SOLD_OUT")


@guard(SeatTaken, reads={"show": Show.by("show_id")})
def has_a_seat(event: SeatTaken, show: Show | None) -> None:
    """There is a seat, and nobody else takes it meanwhile."""
    _require_seat(show)


@guard(SeatNoted, reads={"show": Show.by("show_id", snapshot=True)})
def had_a_seat(event: SeatNoted, show: Show | None) -> None:
    """There was a seat."""
    _require_seat(show)


shows = projection("show-view", Show, key="show_id")


@shows.on(SeatTaken, key="show_id")
def taken(show: Show | None, event: SeatTaken) -> Show:
    """One more."""
    return _one_more(show, event.show_id)


@shows.on(SeatNoted, key="show_id")
def noted(show: Show | None, event: SeatNoted) -> Show:
    """The same."""
    return _one_more(show, event.show_id)


def _one_more(show: Show | None, show_id: str) -> Show:
    show = show or Show(show_id=show_id)
    return replace(show, taken=show.taken + 1)
