"""A domain with an `api.py` beside it."""

from __future__ import annotations

from enum import Enum, StrEnum

from hazelgate import Event, Id, Value, View, event, projection, replace


class Priority(StrEnum):
    """How much it matters."""

    LOW = "not much"
    HIGH = "a lot"


class Channel(Enum):
    """Where it came from; no text by itself."""

    MAIL = "m"
    PHONE = "p"


class Contact(Value):
    """Who asks."""

    name: str
    channel: Channel = Channel.MAIL


class Ticket(View):
    """A ticket."""

    ticket_id: Id
    title: str
    contact: Contact
    priority: Priority = Priority.LOW


@event("TicketOpened", aggregate="Ticket", key="ticket_id", mutation="openTicket", creates=True)
class TicketOpened(Event):
    """A ticket is open."""

    ticket_id: Id
    title: str
    contact: Contact
    priority: Priority = Priority.LOW


@event("TicketRaised", aggregate="Ticket", key="ticket_id")
class TicketRaised(Event):
    """It matters more."""

    ticket_id: Id


tickets = projection("ticket-view", Ticket, key="ticket_id", one="ticket", many="tickets")


@tickets.on(TicketOpened, key="ticket_id")
def opened(_: Ticket | None, event: TicketOpened) -> Ticket:
    return Ticket(ticket_id=event.ticket_id, title=event.title, contact=event.contact, priority=event.priority)


@tickets.on(TicketRaised, key="ticket_id")
def raised(ticket: Ticket, event: TicketRaised) -> Ticket:
    return replace(ticket, priority=Priority.HIGH)
