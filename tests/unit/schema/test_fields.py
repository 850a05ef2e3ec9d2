"""Fields that a type declares, and that a resolver answers."""

import strawberry
from graphql import print_schema

from hazelgate.schema.fields import BOTH_WAYS, FORWARD, resolved


@strawberry.type
class Shelf:
    name: str
    books: list[str] = resolved(FORWARD, description="By title.")
    authors: list[str] = resolved(BOTH_WAYS)


@strawberry.type
class Query:
    shelf: Shelf


def test_a_declared_field_is_no_part_of_the_value() -> None:
    assert Shelf(name="a") == Shelf(name="a")
    assert repr(Shelf(name="a")).endswith("Shelf(name='a')")
    assert not hasattr(Shelf(name="a"), "books")


def test_the_schema_shows_its_arguments_its_type_and_its_description() -> None:
    """Arguments may be left out: they have no default, so that a resolver can tell them from null."""
    text = print_schema(strawberry.Schema(Query)._schema)
    assert '"""By title."""\n  books(first: Int, after: String): [String!]!' in text
    assert "authors(first: Int, after: String, last: Int, before: String): [String!]!" in text
