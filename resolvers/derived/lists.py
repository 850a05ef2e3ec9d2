"""Entries of a view in pages, as the arguments of a field ask for them and a connection shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hazelgate.client.reading.filters import Filter
from hazelgate.client.rights.rights import Rights
from hazelgate.client.views import lists
from hazelgate.client.views.filtering import filter_of
from hazelgate.client.views.lists import EntryList
from hazelgate.client.views.pages import Window
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.reading.pages import page_info
from hazelgate.sourcing.model.views import ViewSpec


def list_of(rights: Rights, view: ViewSpec, arguments: dict[str, Any], within: Filter | None = None) -> EntryList:
    """
    The list that these arguments ask for, among the entries that the caller may see.

    Args:
        within: What all entries have to be like whatever the arguments say.

    Raises:
        InvalidArgument: The filter is not one.
    """
    tree = filter_of(view, arguments.get("filter"))
    if within is not None:
        tree = within if tree is None else {"and": [within, tree]}
    sort = arguments.get("sort")
    chosen = None if sort is None else (view.indexes[sort["field"]].name, sort["direction"] == "DESC")
    return rights.list_of(view, tree, chosen)


def window_of(order: str, arguments: dict[str, Any]) -> Window:
    """
    Which part of a list of this order the arguments ask for.

    Raises:
        InvalidArgument: A size out of range, both directions at once, or a cursor of another list.
    """
    return Window.of(order, *(arguments.get(name) for name in ("first", "after", "last", "before")))


@dataclass(frozen=True, slots=True)
class EdgePage:
    """What the fields of a connection read."""

    data: dict[str, Any]
    entries: EntryList


async def read_list(info: Info, entries: EntryList, arguments: dict[str, Any]) -> EdgePage:
    """
    A page of the list.

    Raises:
        InvalidArgument: As `window_of` says; or too many entries would have to be looked at.
    """
    window = window_of(entries.order, arguments)
    page = await lists.read_list(info.context.reads.of_list(entries), entries, window)
    edges = [{"cursor": each.cursor, "node": each.entry} for each in page.placed]
    cursors = [each.cursor for each in page.placed]
    return EdgePage({"edges": edges, "pageInfo": page_info(window, page.more, cursors)}, entries)


async def count_list(info: Info, entries: EntryList) -> int:
    """How many entries there are on all pages together."""
    return await lists.count_list(info.context.reads.of_list(entries), entries)
