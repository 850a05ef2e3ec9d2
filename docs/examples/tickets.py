"""A help desk: tickets are opened and closed. All there is to write for a domain of one's own."""

from hazelgate import By, Event, EventRecord, Id, Instant, Rejected, View, event, guard, projection, replace


@event("TicketOpened", aggregate="Ticket", key="ticket_id", mutation="openTicket", creates=True)
class TicketOpened(Event):
    """Somebody needs help."""

    ticket_id: Id
    title: str


@event("TicketClosed", aggregate="Ticket", key="ticket_id", mutation="closeTicket")
class TicketClosed(Event):
    """Somebody was helped."""

    ticket_id: Id


class Ticket(View):
    """A call for help."""

    ticket_id: Id
    title: str
    opened_at: Instant
    open: bool = True


@guard(TicketClosed, reads={"ticket": Ticket.by("ticket_id")})
def is_open(event: TicketClosed, ticket: Ticket | None) -> None:
    if ticket is None or not ticket.open:
        raise Rejected("ticket_id", "no such ticket is open")


tickets = projection("ticket-view", Ticket, key="ticket_id", indexes={"openedAt": By("opened_at")})


@tickets.on(TicketOpened, key="ticket_id")
def opened(_: Ticket | None, event: TicketOpened, record: EventRecord) -> Ticket:
    return Ticket(ticket_id=event.ticket_id, title=event.title, opened_at=record.timestamp)


@tickets.on(TicketClosed, key="ticket_id")
def closed(ticket: Ticket, event: TicketClosed) -> Ticket:
    return replace(ticket, open=False)
