"""Entries as they were, and the events that formed them, read from the store: no search, only keys that are known."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar, cast

import msgspec

from hazelgate.client.reading.histories import Aggregate, entry_as_of, read_histories
from hazelgate.projector.past import Lineage
from hazelgate.schema.connections import Page, bad_input
from hazelgate.schema.context import Info
from hazelgate.schema.entries import Entry, ViewType
from hazelgate.schema.events import EventConnection, EventRecord, event_connection
from hazelgate.sourcing import clock

V = TypeVar("V", bound=msgspec.Struct)


async def load_as_of(
    info: Info, view: ViewType[V], key: str, aggregates: Iterable[Aggregate], as_of: datetime
) -> Entry[V] | None:
    """
    The entry as it was at an instant, folded from the events of the aggregates that feed it.

    Raises:
        GraphQLError: The instant has no time zone.
    """
    try:
        until = clock.instant(as_of)
    except ValueError:
        raise bad_input("asOf", "has no time zone; end it with Z or an offset like +02:00") from None
    read = info.context.reads.load_many
    histories = await read_histories(read, aggregates)
    found = await entry_as_of(read, info.context.catalog, view.name, key, histories, until)
    return None if found is None else Entry(found[0], cast(V, found[1]))


async def read_lineage(
    info: Info, view: str, key: str, aggregates: Iterable[Aggregate], first: int | None, after: str | None
) -> EventConnection:
    """The events that formed an entry which several aggregates feed, in the order of storing."""
    order = f"history:{view}:{key}"
    page = Page.of(order, first, after)
    lineage = Lineage(info.context.catalog, view)
    records = [
        record
        for history in await read_histories(info.context.reads.load_many, aggregates)
        for record in history
        if (page.after is None or record.cursor > page.after) and lineage.forms(record, key)
    ]
    records.sort(key=lambda record: record.cursor)
    shown = [(record.cursor, EventRecord.of(record)) for record in records[: page.size]]
    return event_connection(page, len(records) > page.size, order, shown)
