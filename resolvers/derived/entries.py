"""Reads of entries, gathered with whatever else a request reads just now."""

from __future__ import annotations

from hazelgate.resolvers.context import Info
from hazelgate.schema.derived.entries import EntryNode
from hazelgate.sourcing.model.views import ViewSpec


async def load(info: Info, view: ViewSpec, key: str) -> EntryNode | None:
    """The entry of this key, together with whatever else the request reads just now."""
    return EntryNode.of(view, await info.context.reads.load(view.name, key))
