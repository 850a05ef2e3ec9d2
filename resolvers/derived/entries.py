"""Reads of entries, gathered with whatever else a request reads just now."""

from __future__ import annotations

from hazelgate.client.views.entries import Entry
from hazelgate.resolvers.context import Info
from hazelgate.sourcing.model.views import ViewSpec


async def load(info: Info, view: ViewSpec, key: str) -> Entry | None:
    """The entry of this key, together with whatever else the request reads just now."""
    return Entry.of(view, await info.context.reads.load(view.name, key))
