"""
Subscriptions to the entries of a view, whatever their key.

An event tells which entries it has changed: by the keys that the view's folds find in it. The entry is read once for
all subscribers of a process, and each sees it through its own filter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from hazelgate.client.reading.filters import Filter, matches
from hazelgate.projector.past import Lineage
from hazelgate.schema.derived.changes import ChangeKind
from hazelgate.schema.derived.entries import EntryNode, require_key
from hazelgate.schema.derived.filtering import filter_of
from hazelgate.schema.derived.names import ViewNames
from hazelgate.schema.events.records import EventRecord as ShownRecord
from hazelgate.schema.events.streams import Discontinuity, log_cursor
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import EventRecord
from hazelgate.sourcing.errors import NotAvailableYet, PipelineUnavailable
from hazelgate.sourcing.model.views import ViewSpec
from hazelgate.subscriptions.context import Info
from hazelgate.subscriptions.feed import Happening
from hazelgate.subscriptions.inbox import Gap
from hazelgate.subscriptions.streams import refuse_after

REMEMBERED_KEYS = 10_000
"""Of entries that a subscriber was shown, or was told have left."""


class ChangeNode:
    """One change as the fields of its type read it."""

    __slots__ = ("data", "type_name")

    def __init__(self, type_name: str, data: dict[str, Any]) -> None:
        self.type_name = type_name
        self.data = data


class ViewChanges:
    """The subscriptions to the views of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def changed(self, view: ViewSpec) -> Callable[..., AsyncIterator[ChangeNode | Discontinuity]]:
        """The subscription to a view."""
        lineage = Lineage(self._catalog, view.name)
        event_types = frozenset(name for name, _ in lineage.paths())
        key_name = view.key_name

        async def subscribe(_: Any, info: Info, **arguments: Any) -> AsyncIterator[ChangeNode | Discontinuity]:
            refuse_after(arguments.get("after"))
            chosen = arguments.get(key_name)
            seen = _Seen(
                view,
                lineage,
                None if chosen is None else require_key(view, chosen, key_name),
                filter_of(view, arguments.get("filter")),
            )

            def wanted(record: EventRecord) -> bool:
                return record.event_type in event_types

            async with aclosing(info.context.feed.subscribe(wanted)) as happenings:
                async for happening in happenings:
                    if isinstance(happening, Gap):
                        yield Discontinuity(cursor=log_cursor(happening.cursor), reason=happening.reason)
                        continue
                    try:
                        changes = await seen.changes(happening)
                    except PipelineUnavailable as error:
                        yield Discontinuity(cursor=log_cursor(happening.record.cursor), reason=error.message)
                        continue
                    for change in changes:
                        yield change

        return subscribe


class _Seen:
    """What one subscriber has seen of a view."""

    def __init__(self, view: ViewSpec, lineage: Lineage, key: str | None, tree: Filter | None) -> None:
        self._view = view
        self._lineage = lineage
        self._key = key
        self._filter = tree
        self._type_name = ViewNames(view).change
        self._shown: dict[str, bool] = {}
        """By key, whether the subscriber was shown the entry last, or told that it has left."""

    async def changes(self, happening: Happening) -> list[ChangeNode]:
        """What the subscriber is told of an event."""
        found = []
        for key in happening.keys(self._view.name, self._lineage):
            if self._key in (None, key):
                change = await self._change(happening, key)
                if change is not None:
                    found.append(change)
        return found

    async def _change(self, happening: Happening, key: str) -> ChangeNode | None:
        record = happening.record
        found = await happening.parsed(self._view.name, key)
        if found is None or not _has(found[1], record):
            return None  # the event, or one before it, waits in the dead-letter queue
        raw, data = found
        if data["_meta"].get("absent"):
            self._shown.pop(key, None)
            return self._node(record, key, ChangeKind.REMOVED, None)
        if self._filter is None or matches(self._filter, data):
            self._remember(key, True)
            return self._node(record, key, ChangeKind.CHANGED, EntryNode(self._view, raw, data))
        # One that was never shown may have matched before the subscription began, unless this event has made it.
        was_shown = self._shown.get(key, data["_meta"]["version"] > 1)
        self._remember(key, False)
        return self._node(record, key, ChangeKind.LEFT, None) if was_shown else None

    def _remember(self, key: str, shown: bool) -> None:
        if key not in self._shown and len(self._shown) >= REMEMBERED_KEYS:
            del self._shown[next(iter(self._shown))]
        self._shown[key] = shown

    def _node(self, record: EventRecord, key: str, kind: ChangeKind, node: EntryNode | None) -> ChangeNode:
        return ChangeNode(
            self._type_name,
            {
                "cursor": log_cursor(record.cursor),
                "change": kind,
                "key": key,
                "causedBy": ShownRecord.of(record),
                "node": node,
            },
        )


def _has(data: dict[str, Any], record: EventRecord) -> bool:
    """Whether the event was applied to the entry."""
    applied = data["_meta"].get("applied", {}).get(str(record.lane), 0)
    return bool(applied >= record.position)


async def refuse_live(_: Any, _info: Info, **_arguments: Any) -> AsyncIterator[Any]:
    """
    The subscription to a query.

    Raises:
        NotAvailableYet: It comes with a later release.
    """
    raise NotAvailableYet("live comes with a later release; subscribe to the views that the query shows")
    yield  # type: ignore[unreachable]  # makes it a stream
