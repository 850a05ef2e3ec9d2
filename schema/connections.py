"""Lists in pages."""

from typing import Generic, TypeVar

import strawberry

from hazelgate.client.reading.queries import EntryQuery
from hazelgate.schema.fields import resolved
from hazelgate.schema.nodes import PageInfo

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
