"""Pages and aggregates of a dictionary, as the engine's QueryEntries and AggregateEntries would answer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from hazelgate.client.reading.filters import matches
from hazelgate.client.reading.queries import (
    AggregatePage,
    AggregateQuery,
    EntryPage,
    EntryQuery,
    Group,
    KeyRange,
    PageEntry,
    Path,
)
from hazelgate.client.reading.values import add, number, plain, read
from hazelgate.testing.memory.selections import select_entries

CURSOR = "cursor"

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
"""Numbers are as exact as they stand there."""


def query_entries(entries: Mapping[str, bytes], query: EntryQuery) -> EntryPage:
    """At most `query.limit` entries in the order of the index, and how many there are in all when that is asked for."""
    page: list[PageEntry] = []
    scanned = count = 0
    for value, raw in _in_ranges(entries, query.index, query.ranges, descending=query.descending):
        if len(page) >= query.limit and not query.count:
            break
        if query.filter is not None:
            scanned += 1
            if query.max_scanned is not None and scanned > query.max_scanned:
                return EntryPage([], None, scanned, exceeded=True)
            if not matches(query.filter, _decode(raw)):
                continue
        count += 1
        if len(page) < query.limit:
            page.append(PageEntry(value, msgspec.Raw(raw)))
    shown = EntryPage(page, count if query.count else None, len(page) if query.filter is None else scanned)
    return shown if query.selection is None else _selected(shown, query.selection)


def _selected(page: EntryPage, selection: str) -> EntryPage:
    """The page with what is selected of its entries; as it is where one is otherwise."""
    shown = [select_entries([bytes(each.entry)], selection) for each in page.entries]
    if any(each is None for each in shown):
        return page
    entries = [
        PageEntry(each.index_value, msgspec.Raw(one[1:-1]))
        for each, one in zip(page.entries, shown, strict=True)
        if one
    ]
    return replace(page, entries=entries, selected=True)


def aggregate_entries(entries: Mapping[str, bytes], query: AggregateQuery) -> AggregatePage:
    """Figures over the entries, in groups."""
    in_ranges = _in_ranges(entries, query.index, query.ranges)
    if query.filter is None and not (query.group_by or query.sums or query.extremes):
        # The index knows it, and no entry is looked at.
        return AggregatePage([Group((), len(in_ranges), (), (), ())] if in_ranges else [])
    groups: dict[bytes, tuple[tuple[Any, ...], list[Mapping[str, Any]]]] = {}
    scanned = 0
    for _, raw in in_ranges:
        scanned += 1
        if query.max_scanned is not None and scanned > query.max_scanned:
            return AggregatePage([], scanned, exceeded=True)
        entry = _decode(raw)
        if query.filter is None or matches(query.filter, entry):
            values = tuple(_at(entry, path) for path in query.group_by)
            groups.setdefault(msgspec.json.encode(values), (values, []))[1].append(entry)
            if len(groups) > query.max_groups:
                return AggregatePage([], scanned, exceeded=True)
    return AggregatePage([_group(values, members, query) for values, members in groups.values()], scanned)


def _group(values: tuple[Any, ...], members: Sequence[Mapping[str, Any]], query: AggregateQuery) -> Group:
    sums = []
    for path in query.sums:
        total = Decimal(0)
        for each in members:
            found = number(_at(each, path))
            total = total if found is None else add(total, found)
        sums.append(plain(total))
    minima: list[str | None] = []
    maxima: list[str | None] = []
    for path in query.extremes:
        order = partial(read, query.compares(path))
        present = [value for each in members if order(value := _at(each, path)) is not None]
        minima.append(str(min(present, key=order)) if present else None)
        maxima.append(str(max(present, key=order)) if present else None)
    return Group(values, len(members), tuple(sums), tuple(minima), tuple(maxima))


def _in_ranges(
    entries: Mapping[str, bytes], index: str | None, ranges: Sequence[KeyRange], *, descending: bool = False
) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for key, raw in entries.items():
        value = key if index is None else _index_value(raw, index)
        if value is not None and any(_holds(each, value) for each in ranges):
            found.append((value, raw))
    return sorted(found, key=_value, reverse=descending)


def _index_value(raw: bytes, index: str) -> str | None:
    entry = _decode(raw)
    value = entry.get(CURSOR) if index == CURSOR else entry.get("_meta", {}).get("keys", {}).get(index)
    return value if isinstance(value, str) else None


def _holds(each: KeyRange, value: str) -> bool:
    return (each.start is None or value >= each.start) and (each.end is None or value < each.end)


def _value(each: tuple[str, bytes]) -> str:
    return each[0]


def _at(entry: Mapping[str, Any], path: Path) -> Any:
    found: Any = entry
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
