"""Which changes of a schema break clients, which may surprise them, and which nobody notices."""

from __future__ import annotations

import pytest

from hazelgate.operations.documents.schema_changes import read_schema, schema_changes

OLD = """
type Query { ticket(id: ID!): Ticket, tickets(first: Int): [Ticket!]! }
type Ticket { id: ID!, title: String!, status: Status!, note: String }
enum Status { OPEN, CLOSED }
input TicketFilter { title: String }
"""


def told(*edits: tuple[str, str]) -> list[str]:
    """What is said of the schema with these edits."""
    new = OLD
    for before, after in edits:
        assert before in new
        new = new.replace(before, after)
    return [str(change) for change in schema_changes(read_schema(OLD), read_schema(new))]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (", note: String", ""),
        ("note: String", "note: Int"),
        ("title: String!,", "title: String,"),
        ("first: Int", "first: Int!"),
        ("ticket(id: ID!): Ticket, ", ""),
        ("OPEN, ", ""),
        ("input TicketFilter { title: String }", "input TicketFilter { title: String, status: Status! }"),
    ],
)
def test_what_ends_a_valid_document_breaks(before: str, after: str) -> None:
    changes = told((before, after))
    assert changes
    assert changes[0].startswith("BREAKING ")


def test_a_new_value_of_an_enum_may_surprise() -> None:
    """A client that switches on it has no case for the new one."""
    [change] = told(("OPEN, CLOSED", "OPEN, CLOSED, LOST"))
    assert change.startswith("dangerous ")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("note: String", "note: String, assignee: String"),
        ("first: Int", "first: Int, after: String"),
        ("title: String }", "title: String, note: String }"),
        ("note: String", "note: String!"),
        ("type Ticket {", '"A call for help." type Ticket {'),
    ],
)
def test_what_nobody_notices_is_not_told(before: str, after: str) -> None:
    assert told((before, after)) == []


def test_what_breaks_is_told_first() -> None:
    changes = told(("OPEN, CLOSED", "OPEN, CLOSED, LOST"), (", note: String", ""))
    assert [change.split()[0] for change in changes] == ["BREAKING", "dangerous"]


def test_a_file_that_is_no_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="no GraphQL schema"):
        read_schema("type Query {")
