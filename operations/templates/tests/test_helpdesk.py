"""Tests of the help desk as sentences. They need no server: the real projector runs in memory."""

from helpdesk import Ticket, TicketClosed, TicketOpened, TicketState, TicketTaken

from hazelgate.testing import given
from hazelgate.testing.scenarios import AT

OPENED = TicketOpened(ticket_id="t1", title="The printer hums")
TAKEN = TicketTaken(ticket_id="t1", agent="ada")
CLOSED = TicketClosed(ticket_id="t1")


def ticket(state: TicketState, agent: str | None = None) -> Ticket:
    """The entry of that ticket."""
    return Ticket(ticket_id="t1", title="The printer hums", opened_at=AT, state=state, agent=agent)


def test_a_ticket_is_opened() -> None:
    given().when(OPENED).then(ticket(TicketState.OPEN))


def test_a_ticket_is_opened_once() -> None:
    given(OPENED).when(OPENED).then_rejected("ticketId")


def test_an_agent_takes_a_ticket() -> None:
    given(OPENED).when(TAKEN).then(ticket(TicketState.TAKEN, "ada"))


def test_two_agents_can_not_take_one_ticket() -> None:
    given(OPENED, TAKEN).when(TicketTaken(ticket_id="t1", agent="bob")).then_rejected("ticketId")


def test_a_ticket_is_closed() -> None:
    given(OPENED, TAKEN).when(CLOSED).then(ticket(TicketState.CLOSED, "ada"))


def test_nobody_closes_a_ticket_that_nobody_took() -> None:
    given(OPENED).when(CLOSED).then_rejected("ticketId")
