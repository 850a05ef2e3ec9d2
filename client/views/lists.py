"""Entries of a view in pages: planned, read, and counted when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass

from hazelgate.client.reading.filters import Filter
from hazelgate.client.reading.planning import QueryPlan, helpful_fields, plan
from hazelgate.client.reading.queries import EntryPage, EntryQuery, PageEntry
from hazelgate.client.views.cursors import cursor_of
from hazelgate.client.views.entries import Entry
from hazelgate.client.views.names import API, Names
from hazelgate.client.views.pages import Window, between
from hazelgate.client.views.reads import Reads
from hazelgate.sourcing.errors import InvalidArgument
from hazelgate.sourcing.ids import tenant_digest
from hazelgate.sourcing.model.views import ViewSpec


@dataclass(frozen=True, slots=True)
class EntryList:
    """
    A list over a view.

    Args:
        tree: What all entries are like.
        names: In which errors name fields and sorts.
        permitted_by: The rights that have narrowed it; None: nobody's.
        tenant: Whose entries they are; empty where there are no tenants.
    """

    view: ViewSpec
    plan: QueryPlan
    tree: Filter | None
    names: Names = API
    permitted_by: object = None
    tenant: str = ""

    @classmethod
    def of(
        cls,
        view: ViewSpec,
        tree: Filter | None,
        sort: tuple[str, bool] | None = None,
        names: Names = API,
        permitted_by: object = None,
    ) -> EntryList:
        """
        The list of what passes a filter.

        Args:
            sort: The name of the index that gives the order, and whether it descends; None: the view's own order.
        """
        return cls(view, plan(tree, view.indexes, sort or view.sort, _default(view)), tree, names, permitted_by)

    @property
    def order(self) -> str:
        """What a cursor of the list says of where it is from."""
        order = f"{self.view.name}:{self.plan.index}"
        return f"{order}:{tenant_digest(self.tenant)}" if self.tenant else order

    def query(self, window: Window, selection: str | None = None) -> EntryQuery:
        """The window and one entry more, which tells whether the list goes on; of each what is selected, or all."""
        return EntryQuery(
            map_name=self.view.name,
            index=self.plan.index,
            ranges=between(self.plan.ranges, window, descending=self.plan.descending),
            descending=self.plan.descending != window.backward,
            limit=window.size + 1,
            filter=self.plan.rest,
            selection=selection,
        )

    def count_query(self) -> EntryQuery:
        """How many entries there are on all pages together."""
        return EntryQuery(
            map_name=self.view.name,
            index=self.plan.index,
            ranges=self.plan.ranges,
            limit=0,
            count=True,
            filter=self.plan.rest,
        )


def too_much(view: ViewSpec, tree: Filter | None, allowed: int, names: Names = API) -> InvalidArgument:
    """The error that names the filter's fields, and the sort or the index that would help."""
    fields = helpful_fields(tree)
    sorts = {".".join(index.parts[0].path): index for index in view.indexes.values() if index.is_sort}
    sorted_by = next((sorts[each] for each in fields if each in sorts), None)
    shown = [names.path(view, each.split(".")) for each in fields]
    if sorted_by is not None:
        help_ = f"sort by {names.sort(view, sorted_by)}"
    elif fields:
        help_ = f"declare an index that begins with {shown[0]!r}"
    else:
        help_ = "add a condition that an index can answer"
    return InvalidArgument(
        f"filter: more than {allowed:,} entries would have to be looked at; {help_}, or narrow the filter",
        field=f"filter.{shown[0]}" if shown else "filter",
    )


@dataclass(frozen=True, slots=True)
class PlacedEntry:
    """An entry, and the cursor of its place in the list."""

    cursor: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class ListPage:
    """What a window of a list shows. `more`: whether the list goes on in the direction in which it was read."""

    placed: list[PlacedEntry]
    more: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """
    What stands in a window of a list, in its order.

    Args:
        more: Whether the list goes on in the direction in which it was read.
        selected: Whether entries are what was selected of them, as `EntryPage` has it.
    """

    entries: list[PageEntry]
    more: bool
    selected: bool


async def read_page(reads: Reads, entries: EntryList, window: Window, selection: str | None = None) -> Shown:
    """
    What stands in a window of the list.

    Args:
        selection: What is wanted of each entry, where members may select it; None: all of it.

    Raises:
        InvalidArgument: Too many entries would have to be looked at.
    """
    answer = await _answer(reads, entries, entries.query(window, selection))
    found, more = answer.entries[: window.size], len(answer.entries) > window.size
    return Shown(found[::-1] if window.backward else found, more, answer.selected)


async def read_list(reads: Reads, entries: EntryList, window: Window) -> ListPage:
    """
    A window of the list.

    Raises:
        InvalidArgument: Too many entries would have to be looked at.
    """
    shown = await read_page(reads, entries, window)
    # An entry that is not there for readers leaves its place on the page empty.
    made = [(each.index_value, Entry.of(entries.view, each.entry)) for each in shown.entries]
    placed = [PlacedEntry(cursor_of(entries.order, value), entry) for value, entry in made if entry is not None]
    return ListPage(placed, shown.more)


async def count_list(reads: Reads, entries: EntryList) -> int:
    """
    How many entries there are on all pages together.

    Raises:
        InvalidArgument: Too many entries would have to be looked at.
    """
    return (await _answer(reads, entries, entries.count_query())).count or 0


async def _answer(reads: Reads, entries: EntryList, query: EntryQuery) -> EntryPage:
    answer = await reads.query(query)
    if answer.exceeded:
        raise too_much(entries.view, entries.tree, reads.max_scanned_entries, entries.names)
    return answer


def _default(view: ViewSpec) -> tuple[str, bool]:
    """The order of a view's lists where nobody says."""
    if view.sort is None:
        return view.key_index, False
    return view.sort
