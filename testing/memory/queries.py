"""A page of a dictionary, as the engine's QueryEntries would answer it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from hazelgate.client.reading.queries import Condition, EntryPage, EntryQuery, PageEntry

CURSOR = "cursor"


def query_entries(entries: Mapping[str, bytes], query: EntryQuery) -> EntryPage:
    """At most `query.limit` entries in the order of the index, and how many there are in all when that is asked for."""
    found = sorted(_matching(entries, query), key=lambda each: each[0], reverse=query.descending)
    page = [PageEntry(value, msgspec.Raw(entry)) for value, entry in found[: query.limit]]
    everything = query.from_value is None and query.to_value is None and not query.filter
    return EntryPage(page, (len(entries) if everything else len(found)) if query.count else None)


def _matching(entries: Mapping[str, bytes], query: EntryQuery) -> Iterator[tuple[str, bytes]]:
    for key, raw in entries.items():
        entry = msgspec.json.decode(raw)
        value = _index_value(key, entry, query.index)
        if value is not None and _in_bounds(value, query) and all(_holds(each, entry) for each in query.filter):
            yield value, raw


def _index_value(key: str, entry: Mapping[str, Any], index: str | None) -> str | None:
    if index is None:
        return key
    value = entry.get(CURSOR) if index == CURSOR else entry.get("_meta", {}).get("keys", {}).get(index)
    return value if isinstance(value, str) else None


def _in_bounds(value: str, query: EntryQuery) -> bool:
    lower, upper = query.from_value, query.to_value
    if lower is not None and not (value >= lower if query.from_inclusive else value > lower):
        return False
    return upper is None or (value <= upper if query.to_inclusive else value < upper)


def _holds(condition: Condition, entry: Mapping[str, Any]) -> bool:
    found: Any = entry
    for name in condition.path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if found is None:
        return False
    comparable = Decimal if condition.compare_as == "decimal" else _folded if condition.compare_as == "text" else str
    actual: Any = comparable(_scalar(found))
    wanted: list[Any] = [
        comparable(_scalar(value))
        for value in (condition.value if isinstance(condition.value, (list, tuple)) else [condition.value])
    ]
    if condition.op in ("eq", "in"):
        return actual in wanted
    if condition.op == "contains":
        return str(wanted[0]) in str(actual)
    return bool(
        {
            "ge": actual >= wanted[0],
            "le": actual <= wanted[0],
            "gt": actual > wanted[0],
            "lt": actual < wanted[0],
        }[condition.op]
    )


def _folded(text: str) -> str:
    return text.lower()


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
