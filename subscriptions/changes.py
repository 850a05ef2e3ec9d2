"""Subscriptions to the entries of a view, whatever their key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from hazelgate.client.following.changes import EntryChange, ViewFollower
from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Gap
from hazelgate.client.following.since import changes_since
from hazelgate.client.rights.rights import Rights
from hazelgate.client.views.entries import require_key
from hazelgate.client.views.filtering import filter_of
from hazelgate.client.views.frontiers import Frontier
from hazelgate.projector.past import Lineage
from hazelgate.schema.derived.names import ViewNames
from hazelgate.schema.events.records import EventRecord as ShownRecord
from hazelgate.schema.events.streams import Discontinuity, Place
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.model.views import ViewSpec
from hazelgate.subscriptions.context import Info
from hazelgate.subscriptions.streams import discontinuity, follow, shared


class ChangeNode:
    """One change as the fields of its type read it."""

    __slots__ = ("data", "place", "type_name")

    def __init__(
        self, type_name: str, change: EntryChange, number: int | None, frontier: Frontier | None, rights: Rights
    ) -> None:
        self.type_name = type_name
        self.place = Place(change.record.cursor, number, change.key, frontier)
        self.data: dict[str, Any] = {
            "cursor": self.place.text,
            "change": change.kind,
            "key": change.key,
            "causedBy": ShownRecord.of(change.record) if rights.may_read(change.record) else None,
            "node": change.entry,
        }


class ViewChanges:
    """The subscriptions to the views of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def changed(self, view: ViewSpec) -> Callable[..., AsyncIterator[ChangeNode | Discontinuity]]:
        """The subscription to a view."""
        lineage = Lineage(self._catalog, view.name)
        key_name = view.key_name
        type_name = ViewNames(view).change

        async def subscribe(_: Any, info: Info, **arguments: Any) -> AsyncIterator[ChangeNode | Discontinuity]:
            chosen = arguments.get(key_name)
            key = None if chosen is None else require_key(chosen, key_name)
            rights = info.context.rights
            limit = rights.limit(view.name)
            visible = None if limit is None else limit.tree
            follower = ViewFollower(view, lineage, key, filter_of(view, arguments.get("filter")), visible)

            after = arguments.get("after")
            if after is not None:
                place = Frontier.parse("after", after)
                async with aclosing(changes_since(info.context.feed, follower, place)) as since:
                    async for told in since:
                        if isinstance(told, Gap):
                            yield discontinuity(told)
                        else:
                            yield ChangeNode(type_name, told.change, None, told.frontier, rights)
                return

            async def make(happening: Happening) -> list[ChangeNode]:
                changes = await follower.changes(happening)
                return [
                    ChangeNode(type_name, change, happening.number, frontier, rights)
                    for change, frontier in zip(changes, happening.frontiers(len(changes)), strict=True)
                ]

            async with aclosing(follow(info, follower.wanted, make)) as changes:
                async for change in changes:
                    yield change

        return shared(subscribe)
