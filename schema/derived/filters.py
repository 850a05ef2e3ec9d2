"""Input types of filters and sorts, one language for lists, aggregates and subscriptions."""

from __future__ import annotations

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
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
)

from hazelgate.client.views.filtering import EQUALITY, OPERATORS, QUANTIFIERS
from hazelgate.schema.derived.named import NamedTypes
from hazelgate.schema.derived.names import ViewNames
from hazelgate.schema.derived.values import ValueTypes, api_name, qualified, sentence
from hazelgate.sourcing.model.fields import FieldSpec, FieldType, ListOf, Scalar, shown_of
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
_DIRECTIONS = {"ASC": "The least first.", "DESC": "The greatest first."}


class FilterTypes:
    """The inputs by which entries are chosen and sorted."""

    def __init__(self, types: NamedTypes, values: ValueTypes) -> None:
        self._types = types
        self._values = values

    def of_view(self, view: ViewSpec) -> GraphQLInputObjectType:
        """What an entry of a view has to be like."""
        name = ViewNames(view).filter
        return self._types.make(
            name,
            view,
            qualified(view.cls),
            lambda: GraphQLInputObjectType(
                name,
                lambda: self._view_fields(view),
                description=f"What {view.many} have to be like. All fields that are given have to hold.",
            ),
        )

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
        if issubclass(held, msgspec.Struct):
            return self._of_value(held) if _can_be_asked(held, frozenset()) else None
        return self._of_enum(held)

    def of_scalar(self, scalar: Scalar) -> GraphQLInputObjectType:
        """The operators of a scalar."""
        name = f"{scalar.value}Filter"
        return self._operators(name, scalar, f"what asks for {scalar.value}", self._values.scalar(scalar))

    def of_all_scalars(self) -> list[GraphQLInputObjectType]:
        """The operators of every scalar: documents may name them, whatever the views of today hold."""
        return [self.of_scalar(scalar) for scalar in OPERATORS]

    def _of_enum(self, cls: type[Enum]) -> GraphQLInputObjectType:
        return self._operators(f"{api_name(cls)}Filter", cls, qualified(cls), self._values.enum(cls))

    def _operators(
        self, name: str, owner: Scalar | type[Enum], about: str, operand: GraphQLInputType
    ) -> GraphQLInputObjectType:
        operators = OPERATORS[owner] if isinstance(owner, Scalar) else EQUALITY

        def fields() -> GraphQLInputFieldMap:
            made: Any = operand
            several = GraphQLList(GraphQLNonNull(made))
            shown = {each: _operand(each, several if each == "in" else made) for each in operators}
            return shown | {"isNull": _operand("isNull", GraphQLBoolean)}

        return self._types.make(
            name,
            owner,
            about,
            lambda: GraphQLInputObjectType(
                name, fields, description="Comparisons. All that are given have to hold; one has to be given."
            ),
        )

    def _of_value(self, cls: type[msgspec.Struct]) -> GraphQLInputObjectType:
        name = f"{api_name(cls)}Filter"

        def fields() -> GraphQLInputFieldMap:
            shown = [(each, self._of(each.type)) for each in shown_of(cls)]
            return {
                each.name: GraphQLInputField(found, description=_about(each))
                for each, found in shown
                if found is not None
            }

        return self._types.make(
            name,
            cls,
            qualified(cls),
            lambda: GraphQLInputObjectType(
                name, fields, description="All fields that are given have to hold; one has to be given."
            ),
        )

    def _of_list(self, held: ListOf) -> GraphQLInputObjectType | None:
        of_item = self._of(held.item)
        if of_item is None:
            return None
        name = f"{of_item.name.removesuffix('Filter')}ListFilter"
        return self._types.make(
            name,
            of_item,
            f"what asks for lists of {of_item.name.removesuffix('Filter')}",
            lambda: GraphQLInputObjectType(
                name,
                lambda: {each: _operand(each, of_item) for each in QUANTIFIERS},
                description="What the items of a list have to be like. All that are given have to hold.",
            ),
        )

    def _direction(self) -> GraphQLEnumType:
        return self._types.make(
            "SortDirection",
            _DIRECTIONS,
            "the direction of a sort",
            lambda: GraphQLEnumType(
                "SortDirection",
                {name: GraphQLEnumValue(name, description=about) for name, about in _DIRECTIONS.items()},
                description="In which direction a list is sorted.",
            ),
        )

    def sort_of(self, view: ViewSpec) -> GraphQLInputObjectType:
        """By what, and in which direction, entries of a view are sorted."""
        name = ViewNames(view).sort
        return self._types.make(name, view, qualified(view.cls), lambda: self._sort(view, name))

    def _sort(self, view: ViewSpec, name: str) -> GraphQLInputObjectType:
        sorts = view.sorts
        by = view.sort if view.sort is not None and view.sort[0] in {index.name for index in sorts} else None
        field = GraphQLInputField(GraphQLNonNull(self._sort_field(view)), description="By what.")
        if by is not None:
            field.default_value = by[0]
        descends = by[1] if by is not None else sorts[0].descending
        return GraphQLInputObjectType(
            name,
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

    def _sort_field(self, view: ViewSpec) -> GraphQLEnumType:
        name = ViewNames(view).sort_field
        return self._types.make(
            name,
            view,
            qualified(view.cls),
            lambda: GraphQLEnumType(
                name,
                {
                    constant(index.name): GraphQLEnumValue(index.name, description=_sorted_by(index))
                    for index in view.sorts
                },
                description=f"What {view.many} can be sorted by.",
            ),
        )


def _can_be_asked(cls: type[msgspec.Struct], within: frozenset[type]) -> bool:
    """Whether a value has a field that a filter can ask for: an input without fields is none."""
    if cls in within:
        return False
    for field in shown_of(cls):
        held = field.type
        while isinstance(held, ListOf):
            held = held.item
        if isinstance(held, Scalar):
            if held is not Scalar.JSON:
                return True
        elif issubclass(held, Enum) or _can_be_asked(held, within | {cls}):
            return True
    return False


def _operand(name: str, operand: Any) -> GraphQLInputField:
    return GraphQLInputField(operand, description=_DESCRIPTIONS[name])


def _about(field: FieldSpec) -> str:
    return field.description or sentence(field.name)


def _sorted_by(index: IndexSpec) -> str:
    return f"By {'.'.join(index.parts[0].path)}."
