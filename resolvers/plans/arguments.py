"""The arguments of a field: worked out once where they are constant, taken from the variables where they are those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    Node,
    ObjectFieldNode,
    VariableNode,
    Visitor,
    is_required_argument,
    print_ast,
    visit,
)
from graphql.execution.values import VariableValues, get_argument_values

from hazelgate.resolvers.plans.deviations import Deviation, Unplannable

_NO_VARIABLES = VariableValues({}, {})


@dataclass(frozen=True)
class Arguments:
    """
    The arguments of one field of an operation.

    Args:
        text: As they are written. Two are equal where they are written alike.
        constant: Those that no variable changes, and the defaults of those that one does.
        variables: By the name of the argument: the name of the variable that it is, and whether null is refused.
        generic: Whether variables stand within lists or inputs: then graphql-core works all of them out each time.
    """

    text: str
    constant: Mapping[str, Any] = field(compare=False, repr=False)
    variables: tuple[tuple[str, str, bool], ...] = field(compare=False, repr=False)
    generic: bool = field(compare=False, repr=False)
    _field: GraphQLField = field(compare=False, repr=False)
    _node: FieldNode = field(compare=False, repr=False)

    @classmethod
    def of(cls, made: GraphQLField, node: FieldNode) -> Arguments:
        """
        Those of a field as an operation has it.

        Raises:
            Unplannable: They are wrong, which the executor says.
        """
        direct = {each.name.value: each.value for each in node.arguments or () if isinstance(each.value, VariableNode)}
        nested = any(has_nested_variable(each) for each in node.arguments or ())
        text = ", ".join(print_ast(each) for each in node.arguments or ())
        variables = tuple(
            (
                made.args[name].out_name or name,
                variable.name.value,
                isinstance(made.args[name].type, GraphQLNonNull),
            )
            for name, variable in direct.items()
        )
        if nested:
            return cls(text, {}, (), True, made, node)
        others = {name: each for name, each in made.args.items() if name not in direct}
        optional = {name: made.args[name] for name in direct if not is_required_argument(made.args[name])}
        try:
            constant = get_argument_values(GraphQLField(made.type, args=others), node, _NO_VARIABLES)
            constant |= get_argument_values(
                GraphQLField(made.type, args=optional), FieldNode(name=node.name), _NO_VARIABLES
            )
        except GraphQLError as error:
            raise Unplannable(f"arguments: {error.message}") from None
        return cls(text, constant, variables, False, made, node)

    def read(self, variables: Mapping[str, Any], whole: VariableValues | None) -> dict[str, Any]:
        """
        What the resolver gets.

        Args:
            variables: As they were coerced.
            whole: The same as graphql-core has them, where an operation needs that.

        Raises:
            Deviation: A value is none of its argument's.
        """
        if self.generic:
            try:
                return get_argument_values(self._field, self._node, whole)
            except GraphQLError as error:
                raise Deviation(error.message) from error
        found = dict(self.constant)
        for name, variable, required in self.variables:
            if variable in variables:
                value = variables[variable]
                if value is None and required:
                    raise Deviation(f"{name} is null")
                found[name] = value
            elif required and name not in found:
                raise Deviation(f"{name} is missing")
        return found

    def __str__(self) -> str:
        return f"({self.text})" if self.text else ""


class _Finder(Visitor):
    """Looks for a variable within a list or an input."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, _node: VariableNode, _key: Any, parent: Any, *_: Any) -> None:
        # An item of a list has the list of items as its parent.
        self.found |= isinstance(parent, ObjectFieldNode | list | tuple)


def has_nested_variable(node: Node) -> bool:
    """Whether a variable stands within a list or an input, and is not the whole of an argument."""
    finder = _Finder()
    visit(node, finder)
    return finder.found
