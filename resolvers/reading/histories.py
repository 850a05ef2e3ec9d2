"""Events in pages, as connections show them."""

from collections.abc import Sequence

from hazelgate.client.views.cursors import cursor_of
from hazelgate.client.views.pages import Window
from hazelgate.client.views.past import within
from hazelgate.resolvers.reading.pages import page_info
from hazelgate.schema.events.records import EventConnection, EventEdge, EventRecord
from hazelgate.sourcing import envelope


def event_connection(
    window: Window, more: bool, order: str, records: Sequence[tuple[str, EventRecord]]
) -> EventConnection:
    """Records with their sort keys as a page."""
    return events_page(window, more, [(cursor_of(order, key), record) for key, record in records])


def events_page(window: Window, more: bool, records: Sequence[tuple[str, EventRecord]]) -> EventConnection:
    """Records with their cursors as a page."""
    edges = [EventEdge(cursor=cursor, node=record) for cursor, record in records]
    return EventConnection(edges=edges, page_info=page_info(window, more, [edge.cursor for edge in edges]))


def records_page(window: Window, order: str, records: Sequence[envelope.EventRecord]) -> EventConnection:
    """The window of these records, which are in the order of storing."""
    found, more = within(window, records)
    return event_connection(window, more, order, [(each.cursor, EventRecord.of(each)) for each in found])
