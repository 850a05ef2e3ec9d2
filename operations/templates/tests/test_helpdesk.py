"""Tests of the help desk as sentences. They need no server: the real projector runs in memory."""

from helpdesk import Ticket, TicketAssigned, TicketClosed, TicketOpened, TicketStatus

from hazelgate.testing import given
from hazelgate.testing.scenarios import AT

OPENED = TicketOpened(ticket_id="t1", title="The printer hums")


def ticket(status: TicketStatus, assignee: str | None = None) -> Ticket:
    """The entry of that ticket."""
    return Ticket(ticket_id="t1", title="The printer hums", status=status, opened_at=AT, assignee=assignee)


def test_a_ticket_is_opened() -> None:
    given().when(OPENED).then(ticket(TicketStatus.OPEN))


def test_a_ticket_is_opened_once() -> None:
    given(OPENED).when(OPENED).then_rejected("ticketId")


def test_a_ticket_is_assigned() -> None:
    (given(OPENED).when(TicketAssigned(ticket_id="t1", assignee="Ada")).then(ticket(TicketStatus.ASSIGNED, "Ada")))


def test_a_closed_ticket_stays_closed() -> None:
    given(OPENED, TicketClosed(ticket_id="t1")).when(TicketClosed(ticket_id="t1")).then_rejected("ticketId")


def test_nobody_takes_care_of_a_ticket_that_is_not_there() -> None:
    given().when(TicketAssigned(ticket_id="t2", assignee="Ada")).then_rejected("ticketId")
