"""
Filters: what an entry has to be like, as a tree of plain JSON.

    {"and": [F, …]}   {"or": [F, …]}   {"not": F}
    {"path": ["customer", "name"], "op": "startsWith", "value": "A", "as": "folded"}
    {"path": ["items"], "some" | "every" | "none": F}      F is about an item: its paths begin there, and [] is the item

The members evaluate them, and `matches` does the same in this process; tests/contract holds both to the same answers.

A comparison with a field that is null or not there is false, and its negation true: there is no third value. `ne` is
the negation of `eq`. `isNull` asks, with true or false as its value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from hazelgate.client.reading.values import As, read

Filter = Mapping[str, Any]
"""One node of a tree."""

Operator = Literal["eq", "ne", "in", "gt", "gte", "lt", "lte", "startsWith", "contains", "isNull"]

_ABSENT = object()


def condition(path: tuple[str, ...] | list[str], op: Operator, value: Any, compare_as: As = "text") -> Filter:
    """A comparison of one field, `path` in JSON's names."""
    return {"path": list(path), "op": op, "value": value, "as": compare_as}


def all_of(filters: list[Filter]) -> Filter | None:
    """All of them together; None where there is none."""
    if len(filters) <= 1:
        return filters[0] if filters else None
    return {"and": filters}


def matches(tree: Filter, entry: Any) -> bool:
    """Whether an entry, as parsed JSON, is like this."""
    if "and" in tree:
        return all(matches(each, entry) for each in tree["and"])
    if "or" in tree:
        return any(matches(each, entry) for each in tree["or"])
    if "not" in tree:
        return not matches(tree["not"], entry)
    found = _at(entry, tree["path"])
    for quantifier, judge in _QUANTIFIERS.items():
        if quantifier in tree:
            items = found if isinstance(found, list) else []
            return judge(matches(tree[quantifier], item) for item in items)
    return _compares(tree, found)


_QUANTIFIERS: Mapping[str, Callable[[Any], bool]] = {
    "some": any,
    "every": all,
    "none": lambda verdicts: not any(verdicts),
}


def _at(entry: Any, path: list[str]) -> Any:
    found = entry
    for name in path:
        found = found.get(name, _ABSENT) if isinstance(found, dict) else _ABSENT
    return found


def _compares(tree: Filter, found: Any) -> bool:
    op, value = tree["op"], tree["value"]
    is_null = found is None or found is _ABSENT
    if op == "isNull":
        return is_null is bool(value)
    if op == "ne":
        return not _compares({**tree, "op": "eq"}, found)
    compare_as = tree.get("as", "text")
    actual = None if is_null else read(compare_as, found)
    if actual is None:
        return False
    if op == "in":
        return any(actual == read(compare_as, each) for each in value)
    wanted = read(compare_as, value)
    return wanted is not None and bool(_OPERATORS[op](actual, wanted))


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda actual, wanted: actual == wanted,
    "gt": lambda actual, wanted: actual > wanted,
    "gte": lambda actual, wanted: actual >= wanted,
    "lt": lambda actual, wanted: actual < wanted,
    "lte": lambda actual, wanted: actual <= wanted,
    "startsWith": lambda actual, wanted: isinstance(actual, str) and actual.startswith(wanted),
    "contains": lambda actual, wanted: isinstance(actual, str) and wanted in actual,
}
