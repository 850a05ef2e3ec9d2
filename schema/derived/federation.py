"""
The schema as a subgraph of Apollo Federation 2: its own text, and entries by their keys.

A subgraph tells a gateway only what is the domain's. The fields that every domain has stay out of that text (`node`,
`events`, those of operators): two subgraphs would both have them, and answer differently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from graphql import (
    ConstArgumentNode,
    ConstDirectiveNode,
    DocumentNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLFieldMap,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    NameNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    parse,
    print_ast,
    print_schema,
)

from hazelgate.schema.derived.behind import Behind
from hazelgate.schema.derived.named import NamedTypes
from hazelgate.schema.derived.values import ValueTypes
from hazelgate.sourcing.model.views import ViewSpec

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])'
"""The first version that has these directives: any gateway of Federation 2 reads it."""

_ROOTS = ("Query", "Mutation", "Subscription")


class FederationTypes:
    """What a gateway asks a subgraph for."""

    def __init__(self, types: NamedTypes, values: ValueTypes, behind: Behind) -> None:
        self._types = types
        self._values = values
        self._behind = behind

    def fields(self, views: Sequence[ViewSpec], subgraph: GraphQLSchema) -> GraphQLFieldMap:
        """
        The root fields of a subgraph.

        Args:
            views: Those whose entries are entities.
            subgraph: What the gateway may plan with.
        """
        fields: GraphQLFieldMap = {"_service": self._service(views, subgraph)}
        if views:
            fields["_entities"] = self._entities(views)
        return fields

    def _service(self, views: Sequence[ViewSpec], subgraph: GraphQLSchema) -> GraphQLField:
        text = cache(lambda: subgraph_text(subgraph, {view.type_name: view.key_name for view in views}))
        service = self._types.make(
            "_Service",
            FederationTypes,
            "what a subgraph tells a gateway",
            lambda: GraphQLObjectType(
                "_Service",
                {
                    "sdl": GraphQLField(
                        GraphQLNonNull(GraphQLString),
                        resolve=lambda _source, _info: text(),
                        description="The subgraph in the schema definition language.",
                    )
                },
                description="What the subgraph tells a gateway (Apollo Federation).",
            ),
        )
        return GraphQLField(
            GraphQLNonNull(service),
            resolve=lambda _source, _info: {},
            description="What the subgraph tells a gateway (Apollo Federation).",
        )

    def _entities(self, views: Sequence[ViewSpec]) -> GraphQLField:
        any_type = self._types.make(
            "_Any",
            FederationTypes,
            "a representation of an entity",
            lambda: GraphQLScalarType(
                "_Any", description="A representation of an entity: its `__typename`, and the fields of its key."
            ),
        )
        entity = self._types.make(
            "_Entity",
            FederationTypes,
            "the union of all entities",
            lambda: GraphQLUnionType(
                "_Entity",
                [self._values.view(view) for view in views],
                resolve_type=self._behind.type_name(),
                description="Whatever has a key (Apollo Federation).",
            ),
        )
        return GraphQLField(
            GraphQLNonNull(GraphQLList(entity)),
            args={
                "representations": GraphQLArgument(
                    GraphQLNonNull(GraphQLList(GraphQLNonNull(any_type))), description="Which are wanted."
                )
            },
            resolve=self._behind.entities(views),
            description="Entries by their keys, in the order asked for; null where there is none (Apollo Federation).",
        )


def subgraph_text(subgraph: GraphQLSchema, keys: Mapping[str, str]) -> str:
    """
    A subgraph in the schema definition language, with the directives of Federation 2.

    A type that is no entity and no root is a value: the subgraph that gives it away gives all of it. So it is
    `@shareable`, and other subgraphs may have a type of that name with the same fields.

    Args:
        keys: By the name of an entity, the field that is its key.
    """
    document = parse(print_schema(subgraph))
    definitions: list[Any] = []
    for each in document.definitions:
        if isinstance(each, ObjectTypeDefinitionNode) and each.name.value not in _ROOTS:
            key = keys.get(each.name.value)
            directive = _directive("shareable") if key is None else _directive("key", fields=key)
            each = _with_directive(each, directive)
        definitions.append(each)
    return f"{LINK}\n\n{print_ast(DocumentNode(definitions=tuple(definitions)))}\n"


def _directive(name: str, **arguments: str) -> ConstDirectiveNode:
    return ConstDirectiveNode(
        name=NameNode(value=name),
        arguments=tuple(
            ConstArgumentNode(name=NameNode(value=argument), value=StringValueNode(value=value, block=False))
            for argument, value in arguments.items()
        ),
    )


def _with_directive(node: ObjectTypeDefinitionNode, directive: ConstDirectiveNode) -> ObjectTypeDefinitionNode:
    return ObjectTypeDefinitionNode(
        name=node.name,
        description=node.description,
        interfaces=node.interfaces,
        directives=(directive,),
        fields=node.fields,
    )
