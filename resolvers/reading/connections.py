"""Pages of a listing, read from the cluster."""

from collections.abc import Callable
from typing import Any, TypeVar

from hazelgate.client.views.cursors import cursor_of
from hazelgate.client.views.pages import Listing, Window
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.reading.pages import page_info
from hazelgate.schema.connections import Connection, Edge
from hazelgate.schema.fields import FieldResolvers

T = TypeVar("T")


async def read_connection(
    info: Info, listing: Listing, window: Window, node: Callable[[bytes], T | None]
) -> Connection[T]:
    """The window of the listing, each entry turned into a node."""
    answer = await info.context.reads.query(listing.query(window))
    entries, more = answer.entries[: window.size], len(answer.entries) > window.size
    if window.backward:
        entries = entries[::-1]
    # An entry that is not there for readers (its first event is a dead letter) leaves its place on the page empty.
    edges = [
        Edge(cursor=cursor_of(listing.order, entry.index_value), node=made)
        for entry in entries
        if (made := node(bytes(entry.entry))) is not None
    ]
    return Connection(
        edges=edges,
        page_info=page_info(window, more, [edge.cursor for edge in edges]),
        counted=listing.count_query(),
    )


async def total_count(connection: Connection[Any], info: Info) -> int:
    """How many entries there are on all pages together."""
    counted = await info.context.reads.query(connection.counted)
    return counted.count or 0


FIELDS: FieldResolvers = {(Connection, "total_count"): total_count}
