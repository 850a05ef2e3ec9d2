"""
Lists in pages, and the cursors of their entries.

A cursor holds the sort key of its entry, not a position: entries that come or go elsewhere don't shift a page.
"""

from typing import Generic, TypeVar

import strawberry

from hazelgate.client.reading.queries import EntryQuery
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.fields import resolved
from hazelgate.schema.nodes import PageInfo, decode_opaque, encode_opaque

T = TypeVar("T")


@strawberry.type(description="One entry, and where it stands in the list.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="For `after` of the next page.")
    node: T = strawberry.field(description="The entry.")


@strawberry.type(description="A page of entries.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The entries, in their order.")
    page_info: PageInfo = strawberry.field(description="Whether the list goes on.")
    counted: strawberry.Private[EntryQuery]
    total_count: int = resolved(description="How many there are in all; counted when it is asked for.")


def cursor_of(order: str, key: str) -> str:
    """The cursor of the entry with this sort key, in a list of this order."""
    return encode_opaque(f"{order}/{key}")


def cursor_key(argument: str, order: str, cursor: str) -> str:
    """
    The sort key that a cursor holds.

    Raises:
        GraphQLError: The argument is no cursor, or one of another list or order.
    """
    of_order, found, key = (decode_opaque(cursor) or "").partition("/")
    if not found or of_order != order:
        raise bad_input(argument, "not a cursor of this list in this order: take it from an edge of the same query")
    return key
