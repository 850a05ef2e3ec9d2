"""
Which index answers a filter, and what is left for the members to look at entry by entry.

A plan walks ranges of one index. Every entry that the filter lets through and the index knows lies in a range, and what
the ranges don't say, `rest` says. So a filter that an index answers whole looks at little more than what it returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hazelgate.client.reading.filters import Filter, all_of, condition
from hazelgate.client.reading.queries import KeyRange
from hazelgate.client.reading.values import As, read
from hazelgate.sourcing.model.indexes import IndexPart, IndexSpec
from hazelgate.sourcing.sort_keys import PRESENT, Kind, after

MOST_RANGES = 100
"""A filter that needs more ranges than this is answered another way."""


@dataclass(frozen=True)
class QueryPlan:
    """
    How a list is read.

    Args:
        index: The index that is walked.
        ranges: Where it is walked, in ascending order, none overlapping another.
        descending: Whether it is walked backwards.
        rest: What the members look at for each entry in the ranges.
    """

    index: str
    ranges: tuple[KeyRange, ...]
    descending: bool
    rest: Filter | None


def plan(
    tree: Filter | None, indexes: Mapping[str, IndexSpec], sort: tuple[str, bool] | None, default: tuple[str, bool]
) -> QueryPlan:
    """
    The plan for a filter and an order.

    Args:
        tree: The filter, if there is one.
        sort: The index that gives the order and whether it descends; None: nobody asked for one.
        default: The order then, unless an index helps in other orders alone.

    An index gives the order that was asked for where it is that order's own, or where it has the field of that order
    behind fields that the filter sets to one value each. How entries of the same place follow one another, no plan says
    beforehand: it stays as it is for as long as the plan is the same.
    """
    conditions = list(_conjuncts(tree))
    for index in indexes.values():
        if index.parts[0].is_key and any(each["op"] == "eq" for each in conditions if _sets(each, index.parts[0])):
            return _best(conditions, {index.name: index}, None, False)[1]  # one entry is in any order
    name, descending = sort or default
    in_order, made = _best(conditions, indexes, indexes[name].parts[0], descending)
    if sort is None and in_order == _NOTHING:
        in_any_order, other = _best(conditions, indexes, None, False)
        if in_any_order > _NOTHING:
            return other
    return made


Score = tuple[int, int]
"""How many fields an index sets to values, and whether it bounds one more."""

_NOTHING: Score = (0, 0)


def _best(
    conditions: Sequence[Filter], indexes: Mapping[str, IndexSpec], wanted: IndexPart | None, descending: bool
) -> tuple[Score, QueryPlan]:
    found: list[tuple[Score, QueryPlan]] = []
    for index in indexes.values():
        use = _on(index, conditions, wanted)
        if use is not None:
            rest = all_of([each for each in conditions if not any(each is one for one in use.answered)])
            backwards = descending != use.descending
            found.append((use.score, QueryPlan(index.name, use.ranges, backwards, rest)))
    return max(found, key=lambda each: each[0])


def helpful_fields(tree: Filter | None) -> list[str]:
    """The fields of a filter by which an index would answer a part of it, dotted, in their order."""
    return list(
        dict.fromkeys(
            ".".join(each["path"])
            for each in _conjuncts(tree)
            if each.get("op") in ("eq", "in", "gt", "gte", "lt", "lte", "startsWith") and each.get("as") != "folded"
        )
    )


def _conjuncts(tree: Filter | None) -> Iterator[Filter]:
    if tree is None:
        return
    if "and" in tree:
        for each in tree["and"]:
            yield from _conjuncts(each)
    else:
        yield _one_of(tree) if "or" in tree else tree


def _one_of(tree: Filter) -> Filter:
    """Alternatives of one field as the one comparison that they are; any others as they stand."""
    alternatives: Sequence[Filter] = tree["or"]
    fields = {(tuple(each.get("path", ())), each.get("as", "text")) for each in alternatives}
    if len(fields) != 1 or any(each.get("op") not in ("eq", "in") for each in alternatives):
        return tree
    path, compare_as = fields.pop()
    values = [value for each in alternatives for value in (each["value"] if each["op"] == "in" else [each["value"]])]
    return condition(path, "in", values, compare_as)


@dataclass(frozen=True)
class _Use:
    """
    What an index does for a filter.

    Args:
        descending: Whether it has the order that is wanted backwards.
        answered: The conditions that its ranges answer.
    """

    score: Score
    ranges: tuple[KeyRange, ...]
    descending: bool
    answered: list[Filter]


def _on(index: IndexSpec, conditions: Sequence[Filter], wanted: IndexPart | None) -> _Use | None:
    """How well an index does; None where its order is another than that which is wanted."""
    prefixes, used, fixed = [""], list[Filter](), 0
    for part in index.parts:
        if wanted is not None and part.path == wanted.path:
            break
        equal = next((each for each in conditions if _sets(each, part)), None)
        if equal is None:
            break
        components = sorted(set(_components(equal, part)))
        if len(prefixes) * len(components) > MOST_RANGES or (wanted is not None and len(components) > 1):
            break
        prefixes = [prefix + each for prefix in prefixes for each in components]
        used.append(equal)
        fixed += 1
    following = index.parts[fixed] if fixed < len(index.parts) else None
    if wanted is not None and not _gives(following, wanted):
        return None
    backwards = wanted is not None and following is not None and following.descending
    bounds = [each for each in conditions if following is not None and _bounds(each, following)]
    if following is not None and bounds:
        ranges = tuple(_range(prefix, following, bounds) for prefix in prefixes)
        return _Use((fixed, 1), tuple(each for each in ranges if _may_hold(each)), backwards, used + bounds)
    last = index.parts[fixed - 1] if fixed else None
    whole = tuple(KeyRange(prefix or None, last.behind(prefix) if last else None) for prefix in prefixes)
    return _Use((fixed, 0), whole, backwards, used)


def _gives(following: IndexPart | None, wanted: IndexPart) -> bool:
    """Whether an index goes on with the order that is wanted: behind its last field it goes on with the key."""
    return wanted.is_key if following is None else following.path == wanted.path


def _sets(each: Filter, part: IndexPart) -> bool:
    """Whether a condition leaves an entry but some values of the field."""
    if tuple(each.get("path", ())) != part.path:
        return False
    if each.get("op") == "isNull":
        return bool(each["value"]) and part.optional
    return each.get("op") in ("eq", "in") and _is_about(each, part)


def _components(each: Filter, part: IndexPart) -> Iterator[str]:
    """The components of the values that the condition leaves; a value that is none of the field's leaves nothing."""
    if each["op"] == "isNull":
        yield part.component(None)
        return
    for value in each["value"] if each["op"] == "in" else [each["value"]]:
        actual = _read(part, value)
        if actual is not None:
            yield part.component(actual)


