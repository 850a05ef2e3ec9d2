"""Finds what a schema does not describe."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    is_specified_scalar_type,
)


def undescribed(schema: GraphQLSchema) -> Iterator[str]:
    """Whatever says nothing of itself."""
    for name, each in schema.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(each):
            continue
        if not each.description:
            yield name
        if isinstance(each, GraphQLEnumType):
            yield from (f"{name}.{value}" for value, made in each.values.items() if not made.description)
        if isinstance(each, GraphQLInputObjectType):
            yield from (f"{name}.{field}" for field, made in each.fields.items() if not made.description)
        if isinstance(each, GraphQLObjectType | GraphQLInterfaceType):
            for field, one in each.fields.items():
                if not one.description:
                    yield f"{name}.{field}"
                yield from (f"{name}.{field}({arg})" for arg, made in one.args.items() if not made.description)
