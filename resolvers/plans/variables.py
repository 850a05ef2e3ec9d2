"""The variables of an operation, coerced. The usual ones, texts and numbers, cost next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    TypeNode,
    VariableDefinitionNode,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values

from hazelgate.resolvers.plans.deviations import Deviation

_TEXTS = (GraphQLID.name, GraphQLString.name)
Accepts = Callable[[Any], bool]


@dataclass(frozen=True)
class _Variable:
    """One variable; `accepts` says of a value that it is coerced to itself."""

    name: str
    definition: VariableDefinitionNode
    accepts: Accepts


class Variables:
    """What an operation takes."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = tuple(operation.variable_definitions or ())
        self._variables = tuple(
            _Variable(each.variable.name.value, each, _accepts(schema, each.type)) for each in self._definitions
        )

    def read(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """
        The coerced values of those that have one.

        Raises:
            Deviation: One is wrong: the executor says so.
        """
        values = given or {}
        found: dict[str, Any] = {}
        for variable in self._variables:
            value = values.get(variable.name)
            if value is not None and variable.accepts(value):
                found[variable.name] = value
            else:
                found |= self._coerced([variable.definition], values).coerced
        return found

    def whole(self, given: Mapping[str, Any] | None) -> VariableValues:
        """
        The same in graphql-core's form, which knows where each value came from.

        Raises:
            Deviation: As `read` says.
        """
        return self._coerced(self._definitions, given or {})

    def _coerced(self, definitions: Any, given: Mapping[str, Any]) -> VariableValues:
        coerced = get_variable_values(self._schema, definitions, dict(given))
        if isinstance(coerced, list):
            raise Deviation(coerced[0].message)
        return coerced


def _accepts(schema: GraphQLSchema, node: TypeNode) -> Accepts:
    made = type_from_ast(schema, node)
    required = isinstance(made, GraphQLNonNull)
    inner: Any = made.of_type if isinstance(made, GraphQLNonNull) else made
    if isinstance(inner, GraphQLScalarType):
        return _ACCEPTED.get(inner.name, _nothing)
    if required and isinstance(inner, GraphQLList) and isinstance(inner.of_type, GraphQLNonNull):
        item = inner.of_type.of_type
        if isinstance(item, GraphQLScalarType) and item.name in _TEXTS:
            return _are_texts
    return _nothing


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_int(value: Any) -> bool:
    return type(value) is int and -(2**31) <= value < 2**31


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _nothing(_: Any) -> bool:
    return False


_ACCEPTED: Mapping[str, Accepts] = {
    "ID": _is_text,
    "String": _is_text,
    "Int": _is_int,
    "Boolean": _is_boolean,
}
"""By the name of a scalar."""
