"""Connections: a page of a list, its window and its count; and the links that lead to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
import orjson

from hazelgate.client.reading.filters import Filter, condition
from hazelgate.client.reading.queries import PageEntry
from hazelgate.client.views.cursors import cursor_of
from hazelgate.client.views.lists import Shown, count_list, read_page
from hazelgate.client.views.pages import Window
from hazelgate.resolvers.derived.lists import list_of, window_of
from hazelgate.resolvers.derived.past import history
from hazelgate.resolvers.plans import members
from hazelgate.resolvers.plans.members import selection_text
from hazelgate.resolvers.plans.projecting import Follower, KeyFollower, Projection, encode, together
from hazelgate.resolvers.plans.results import ResultWriting, built
from hazelgate.resolvers.plans.running import Run
from hazelgate.resolvers.plans.selections import (
    Constant,
    CountPart,
    CursorPart,
    EdgesPart,
    HistoryLink,
    IndexLink,
    KeyLink,
    Link,
    NodePart,
    PageInfoPart,
    PagePart,
    PagesSelection,
    ScalarShape,
    Selection,
    StoredField,
)
from hazelgate.resolvers.plans.writing import Holder
from hazelgate.resolvers.reading.pages import page_info
from hazelgate.schema.nodes import PageInfo
from hazelgate.sourcing.model.views import ViewSpec

_ABSENT = msgspec.Raw(b"null")


class Pages:
    """
    What a selection makes of a list of a view.

    Args:
        alone: Whether no other field of the operation reads anything: then members may select.

    Raises:
        Unplannable: It can't be made.
    """

    def __init__(self, view: ViewSpec, selection: PagesSelection, *, alone: bool = False) -> None:
        self.view = view
        self._parts = selection.parts
        nodes = [
            node
            for part in selection.parts
            if isinstance(part, EdgesPart)
            for node in part.fields
            if isinstance(node, NodePart)
        ]
        self._nodes = {id(node): projection_of(view, node.selection) for node in nodes}
        self._selected: str | None = None
        """What members select of each entry."""
        if alone and len(nodes) == 1 and self._nodes[id(nodes[0])].is_copy:
            self._selected = selection_text(nodes[0].selection)
        self._presence = next(iter(self._nodes.values()), None) or projection_of(view, _key_of(view))
        self._counts = any(isinstance(part, CountPart) for part in selection.parts)

    async def value(self, arguments: Mapping[str, Any], run: Run, within: Filter | None = None) -> dict[str, Any]:
        """
        The page that these arguments ask for.

        Args:
            within: As `list_of` has it.

        Raises:
            HazelgateError: As `read_page` and `window_of` say.
            Deviation: As `Projection.made` says.
        """
        given = dict(arguments)
        entries = list_of(run.context.rights, self.view, given, within)
        window = window_of(entries.order, given)
        reads = run.reads.of_list(entries)
        selection = self._selected if window.size >= members.FEWEST_ENTRIES else None
        reading: list[Any] = [read_page(reads, entries, window, selection)]
        if self._counts:
            reading.append(count_list(reads, entries))
        shown, *counts = await together(reading)
        placed, made, links = self._made(shown)
        await together([self._nodes[node].follow(held, run) for node, held in links.items() if held])
        page = _Page(entries.order, placed, made)
        return {each.name: self._part(each, page, page.info(window, shown.more), counts) for each in self._parts}

    def _made(self, shown: Shown) -> tuple[Sequence[PageEntry], dict[int, list[Any]], dict[int, list[Holder]]]:
        """What of the page is there for readers, and the values and links of each `node`."""
        found = shown.entries
        if shown.selected:
            found = [each for each in found if each.entry != _ABSENT]
            return found, {node: [each.entry for each in found] for node in self._nodes}, {}
        raws = [bytes(each.entry) for each in found]
        links: dict[int, list[Holder]] = {node: [] for node in self._nodes}
        made = {node: projection.made(raws, links[node]) for node, projection in self._nodes.items()}
        seen = next(iter(made.values())) if made else self._presence.made(raws, [])
        if None in seen:  # an entry that is not there for readers leaves its place on the page empty
            there = [place for place, each in enumerate(seen) if each is not None]
            found = [found[place] for place in there]
            made = {node: [values[place] for place in there] for node, values in made.items()}
        return found, made, links

    def _part(self, part: PagePart, page: _Page, info: PageInfo, counts: list[int]) -> Any:
        match part:
            case Constant():
                return part.value
            case CountPart():
                return counts[0]
            case PageInfoPart():
                return {
                    each.name: each.value if isinstance(each, Constant) else getattr(info, each.attribute)
                    for each in part.fields
                }
            case EdgesPart():
                return self._edges(part, page)

    def _edges(self, part: EdgesPart, page: _Page) -> Any:
        copies = [self._nodes[id(each)].is_copy for each in part.fields if isinstance(each, NodePart)]
        at_once = bool(copies) and all(copies)
        columns: list[Sequence[Any]] = []
        for each in part.fields:
            match each:
                case Constant():
                    columns.append([each.value] * len(page.placed))
                case CursorPart():
                    columns.append(page.cursors)
                case NodePart():
                    values = page.made[id(each)]
                    apart = self._nodes[id(each)].is_copy and not at_once
                    columns.append([orjson.Fragment(encode(value)) for value in values] if apart else values)
        if not columns:
            return [{} for _ in page.placed]
        rows = _rows([each.name for each in part.fields], columns)
        return orjson.Fragment(encode(rows)) if at_once else rows


class _Page:
    """The entries of one page, and their cursors as far as somebody asks."""

    def __init__(self, order: str, placed: Sequence[PageEntry], made: dict[int, list[Any]]) -> None:
        self._order = order
        self.placed = placed
        self.made = made

    @cached_property
    def cursors(self) -> list[str]:
        return [cursor_of(self._order, each.index_value) for each in self.placed]

    def info(self, window: Window, more: bool) -> PageInfo:
        ends = [self.placed[0], self.placed[-1]] if self.placed else []
        return page_info(window, more, [cursor_of(self._order, each.index_value) for each in ends])


def _rows(names: list[str], columns: list[Sequence[Any]]) -> list[dict[str, Any]]:
    if len(names) == 1:
        [name], [values] = names, columns
        return [{name: each} for each in values]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _key_of(view: ViewSpec) -> Selection:
    return Selection(view.type_name, (StoredField(view.key_name, view.key_name, ScalarShape("ID")),))


# ---------------------------------------------------------------- links


def projection_of(view: ViewSpec | None, selection: Selection) -> Projection:
    """
    What a selection makes of entries of a view, or of other JSON; links included.

    Raises:
        Unplannable: It can't be made.
    """
    return Projection(view, selection, _follower)


def _follower(link: Link) -> Follower:
    if isinstance(link, KeyLink):
        return KeyFollower(link, projection_of(link.target, link.selection))
    if isinstance(link, HistoryLink):
        return HistoryFollower(link)
    return IndexFollower(link)


class HistoryFollower:
    """Follows an entry to the events that formed it."""

    def __init__(self, link: HistoryLink) -> None:
        self._link = link
        self._build = ResultWriting().function(link.selection)

    async def values(self, keys: Sequence[Sequence[str]], run: Run) -> list[Any]:
        arguments = self._link.arguments.read(run.variables, run.whole)
        return await together([self._page(key, arguments, run) for [key] in keys])

    async def _page(self, key: str, arguments: Mapping[str, Any], run: Run) -> dict[str, Any]:
        return built(self._build, await history(run.info, self._link.view, key, dict(arguments)), run)


class IndexFollower:
    """Follows a link by an index: each entry that it leads from has a list of its own."""

    def __init__(self, link: IndexLink) -> None:
        self._link = link
        self._pages = Pages(link.target, link.pages)

    async def values(self, keys: Sequence[Sequence[str]], run: Run) -> list[Any]:
        arguments = self._link.arguments.read(run.variables, run.whole)
        return await together(
            [self._pages.value(arguments, run, condition(self._link.path, "eq", key)) for [key] in keys]
        )