def _bounds(each: Filter, part: IndexPart) -> bool:
    op = each.get("op")
    if part.descending or not _is_about(each, part) or op not in ("eq", "gt", "gte", "lt", "lte", "startsWith"):
        return False
    if _read(part, each["value"]) is None:
        return False
    return op != "startsWith" or part.kind is Kind.TEXT


def _is_about(each: Filter, part: IndexPart) -> bool:
    return tuple(each.get("path", ())) == part.path and each.get("as", "text") in _COMPARED_AS[part.kind]


def _read(part: IndexPart, value: object) -> object:
    return read(_COMPARED_AS[part.kind][0], value)


_COMPARED_AS: Mapping[Kind, tuple[As, ...]] = {
    Kind.TEXT: ("text",),
    Kind.NUMBER: ("number",),
    Kind.INSTANT: ("instant", "text"),
    Kind.DATE: ("text",),
    Kind.BOOLEAN: ("boolean",),
}


def _range(prefix: str, part: IndexPart, bounds: Sequence[Filter]) -> KeyRange:
    start: str | None = prefix or None
    end = after(prefix) if prefix else None
    if part.optional:
        # Null sorts first, and is in no range of values.
        start = prefix + PRESENT
    for each in bounds:
        op = each["op"]
        value = _read(part, each["value"])
        if op == "startsWith":
            begin = prefix + (str(value) if part.is_key else part.component(value)[:-1])
            start, end = _higher(start, begin), _lower(end, after(begin) if begin else None)
            continue
        made = prefix + part.component(value)
        if op in ("eq", "gte"):
            start = _higher(start, made)
        if op == "gt":
            start = _higher(start, part.behind(made))
        if op in ("eq", "lte"):
            end = _lower(end, part.behind(made))
        if op == "lt":
            end = _lower(end, made)
    return KeyRange(start, end)


def _higher(one: str | None, other: str) -> str:
    return other if one is None else max(one, other)


def _lower(one: str | None, other: str | None) -> str | None:
    return other if one is None else one if other is None else min(one, other)


def _may_hold(each: KeyRange) -> bool:
    return each.start is None or each.end is None or each.start < each.end
