"""The variables of an operation, coerced. The usual ones cost next to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values

from hazelgate.resolvers.plans.deviations import Deviation
from hazelgate.resolvers.plans.inputs import Coerce, coercion


@dataclass(frozen=True)
class _Variable:
    """
    One variable.

    Args:
        coerce: Coerces a usual value; of any other graphql-core says what it is.
        may_be_absent: Whether there is nothing to say where it has no value.
    """

    name: str
    definition: VariableDefinitionNode
    coerce: Coerce
    may_be_absent: bool

    @classmethod
    def of(cls, schema: GraphQLSchema, definition: VariableDefinitionNode) -> _Variable:
        made = cast(GraphQLInputType, type_from_ast(schema, definition.type))
        absent = definition.default_value is None and not isinstance(made, GraphQLNonNull)
        return cls(definition.variable.name.value, definition, coercion(made), absent)


class Variables:
    """What an operation takes."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = tuple(operation.variable_definitions or ())
        self._variables = tuple(_Variable.of(schema, each) for each in self._definitions)

    def read(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """
        The coerced values of those that have one.

        Raises:
            Deviation: One is wrong: the executor says so.
        """
        values = given or {}
        found: dict[str, Any] = {}
        for variable in self._variables:
            if variable.name in values:
                try:
                    found[variable.name] = variable.coerce(values[variable.name])
                    continue
                except Exception:  # graphql-core says what is wrong, if anything is
                    pass
            elif variable.may_be_absent:
                continue
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
