"""Entries of a view in pages: planned, read, and counted when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from hazelgate.client.reading.filters import Filter
from hazelgate.client.reading.planning import QueryPlan, helpful_fields, plan
from hazelgate.client.reading.queries import EntryPage, EntryQuery
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.reading.listings import between
from hazelgate.resolvers.reading.pages import Page, page_info
from hazelgate.schema.connections import cursor_of
from hazelgate.schema.derived.entries import EntryNode
from hazelgate.schema.derived.filtering import filter_of
from hazelgate.sourcing.model.names import constant
from hazelgate.sourcing.model.views import ViewSpec


@dataclass(frozen=True, slots=True)
class EntryList:
    """A list over a view, as its arguments ask for it."""

    view: ViewSpec
    plan: QueryPlan
    tree: Filter | None

    @classmethod
    def of(cls, view: ViewSpec, arguments: dict[str, Any], within: Filter | None = None) -> EntryList:
        """
        The list that these arguments ask for.

        Args:
            within: What all entries have to be like whatever the arguments say.

        Raises:
            GraphQLError: The filter is not one.
        """
        tree = filter_of(view, arguments.get("filter"))
        if within is not None:
            tree = within if tree is None else {"and": [within, tree]}
        sort = arguments.get("sort")
        chosen = view.sort
        if sort is not None:
            index = view.indexes[sort["field"]]
            chosen = (index.name, sort["direction"] == "DESC")
        return cls(view, plan(tree, view.indexes, chosen, _default(view)), tree)

    @property
    def order(self) -> str:
        """What a cursor of the list says of where it is from."""
        return f"{self.view.name}:{self.plan.index}"

    def page(self, arguments: dict[str, Any]) -> Page:
        """
        Which part of it the arguments ask for.

        Raises:
            GraphQLError: A size out of range, both directions at once, or a cursor of another list.
        """
        return Page.of(self.order, *(arguments.get(name) for name in ("first", "after", "last", "before")))

    def query(self, page: Page) -> EntryQuery:
        """The page and one entry more, which tells whether it goes on."""
        return EntryQuery(
            map_name=self.view.name,
            index=self.plan.index,
            ranges=between(self.plan.ranges, page, descending=self.plan.descending),
            descending=self.plan.descending != page.backward,
            limit=page.size + 1,
            filter=self.plan.rest,
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

    def too_much(self, allowed: int) -> GraphQLError:
        """Why the list is not answered: too many entries would have to be looked at."""
        return too_much(self.view, self.tree, allowed)


def too_much(view: ViewSpec, tree: Filter | None, allowed: int) -> GraphQLError:
    """The error that names the filter's fields, and the sort or the index that would help."""
    fields = helpful_fields(tree)
    sorts = {".".join(index.parts[0].path): index.name for index in view.indexes.values() if index.is_sort}
    sorted_by = next((sorts[each] for each in fields if each in sorts), None)
    if sorted_by is not None:
        help_ = f"sort by {constant(sorted_by)}"
    elif fields:
        help_ = f"declare an index that begins with {fields[0]!r}"
    else:
        help_ = "add a condition that an index can answer"
    return GraphQLError(
        f"filter: more than {allowed:,} entries would have to be looked at; {help_}, or narrow the filter",
        extensions={"code": "BAD_USER_INPUT", "field": f"filter.{fields[0]}" if fields else "filter"},
    )


@dataclass(frozen=True, slots=True)
class EdgePage:
    """What the fields of a connection read."""

    data: dict[str, Any]
    entries: EntryList


async def read_list(info: Info, entries: EntryList, arguments: dict[str, Any]) -> EdgePage:
    """
    A page of the list.

    Raises:
        GraphQLError: As `EntryList.page` says; or too many entries would have to be looked at.
    """
    page = entries.page(arguments)
    answer = await _answer(info, entries, entries.query(page))
    found, more = answer.entries[: page.size], len(answer.entries) > page.size
    if page.backward:
        found = found[::-1]
    edges: list[dict[str, Any]] = []
    for each in found:
        node = EntryNode.of(entries.view, each.entry)
        if node is not None:
            edges.append({"cursor": cursor_of(entries.order, each.index_value), "node": node})
    cursors: list[str] = [edge["cursor"] for edge in edges]
    return EdgePage({"edges": edges, "pageInfo": page_info(page, more, cursors)}, entries)


async def count_list(info: Info, entries: EntryList) -> int:
    """How many entries there are on all pages together."""
    return (await _answer(info, entries, entries.count_query())).count or 0


async def _answer(info: Info, entries: EntryList, query: EntryQuery) -> EntryPage:
    answer = await info.context.reads.query(query)
    if answer.exceeded:
        raise entries.too_much(info.context.reads.max_scanned_entries)
    return answer


def _default(view: ViewSpec) -> tuple[str, bool]:
    """The order of a view's lists where nobody says."""
    if view.sort is None:
        return view.key_index, False
    return view.sort
