"""Reads of entries, gathered with whatever else a request reads just now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hazelgate.client.views.entries import Entry
from hazelgate.resolvers.context import Info
from hazelgate.sourcing.model.views import ViewSpec


async def load(info: Info, view: ViewSpec, key: str) -> Entry | None:
    """The entry of this key, together with whatever else the request reads just now."""
    return Entry.of(view, await info.context.reads.load(view.name, key))


_AT_ONCE = 100
"""Entries: about a millisecond."""


async def load_all(info: Info, view: ViewSpec, keys: Sequence[str]) -> list[Entry | None]:
    """
    The entries in the order of their keys, None where there is none.

    Between some of them others have their turn. A task for each entry would have all of them wake at once.
    """
    raws = await info.context.reads.load_several(view.name, keys)
    found: list[Entry | None] = []
    for at in range(0, len(raws), _AT_ONCE):
        if at:
            await asyncio.sleep(0)
        found += [Entry.of(view, raw) for raw in raws[at : at + _AT_ONCE]]
    return found
