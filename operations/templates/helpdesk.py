"""A help desk: tickets are opened, assigned and closed. This file is the whole application."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from hazelgate import By, Event, EventRecord, Id, Instant, Rejected, View, event, guard, projection, replace

Line = Annotated[str, Meta(min_length=1, max_length=200, examples=["The printer hums"])]
Person = Annotated[str, Meta(min_length=1, max_length=100, examples=["Ada"])]

# ---------------------------------------------------------------- what happens


@event("TicketOpened", aggregate="Ticket", key="ticket_id", mutation="openTicket", creates=True)
class TicketOpened(Event):
    """Somebody needs help."""

    ticket_id: Id
    title: Line


@event("TicketAssigned", aggregate="Ticket", key="ticket_id", mutation="assignTicket")
class TicketAssigned(Event):
    """Somebody takes care of a ticket."""

    ticket_id: Id
    assignee: Person


@event("TicketClosed", aggregate="Ticket", key="ticket_id", mutation="closeTicket")
class TicketClosed(Event):
    """Somebody was helped."""

    ticket_id: Id


# ---------------------------------------------------------------- what is shown


class TicketStatus(StrEnum):
    """Where a ticket stands."""

    OPEN = "OPEN"
    ASSIGNED = "ASSIGNED"
    CLOSED = "CLOSED"


class Ticket(View):
    """A call for help."""

    ticket_id: Id
    title: str
    status: TicketStatus
    opened_at: Instant
    assignee: str | None = None


# ---------------------------------------------------------------- what may happen


@guard(TicketOpened, reads={"ticket": Ticket.by("ticket_id")})
def opens_once(event: TicketOpened, ticket: Ticket | None) -> None:
    if ticket is not None:
        raise Rejected("ticket_id", "is a ticket already")


@guard(TicketAssigned, TicketClosed, reads={"ticket": Ticket.by("ticket_id")})
def is_not_closed(event: TicketAssigned | TicketClosed, ticket: Ticket | None) -> None:
    if ticket is None or ticket.status is TicketStatus.CLOSED:
        raise Rejected("ticket_id", "no such ticket is open")


# ---------------------------------------------------------------- how events change it

tickets = projection(
    "ticket-view",
    Ticket,
    key="ticket_id",
    indexes={
        "openedAt": By("opened_at"),
        "status": By("status", "opened_at"),
        "assignee": By("assignee", "opened_at"),
    },
    sort="-openedAt",
)


@tickets.on(TicketOpened, key="ticket_id")
def opened(_: Ticket | None, event: TicketOpened, record: EventRecord) -> Ticket:
    return Ticket(
        ticket_id=event.ticket_id,
        title=event.title,
        status=TicketStatus.OPEN,
        opened_at=record.timestamp,
    )


@tickets.on(TicketAssigned, key="ticket_id")
def assigned(ticket: Ticket, event: TicketAssigned) -> Ticket:
    return replace(ticket, status=TicketStatus.ASSIGNED, assignee=event.assignee)


@tickets.on(TicketClosed, key="ticket_id")
def closed(ticket: Ticket, event: TicketClosed) -> Ticket:
    return replace(ticket, status=TicketStatus.CLOSED)
