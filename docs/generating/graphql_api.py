"""The page of the GraphQL API, from the schema."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    is_specified_scalar_type,
)

from docs.generating.markdown import one_line, paragraphs, table
from hazelgate import Catalog
from hazelgate.gateway.graphql.executable_schema import graphql_schema

_KINDS: tuple[tuple[str, type[GraphQLNamedType]], ...] = (
    ("Objects", GraphQLObjectType),
    ("Interfaces", GraphQLInterfaceType),
    ("Unions", GraphQLUnionType),
    ("Inputs", GraphQLInputObjectType),
    ("Enums", GraphQLEnumType),
    ("Scalars", GraphQLScalarType),
)


def page() -> str:
    """The page."""
    schema = graphql_schema(Catalog.load("hazelgate.domain"))
    roots = [each for each in (schema.query_type, schema.mutation_type, schema.subscription_type) if each is not None]
    text = ["# GraphQL API\n\nThis is the schema of the shop, the example domain.\n"]
    text.append("The fields for events, pipelines, rebuilds and snapshots are the same for any domain.\n")
    text.append("[The derived API](derived-api.md) has the rules by which a domain gets the others.\n\n")
    text += [f"## {root.name}\n\n{_fields(root.fields)}" for root in roots]
    for title, kind in _KINDS:
        types = (each for each in _types(schema, kind) if each not in roots)
        text.append(f"## {title}\n\n")
        text += [f"### {each.name}\n\n{paragraphs(each.description)}{_body(each)}" for each in types]
    return "".join(text)


def _types(schema: GraphQLSchema, kind: type[GraphQLNamedType]) -> Iterator[GraphQLNamedType]:
    for name in sorted(schema.type_map):
        each = schema.type_map[name]
        if isinstance(each, kind) and not is_introspection_type(each) and not is_specified_scalar_type(each):
            yield each


def _body(each: GraphQLNamedType) -> str:
    match each:
        case GraphQLObjectType() | GraphQLInterfaceType():
            of = f"Implements {', '.join(_link(face) for face in each.interfaces)}.\n\n" if each.interfaces else ""
            return of + _fields(each.fields)
        case GraphQLInputObjectType():
            return _inputs(each.fields)
        case GraphQLUnionType():
            return f"{' · '.join(_link(member) for member in each.types)}\n\n"
        case GraphQLEnumType():
            return table(
                ("value", "meaning"), ((f"`{name}`", one_line(v.description)) for name, v in each.values.items())
            )
        case _:
            return ""


def _fields(fields: dict[str, GraphQLField]) -> str:
    rows = ((f"`{name}`", _type(f), _arguments(f.args), one_line(f.description)) for name, f in fields.items())
    return table(("field", "type", "arguments", "meaning"), rows)


def _inputs(fields: dict[str, GraphQLInputField]) -> str:
    rows = ((f"`{name}`", _type(f), one_line(f.description)) for name, f in fields.items())
    return table(("field", "type", "meaning"), rows)


def _arguments(arguments: dict[str, GraphQLArgument]) -> str:
    return ", ".join(f"`{name}: {argument.type}`" for name, argument in arguments.items())


def _type(field: GraphQLField | GraphQLInputField) -> str:
    named = get_named_type(field.type)
    written = f"`{field.type}`"
    return written if is_specified_scalar_type(named) else f"[{written}](#{named.name.lower()})"


def _link(each: GraphQLNamedType) -> str:
    return f"[`{each.name}`](#{each.name.lower()})"
