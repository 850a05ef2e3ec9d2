"""Events that formed an entry, read by keys that are known: nothing searches the log."""

from collections.abc import Iterable, Sequence

from hazelgate.client.reading import histories
from hazelgate.client.reading.histories import Aggregate
from hazelgate.projector.past import Lineage
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.reading.pages import Page, page_info
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.connections import cursor_of
from hazelgate.schema.events.records import EventConnection, EventEdge, EventRecord


def event_connection(page: Page, more: bool, order: str, records: Sequence[tuple[str, EventRecord]]) -> EventConnection:
    """Records with their sort keys as a page."""
    edges = [EventEdge(cursor=cursor_of(order, key), node=record) for key, record in records]
    return EventConnection(edges=edges, page_info=page_info(page, more, [edge.cursor for edge in edges]))


async def read_history(
    info: Info, aggregate_type: str, aggregate_id: str, first: int | None, after: str | None
) -> EventConnection:
    """An aggregate's events, oldest first."""
    order = f"history:{aggregate_type}:{aggregate_id}"
    page = Page.of(order, first, after)
    if page.after is not None and not (page.after.isascii() and page.after.isdigit() and len(page.after) < 16):
        raise bad_input("after", "not a cursor of this history: take it from an edge of it")
    start = int(page.after) + 1 if page.after else 1
    # One more than the page has tells whether it goes on.
    records = await histories.read_history(
        info.context.reads.load_many, (aggregate_type, aggregate_id), start, page.size + 1
    )
    shown = [(str(record.sequence), EventRecord.of(record)) for record in records[: page.size]]
    return event_connection(page, len(records) > page.size, order, shown)


async def read_lineage(
    info: Info, view: str, key: str, aggregates: Iterable[Aggregate], first: int | None, after: str | None
) -> EventConnection:
    """The events that formed an entry which several aggregates feed, in the order of storing."""
    order = f"history:{view}:{key}"
    page = Page.of(order, first, after)
    lineage = Lineage(info.context.catalog, view)
    records = [
        record
        for history in await histories.read_histories(info.context.reads.load_many, aggregates)
        for record in history
        if (page.after is None or record.cursor > page.after) and lineage.forms(record, key)
    ]
    records.sort(key=lambda record: record.cursor)
    shown = [(record.cursor, EventRecord.of(record)) for record in records[: page.size]]
    return event_connection(page, len(records) > page.size, order, shown)
