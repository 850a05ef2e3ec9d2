"""From the JSON of a variable to its value, as graphql-core coerces it: worked out once for each type."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    Undefined,
    get_named_type,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

from hazelgate.resolvers.plans.deviations import Deviation

_KEPT = "hazelgate_coercion"
"""Where a type keeps what coerces its values."""

Coerce = Callable[[Any], Any]
"""A value of JSON, coerced. Raises any exception where graphql-core is to look at it."""


def coercion(made: GraphQLInputType) -> Coerce:
    """What coerces values of a type."""
    if isinstance(made, GraphQLNonNull):
        return _present(made.of_type)
    some = _present(made)
    return lambda value: None if value is None else some(value)


def _present(made: Any) -> Coerce:
    """What coerces values that are not null."""
    if isinstance(made, GraphQLList):
        return _list(coercion(made.of_type))
    if isinstance(made, GraphQLInputObjectType):
        found: Coerce | None = made.extensions.get(_KEPT)
        if found is None:
            # Of an input that is a part of itself graphql-core counts the levels.
            found = _refused if made.is_one_of or _has_itself(made, ()) else _object(made)
            made.extensions[_KEPT] = found
        return found
    usual = _USUAL.get(made.name, _nothing) if isinstance(made, GraphQLScalarType) else _nothing
    coerce = made.coerce_input_value

    def leaf(value: Any) -> Any:
        if usual(value):
            return value
        if value is None:
            raise Deviation("null")
        found = coerce(value)
        if found is Undefined:
            raise Deviation("no value")
        return found

    return leaf


def _list(item: Coerce) -> Coerce:
    def several(value: Any) -> Any:
        if type(value) is not list:
            raise Deviation("not a list")
        return [item(each) for each in value]

    return several


def _has_itself(made: GraphQLInputObjectType, within: tuple[str, ...]) -> bool:
    """Whether an input, or one that is a part of it, is a part of itself."""
    if made.name in within:
        return True
    inner = (*within, made.name)
    parts = [get_named_type(each.type) for each in made.fields.values()]
    return any(isinstance(each, GraphQLInputObjectType) and _has_itself(each, inner) for each in parts)


def _object(made: GraphQLInputObjectType) -> Coerce:
    @cache
    def fields() -> tuple[tuple[str, str, bool, Any, Coerce], ...]:
        return tuple(
            (
                name,
                field.out_name or name,
                is_required_input_field(field),
                coerce_default_value(field),
                coercion(field.type),
            )
            for name, field in made.fields.items()
        )

    def values(value: Any) -> Any:
        if type(value) is not dict:
            raise Deviation("not an object")
        found, left = {}, len(value)
        for name, out_name, required, default, coerce in fields():
            if name in value:
                found[out_name] = coerce(value[name])
                left -= 1
            elif required:
                raise Deviation(f"no {name}")
            elif default is not Undefined:
                found[out_name] = default
        if left:
            raise Deviation("a field that there is not")
        return made.out_type(found)

    return values


def _refused(_: Any) -> Any:
    raise Deviation("graphql-core looks at it")


def _nothing(_: Any) -> bool:
    return False


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_int(value: Any) -> bool:
    return type(value) is int and -(2**31) <= value < 2**31


def _is_boolean(value: Any) -> bool:
    return type(value) is bool


_USUAL: dict[str, Callable[[Any], bool]] = {
    "ID": _is_text,
    "String": _is_text,
    "Int": _is_int,
    "Boolean": _is_boolean,
}
"""Which values of a scalar are coerced to themselves, by its name."""
