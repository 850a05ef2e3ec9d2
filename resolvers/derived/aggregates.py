"""Counts, sums and extremes over the entries of a view, worked out where they are."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from hazelgate.client.reading.planning import plan
from hazelgate.client.reading.queries import AggregateQuery, Group
from hazelgate.client.views.filtering import filter_of
from hazelgate.client.views.lists import too_much
from hazelgate.resolvers.context import Info
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.derived.lists import Measure, extreme_measures, group_measures, sum_measures
from hazelgate.sourcing.model.fields import Scalar
from hazelgate.sourcing.model.views import ViewSpec

MAX_GROUPS = 1_000
_TEXTS = (Scalar.DATE_TIME, Scalar.DATE)


async def aggregate(info: Info, view: ViewSpec, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """
    The groups that these arguments ask for; one, of all entries, where nothing is grouped by.

    Raises:
        InvalidArgument: The filter is not one, or too many entries would have to be looked at.
        GraphQLError: There are too many groups.
    """
    rights = info.context.rights
    tree = filter_of(view, arguments.get("filter"))
    planned = plan(rights.within(view.name, tree), view.indexes, None, (view.key_index, False))
    by_name = {each.name: each for each in group_measures(view)}
    grouped = [by_name[name] for name in arguments.get("group_by") or ()]
    if len({each.name for each in grouped}) < len(grouped):
        raise bad_input("groupBy", "names a field twice")
    sums, extremes = sum_measures(view), extreme_measures(view)
    query = AggregateQuery(
        map_name=view.name,
        index=planned.index,
        ranges=planned.ranges,
        filter=planned.rest,
        group_by=tuple(each.path for each in grouped),
        sums=tuple(each.path for each in sums),
        extremes=tuple(each.path for each in extremes),
        numbers=tuple(each.path for each in extremes if each.type not in _TEXTS),
        instants=tuple(each.path for each in extremes if each.type is Scalar.DATE_TIME),
        max_groups=MAX_GROUPS,
    )
    answer = await info.context.reads.aggregate(query, rights)
    if answer.exceeded:
        allowed = info.context.reads.max_scanned_entries
        if answer.scanned > allowed:
            raise too_much(view, tree, allowed)
        raise bad_input("groupBy", f"there are more than {MAX_GROUPS:,} groups; narrow the filter")
    groups = answer.groups or ([] if grouped else [_of_nothing(sums, extremes)])
    return [_shown(group, grouped, sums, extremes) for group in groups]


def _of_nothing(sums: Sequence[Measure], extremes: Sequence[Measure]) -> Group:
    return Group((), 0, ("0",) * len(sums), (None,) * len(extremes), (None,) * len(extremes))


def _shown(
    group: Group, grouped: Sequence[Measure], sums: Sequence[Measure], extremes: Sequence[Measure]
) -> dict[str, Any]:
    return {
        "group": [_text(each, value) for each, value in zip(grouped, group.values, strict=True)],
        "count": group.count,
        "sum": {each.name: _number(each, text) for each, text in zip(sums, group.sums, strict=True)},
        "min": {each.name: _number(each, text) for each, text in zip(extremes, group.minima, strict=True)},
        "max": {each.name: _number(each, text) for each, text in zip(extremes, group.maxima, strict=True)},
    }


def _text(measure: Measure, value: Any) -> str | None:
    """A value grouped by as the API writes it elsewhere; one that the enum has no more, as it is stored."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return None
    if isinstance(measure.type, type) and issubclass(measure.type, Enum):
        return next((member.name for member in measure.type if member.value == value), str(value))
    return str(value)


def _number(measure: Measure, text: str | None) -> Any:
    """A figure as the field's scalar takes it."""
    if text is None or measure.type in (*_TEXTS, Scalar.DECIMAL):
        return text
    return float(text) if measure.type is Scalar.FLOAT else int(text)
