"""The events that formed an entry, and the entry as it was at an instant, as fields show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hazelgate.client.views import past
from hazelgate.client.views.entries import Entry
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.derived.lists import window_of
from hazelgate.resolvers.reading.histories import records_page
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.events.records import EventConnection
from hazelgate.sourcing import clock
from hazelgate.sourcing.model.views import ViewSpec


async def history(info: Info, view: ViewSpec, key: str, arguments: dict[str, Any]) -> EventConnection:
    """
    The events that formed an entry, oldest first, in pages: those that the caller may see.

    Raises:
        InvalidArgument: A page that is none, or the log is too long to be searched.
    """
    order = past.history_order(view, key)
    window = window_of(order, arguments)
    reads, catalog = info.context.reads, info.context.catalog
    records = await reads.history(view.name, key, lambda: past.history(reads.whole, catalog, view, key))
    may_read = info.context.rights.may_read
    return records_page(window, order, [each for each in records if may_read(each)])


async def as_it_was(info: Info, view: ViewSpec, key: str, as_of: datetime) -> Entry | None:
    """
    The entry as it was at an instant; None where there was none, or where the caller may not see it.

    A caller that sees some rows sees what is among them now and was then.

    Raises:
        GraphQLError: The instant has no time zone.
        InvalidArgument: The log is too long to be searched.
    """
    try:
        until = clock.instant(as_of)
    except ValueError:
        raise bad_input("asOf", "has no time zone; end it with Z or an offset like +02:00") from None
    limit = info.context.rights.limit(view.name)
    whole = info.context.reads.whole
    if limit is not None:
        [now] = await whole.load_many(view.name, [key])
        if now is not None and not view.decode_meta(now).absent and not limit.allows(now):
            return None
    found = await past.as_it_was(whole, info.context.catalog, view, key, until)
    return None if found is None or (limit is not None and not limit.allows(bytes(found.raw))) else found
