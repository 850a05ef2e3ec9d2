"""Input types of filters and sorts, one language for lists, aggregates and subscriptions."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

import msgspec
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLInputField,
    GraphQLInputFieldMap,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
)

from hazelgate.schema.derived.names import ViewNames
from hazelgate.schema.derived.values import ValueTypes, api_name, sentence
from hazelgate.sourcing.model.fields import FieldSpec, FieldType, ListOf, Scalar, fields_of
from hazelgate.sourcing.model.indexes import IndexSpec
from hazelgate.sourcing.model.names import constant
from hazelgate.sourcing.model.views import ViewSpec

_DESCRIPTIONS = {
    "eq": "Equal to this.",
    "ne": "Not equal to this; null counts as not equal.",
    "in": "Equal to one of these; at most 1,000.",
    "gt": "Greater than this.",
    "gte": "Greater than this, or equal.",
    "lt": "Less than this.",
    "lte": "Less than this, or equal.",
    "startsWith": "Begins with this.",
    "contains": "Has this in it.",
    "eqIgnoreCase": "Equal to this without regard to case (Unicode case folding).",
    "startsWithIgnoreCase": "Begins with this without regard to case (Unicode case folding).",
    "containsIgnoreCase": "Has this in it without regard to case (Unicode case folding).",
    "isNull": "Whether it is null.",
    "and": "All of these hold.",
    "or": "One of these holds, or more.",
    "not": "This does not hold.",
    "some": "One item is like this, or more.",
    "every": "All items are like this; so it is where there is none.",
    "none": "No item is like this.",
}
_EQUALITY = ("eq", "ne", "in")
_ORDER = ("gt", "gte", "lt", "lte")
_TEXT = ("startsWith", "contains", "eqIgnoreCase", "startsWithIgnoreCase", "containsIgnoreCase")
_OPERATORS: dict[Scalar, tuple[str, ...]] = {
    Scalar.ID: _EQUALITY,
    Scalar.STRING: (*_EQUALITY, *_ORDER, *_TEXT),
    Scalar.BOOLEAN: ("eq",),
    **dict.fromkeys(
        (Scalar.INT, Scalar.LONG, Scalar.FLOAT, Scalar.DECIMAL, Scalar.DATE_TIME, Scalar.DATE), (*_EQUALITY, *_ORDER)
    ),
}


class FilterTypes:
    """The inputs by which entries are chosen and sorted."""

    def __init__(self, values: ValueTypes) -> None:
        self._values = values
        self.made: dict[str, GraphQLNamedType] = {}

    def of_view(self, view: ViewSpec) -> GraphQLInputObjectType:
        """What an entry of a view has to be like."""
        name = ViewNames(view).filter
        if name not in self.made:
            self.made[name] = GraphQLInputObjectType(
                name,
                lambda: self._view_fields(view),
                description=f"What {view.many} have to be like. All fields that are given have to hold.",
            )
        return self._input(name)

    def _view_fields(self, view: ViewSpec) -> GraphQLInputFieldMap:
        this = self.of_view(view)
        several = GraphQLList(GraphQLNonNull(this))
        fields = {"and": _operand("and", several), "or": _operand("or", several), "not": _operand("not", this)}
        for field in view.fields:
            found = self.of_scalar(Scalar.ID) if field.python_name == view.key else self._of(field.type)
            if found is not None:
                fields[field.name] = GraphQLInputField(found, description=_about(field))
        return fields

    def _of(self, held: FieldType) -> GraphQLInputObjectType | None:
        """The filter of a field that holds this; None where there is none."""
        if isinstance(held, Scalar):
            return None if held is Scalar.JSON else self.of_scalar(held)
        if isinstance(held, ListOf):
            return self._of_list(held)
        return self._of_value(held) if issubclass(held, msgspec.Struct) else self._of_enum(held)

    def of_scalar(self, scalar: Scalar) -> GraphQLInputObjectType:
        """The operators of a scalar."""
        return self._operators(f"{scalar.value}Filter", self._values.scalar(scalar), _OPERATORS[scalar])

    def of_all_scalars(self) -> list[GraphQLInputObjectType]:
        """The operators of every scalar: documents may name them, whatever the views of today hold."""
        return [self.of_scalar(scalar) for scalar in _OPERATORS]

    def _of_enum(self, cls: type[Enum]) -> GraphQLInputObjectType:
        return self._operators(f"{api_name(cls)}Filter", self._values.enum(cls), _EQUALITY)

    def _operators(self, name: str, operand: Any, operators: Iterable[str]) -> GraphQLInputObjectType:
        if name not in self.made:
            fields = {
                each: _operand(each, GraphQLList(GraphQLNonNull(operand)) if each == "in" else operand)
                for each in operators
            }
            fields["isNull"] = _operand("isNull", GraphQLBoolean)
            self.made[name] = GraphQLInputObjectType(
                name, fields, description="Comparisons. All that are given have to hold; one has to be given."
            )
        return self._input(name)

    def _of_value(self, cls: type[msgspec.Struct]) -> GraphQLInputObjectType:
        name = f"{api_name(cls)}Filter"
        if name not in self.made:

            def fields() -> GraphQLInputFieldMap:
                shown = [(each, self._of(each.type)) for each in fields_of(cls) if not each.hidden]
                return {
                    each.name: GraphQLInputField(found, description=_about(each))
                    for each, found in shown
                    if found is not None
                }

            self.made[name] = GraphQLInputObjectType(
                name, fields, description="All fields that are given have to hold; one has to be given."
            )
        return self._input(name)

    def _of_list(self, held: ListOf) -> GraphQLInputObjectType | None:
        of_item = self._of(held.item)
        if of_item is None:
            return None
        name = f"{of_item.name.removesuffix('Filter')}ListFilter"
        if name not in self.made:
            self.made[name] = GraphQLInputObjectType(
                name,
                {each: _operand(each, of_item) for each in ("some", "every", "none")},
                description="What the items of a list have to be like. All that are given have to hold.",
            )
        return self._input(name)

    def _input(self, name: str) -> GraphQLInputObjectType:
        found = self.made[name]
        assert isinstance(found, GraphQLInputObjectType)
        return found

    def _direction(self) -> GraphQLEnumType:
        if "SortDirection" not in self.made:
            self.made["SortDirection"] = GraphQLEnumType(
                "SortDirection",
                {
                    "ASC": GraphQLEnumValue("ASC", description="The least first."),
                    "DESC": GraphQLEnumValue("DESC", description="The greatest first."),
                },
                description="In which direction a list is sorted.",
            )
        return self.made["SortDirection"]  # type: ignore[return-value]  # under its name there is nothing else

    def sort_of(self, view: ViewSpec) -> GraphQLInputObjectType:
        """By what, and in which direction, entries of a view are sorted."""
        names = ViewNames(view)
        if names.sort not in self.made:
            sorts = [index for index in view.indexes.values() if index.is_sort]
            self.made[names.sort_field] = fields = GraphQLEnumType(
                names.sort_field,
                {constant(index.name): GraphQLEnumValue(index.name, description=_sorted_by(index)) for index in sorts},
                description=f"What {view.many} can be sorted by.",
            )
            field = GraphQLInputField(GraphQLNonNull(fields), description="By what.")
            if view.sort is not None:
                field.default_value = view.sort[0]
            declared = [view.indexes[name] for name in view.indexes if view.indexes[name].is_sort][:1]
            descends = view.sort[1] if view.sort is not None else all(index.descending for index in declared)
            self.made[names.sort] = GraphQLInputObjectType(
                names.sort,
                {
                    "field": field,
                    "direction": GraphQLInputField(
                        GraphQLNonNull(self._direction()),
                        default_value="DESC" if descends else "ASC",
                        description="In which direction.",
                    ),
                },
                description=f"How {view.many} are sorted.",
            )
        return self._input(names.sort)


def _operand(name: str, operand: Any) -> GraphQLInputField:
    return GraphQLInputField(operand, description=_DESCRIPTIONS[name])


def _about(field: FieldSpec) -> str:
    return field.description or sentence(field.name)


def _sorted_by(index: IndexSpec) -> str:
    return f"By {'.'.join(index.parts[0].path)}."
