"""Entries of views: as they are, and as they were, folded again from the events that fed them."""

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from hazelgate.client.reading.histories import Aggregate, entry_as_of, read_histories
from hazelgate.resolvers.context import Info
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.entries import Entry, V, ViewType
from hazelgate.sourcing import clock


async def load_entry(info: Info, view: ViewType[V], key: str) -> Entry[V] | None:
    """The entry of this key, together with whatever else the request reads just now."""
    return view.decode(await info.context.reads.load(view.name, key))


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
