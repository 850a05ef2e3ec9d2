"""The example of docs/examples, which the README shows, does what it says."""

from pathlib import Path

import docs.examples.tickets
from docs.examples.tickets import Ticket, TicketClosed, TicketOpened
from hazelgate.testing import given
from hazelgate.testing.scenarios import AT

OPENED = TicketOpened(ticket_id="t1", title="The printer hums")
CLOSED = TicketClosed(ticket_id="t1")


def test_an_opened_ticket_is_in_the_view() -> None:
    given().when(OPENED).then(Ticket(ticket_id="t1", title="The printer hums", opened_at=AT), times=2)


def test_a_closed_ticket_is_not_open() -> None:
    given(OPENED).when(CLOSED).then(Ticket(ticket_id="t1", title="The printer hums", opened_at=AT, open=False), times=2)


def test_a_ticket_is_closed_once() -> None:
    given(OPENED, CLOSED).when(CLOSED).then_rejected("ticket_id")


def test_what_was_never_opened_is_not_closed() -> None:
    given().when(CLOSED).then_rejected("ticket_id")


def test_an_entry_may_be_given_instead_of_its_history() -> None:
    ticket = Ticket(ticket_id="t1", title="The printer hums", opened_at=AT)
    given(ticket).when(CLOSED).then(Ticket(ticket_id="t1", title="The printer hums", opened_at=AT, open=False))


def test_it_is_what_the_readme_shows_and_short() -> None:
    """But for blank lines, of which the formatter wants more than a reader."""
    example = Path(docs.examples.tickets.__file__)
    lines = [line for line in example.read_text(encoding="utf-8").splitlines() if line]
    readme = (example.parents[2] / "README.md").read_text(encoding="utf-8")
    shown = readme[readme.index(lines[0]) : readme.index(lines[-1]) + len(lines[-1])]
    assert [line for line in shown.splitlines() if line] == lines
    assert len(lines) < 40
