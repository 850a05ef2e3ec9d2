"""The example of docs/examples, which the README shows, does what it says."""

from docs.examples.tickets import Ticket, TicketClosed, TicketOpened
from sourcing.testing import AT, given

OPENED = TicketOpened(ticket_id="t1", title="The printer hums")


def test_an_opened_ticket_is_in_the_view() -> None:
    given().when(OPENED).then(Ticket(ticket_id="t1", title="The printer hums", opened_at=AT), times=2)


def test_a_closed_ticket_is_not_open() -> None:
    given(OPENED).when(TicketClosed(ticket_id="t1")).then(
        Ticket(ticket_id="t1", title="The printer hums", opened_at=AT, open=False), times=2
    )


def test_a_ticket_is_closed_once() -> None:
    given(OPENED, TicketClosed(ticket_id="t1")).when(TicketClosed(ticket_id="t1")).then_rejected("ticket_id")


def test_what_was_never_opened_is_not_closed() -> None:
    given().when(TicketClosed(ticket_id="t1")).then_rejected("ticket_id")


def test_an_entry_may_be_given_instead_of_its_history() -> None:
    ticket = Ticket(ticket_id="t1", title="The printer hums", opened_at=AT)
    given(ticket).when(TicketClosed(ticket_id="t1")).then(
        Ticket(ticket_id="t1", title="The printer hums", opened_at=AT, open=False)
    )
