"""Every type, field, argument and enum value says what it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_specified_scalar_type,
    validate_schema,
)

from hazelgate import Catalog
from hazelgate.gateway.graphql.executable_schema import graphql_schema

DOMAINS = ["hazelgate.domain", "docs.examples.tickets", "tests.domains.bookings.bookings"]


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


@pytest.mark.parametrize("domain", DOMAINS)
def test_everything_says_what_it_is(domain: str) -> None:
    schema = graphql_schema(Catalog.load(domain))
    assert validate_schema(schema) == []
    assert list(undescribed(schema)) == []


def test_what_says_nothing_is_noticed() -> None:
    schema = build_schema("enum E { A } input I { f: E } type Query { q(a: I): Int }")
    assert set(undescribed(schema)) == {"Query", "Query.q", "Query.q(a)", "I", "I.f", "E", "E.A"}
