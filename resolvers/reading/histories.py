"""Events in pages, as connections show them."""

from collections.abc import Sequence

from hazelgate.resolvers.reading.pages import Page, page_info
from hazelgate.schema.connections import cursor_of
from hazelgate.schema.events.records import EventConnection, EventEdge, EventRecord
from hazelgate.sourcing import envelope


def event_connection(page: Page, more: bool, order: str, records: Sequence[tuple[str, EventRecord]]) -> EventConnection:
    """Records with their sort keys as a page."""
    edges = [EventEdge(cursor=cursor_of(order, key), node=record) for key, record in records]
    return EventConnection(edges=edges, page_info=page_info(page, more, [edge.cursor for edge in edges]))


def records_page(page: Page, order: str, records: Sequence[envelope.EventRecord]) -> EventConnection:
    """The page of these records, which are in the order of storing."""
    within = [
        each
        for each in records
        if (page.after is None or each.cursor > page.after) and (page.before is None or each.cursor < page.before)
    ]
    first = max(0, len(within) - page.size) if page.backward else 0
    shown = [(each.cursor, EventRecord.of(each)) for each in within[first : first + page.size]]
    return event_connection(page, len(within) > page.size, order, shown)
