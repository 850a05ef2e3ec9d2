"""Pages and aggregates of a dictionary, as the engine's QueryEntries and AggregateEntries would answer them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

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

CURSOR = "cursor"


def query_entries(entries: Mapping[str, bytes], query: EntryQuery) -> EntryPage:
    """At most `query.limit` entries in the order of the index, and how many there are in all when that is asked for."""
    in_ranges = sorted(_in_ranges(entries, query.index, query.ranges), key=_value, reverse=query.descending)
    page: list[PageEntry] = []
    scanned = count = 0
    for value, raw in in_ranges:
        if len(page) >= query.limit and not query.count:
            break
        if query.filter is not None:
            scanned += 1
            if query.max_scanned is not None and scanned > query.max_scanned:
                return EntryPage([], None, scanned, exceeded=True)
            if not matches(query.filter, msgspec.json.decode(raw)):
                continue
        count += 1
        if len(page) < query.limit:
            page.append(PageEntry(value, msgspec.Raw(raw)))
    return EntryPage(page, count if query.count else None, scanned or len(page))


def aggregate_entries(entries: Mapping[str, bytes], query: AggregateQuery) -> AggregatePage:
    """Figures over the entries, in groups."""
    groups: dict[str, tuple[tuple[Any, ...], list[Mapping[str, Any]]]] = {}
    scanned = 0
    for _, raw in _in_ranges(entries, query.index, query.ranges):
        scanned += 1
        if query.max_scanned is not None and scanned > query.max_scanned:
            return AggregatePage([], scanned, exceeded=True)
        entry = msgspec.json.decode(raw)
        if query.filter is None or matches(query.filter, entry):
            values = tuple(_at(entry, path) for path in query.group_by)
            groups.setdefault(repr(values), (values, []))[1].append(entry)
    if len(groups) > query.max_groups:
        return AggregatePage([], scanned, exceeded=True)
    return AggregatePage([_group(values, members, query) for values, members in groups.values()], scanned)


def _group(values: tuple[Any, ...], members: Sequence[Mapping[str, Any]], query: AggregateQuery) -> Group:
    sums = []
    for path in query.sums:
        numbers = [Decimal(str(found)) for each in members if (found := _at(each, path)) is not None]
        sums.append(format(sum(numbers, Decimal(0)), "f"))
    minima: list[str | None] = []
    maxima: list[str | None] = []
    for path in query.extremes:
        found = [_text(value) for each in members if (value := _at(each, path)) is not None]
        order = Decimal if path in query.numbers else str
        minima.append(min(found, key=order) if found else None)
        maxima.append(max(found, key=order) if found else None)
    return Group(values, len(members), tuple(sums), tuple(minima), tuple(maxima))


def _in_ranges(
    entries: Mapping[str, bytes], index: str | None, ranges: Sequence[KeyRange]
) -> Iterator[tuple[str, bytes]]:
    for key, raw in entries.items():
        value = key if index is None else _index_value(msgspec.json.decode(raw), index)
        if value is not None and any(_holds(each, value) for each in ranges):
            yield value, raw


def _index_value(entry: Mapping[str, Any], index: str) -> str | None:
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


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
