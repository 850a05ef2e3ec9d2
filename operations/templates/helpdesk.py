"""A help desk: customers open tickets, agents take and close them. This file is the whole application."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from hazelgate import By, Event, EventRecord, Id, Instant, Rejected, View, event, guard, projection, replace

Title = Annotated[str, Meta(min_length=1, max_length=200, examples=["The printer hums"])]
Agent = Annotated[Id, Meta(examples=["ada"])]

# ---------------------------------------------------------------- what happens


@event("TicketOpened", aggregate="Ticket", key="ticket_id", mutation="openTicket", creates=True)
class TicketOpened(Event):
    """A customer needs help."""

    ticket_id: Id
    title: Title


@event("TicketTaken", aggregate="Ticket", key="ticket_id", mutation="takeTicket")
class TicketTaken(Event):
    """An agent works on the ticket."""

    ticket_id: Id
    agent: Agent


@event("TicketClosed", aggregate="Ticket", key="ticket_id", mutation="closeTicket")
class TicketClosed(Event):
    """The customer has been helped."""

    ticket_id: Id


# ---------------------------------------------------------------- what is shown


class TicketState(StrEnum):
    """How far the help desk has got with a ticket."""

    OPEN = "OPEN"
    TAKEN = "TAKEN"
    CLOSED = "CLOSED"


class Ticket(View):
    """A customer's call for help."""

    ticket_id: Id
    title: str
    opened_at: Instant
    state: TicketState = TicketState.OPEN
    agent: Id | None = None


# ---------------------------------------------------------------- what may happen


@guard(TicketOpened, reads={"ticket": Ticket.by("ticket_id")})
def is_new(event: TicketOpened, ticket: Ticket | None) -> None:
    if ticket is not None:
        raise Rejected("ticket_id", "this ticket exists already")


@guard(TicketTaken, reads={"ticket": Ticket.by("ticket_id")})
def is_open(event: TicketTaken, ticket: Ticket | None) -> None:
    if ticket is None or ticket.state is not TicketState.OPEN:
        raise Rejected("ticket_id", "no such ticket is open")


@guard(TicketClosed, reads={"ticket": Ticket.by("ticket_id")})
def is_taken(event: TicketClosed, ticket: Ticket | None) -> None:
    if ticket is None or ticket.state is not TicketState.TAKEN:
        raise Rejected("ticket_id", "an agent has to take the ticket first", code="NOT_TAKEN")


# ---------------------------------------------------------------- how events change it

tickets = projection(
    "ticket-view",
    Ticket,
    key="ticket_id",
    indexes={
        "openedAt": By("opened_at"),
        "state": By("state", "opened_at"),
        "agent": By("agent", "opened_at"),
    },
    sort="-openedAt",
)


@tickets.on(TicketOpened, key="ticket_id")
def opened(_: Ticket | None, event: TicketOpened, record: EventRecord) -> Ticket:
    return Ticket(
        ticket_id=event.ticket_id,
        title=event.title,
        opened_at=record.timestamp,
    )


@tickets.on(TicketTaken, key="ticket_id")
def taken(ticket: Ticket, event: TicketTaken) -> Ticket:
    return replace(ticket, state=TicketState.TAKEN, agent=event.agent)


@tickets.on(TicketClosed, key="ticket_id")
def closed(ticket: Ticket, event: TicketClosed) -> Ticket:
    return replace(ticket, state=TicketState.CLOSED)
