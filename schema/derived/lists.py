"""Types of several entries: connections and aggregates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeGuard

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from hazelgate.schema.derived.behind import Behind
from hazelgate.schema.derived.named import NamedTypes
from hazelgate.schema.derived.names import ViewNames
from hazelgate.schema.derived.values import ValueTypes, qualified, sentence
from hazelgate.sourcing.model.fields import FieldType, ListOf, Scalar, fields_of
from hazelgate.sourcing.model.names import constant
from hazelgate.sourcing.model.views import ViewSpec


@dataclass(frozen=True)
class Measure:
    """A field that an aggregate groups by, sums, or has the least and greatest of. `path` is in JSON's names."""

    name: str
    path: tuple[str, ...]
    type: FieldType


_NUMBERS = (Scalar.INT, Scalar.LONG, Scalar.FLOAT, Scalar.DECIMAL)
_INSTANTS = (Scalar.DATE_TIME, Scalar.DATE)


def measures(view: ViewSpec) -> list[Measure]:
    """Every field of an entry that holds one value, those of nested values by their last name where that is free."""
    found = [
        Measure(each.name, (each.name,), Scalar.ID if each.python_name == view.key else each.type)
        for each in view.fields
        if not isinstance(each.type, ListOf) and not _is_value(each.type)
    ]
    taken = {each.name for each in found}
    for outer in view.fields:
        if not _is_value(outer.type):
            continue
        for each in fields_of(outer.type):
            if each.hidden or isinstance(each.type, ListOf) or _is_value(each.type) or each.name in taken:
                continue
            taken.add(each.name)
            found.append(Measure(each.name, (outer.name, each.name), each.type))
    return found


def group_measures(view: ViewSpec) -> list[Measure]:
    """Those that can be grouped by: enums, booleans and ids, but not the entry's own key."""
    return [
        each
        for each in measures(view)
        if each.path != (view.key_name,)
        and (each.type in (Scalar.ID, Scalar.BOOLEAN) or (isinstance(each.type, type) and issubclass(each.type, Enum)))
    ]


def sum_measures(view: ViewSpec) -> list[Measure]:
    """Those that can be summed: numbers."""
    return [each for each in measures(view) if each.type in _NUMBERS]


def extreme_measures(view: ViewSpec) -> list[Measure]:
    """Those that have a least and a greatest: numbers, instants and dates."""
    return [each for each in measures(view) if each.type in (*_NUMBERS, *_INSTANTS)]


def _is_value(held: FieldType) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(held, type) and issubclass(held, msgspec.Struct)


class ListTypes:
    """Connections and aggregates of views."""

    def __init__(self, types: NamedTypes, values: ValueTypes, behind: Behind) -> None:
        self._types = types
        self._values = values
        self._behind = behind

    def connection(self, view: ViewSpec) -> GraphQLObjectType:
        """Entries in pages."""
        names = ViewNames(view)
        page_info: Any = self._types.generic["PageInfo"]

        def edge() -> GraphQLObjectType:
            return self._object(
                view,
                names.edge,
                f"One of {view.many}, and where it stands in the list.",
                lambda: {
                    "cursor": _required(GraphQLString, self._behind.field("cursor"), "For `after` and `before`."),
                    "node": _required(self._values.view(view), self._behind.field("node"), "The entry."),
                },
            )

        return self._object(
            view,
            names.connection,
            f"A page of {view.many}.",
            lambda: {
                "edges": _required(
                    GraphQLList(GraphQLNonNull(edge())), self._behind.field("edges"), "The entries, in their order."
                ),
                "pageInfo": _required(page_info, self._behind.field("pageInfo"), "Whether the list goes on."),
                "totalCount": _required(
                    GraphQLInt, self._behind.total_count(), "How many there are on all pages; counted when asked for."
                ),
            },
        )

    def aggregate(self, view: ViewSpec) -> GraphQLObjectType:
        """Counts, sums and extremes of a group of entries."""
        names = ViewNames(view)

        def fields() -> dict[str, GraphQLField]:
            made = {
                "group": _required(
                    GraphQLList(GraphQLString),
                    self._behind.field("group"),
                    "The values grouped by, in the order asked for; empty without groupBy.",
                ),
                "count": _required(GraphQLInt, self._behind.field("count"), "How many entries there are in the group."),
            }
            sums, extremes = sum_measures(view), extreme_measures(view)
            if sums:
                made["sum"] = self._part(view, "sum", names.sums, sums, f"Sums over {view.many}.", required=True)
            if extremes:
                made["min"] = self._part(view, "min", names.minima, extremes, f"The least of {view.many}.")
                made["max"] = self._part(view, "max", names.maxima, extremes, f"The greatest of {view.many}.")
            return made

        return self._object(view, names.aggregate, f"A group of {view.many} in figures.", fields)

    def _part(
        self,
        view: ViewSpec,
        field: str,
        name: str,
        measures: Iterable[Measure],
        description: str,
        *,
        required: bool = False,
    ) -> GraphQLField:
        def fields() -> dict[str, GraphQLField]:
            made = {}
            for each in measures:
                # A sum may go beyond what one number can be.
                held = Scalar.LONG if required and each.type is Scalar.INT else each.type
                shown: Any = self._values.output(held)
                made[each.name] = GraphQLField(
                    GraphQLNonNull(shown) if required else shown,
                    resolve=self._behind.field(each.name),
                    description=sentence(each.name),
                )
            return made

        return _required(self._object(view, name, description, fields), self._behind.field(field), description)

    def group_field(self, view: ViewSpec) -> GraphQLEnumType | None:
        """What an aggregate of a view groups by; None where there is nothing."""
        found = group_measures(view)
        if not found:
            return None
        name = ViewNames(view).group_field
        return self._types.make(
            name,
            view,
            qualified(view.cls),
            lambda: GraphQLEnumType(
                name,
                {
                    constant(each.name): GraphQLEnumValue(each.name, description=f"By {'.'.join(each.path)}.")
                    for each in found
                },
                description=f"What {view.many} can be grouped by.",
            ),
        )

    def _object(
        self, view: ViewSpec, name: str, description: str, fields: Callable[[], dict[str, GraphQLField]]
    ) -> GraphQLObjectType:
        return self._types.make(
            name, view, qualified(view.cls), lambda: GraphQLObjectType(name, fields, description=description)
        )


def _required(made: Any, resolve: Any, description: str) -> GraphQLField:
    return GraphQLField(GraphQLNonNull(made), resolve=resolve, description=description)
