"""The schema as a subgraph: what it tells a gateway, and that everything else stays as it is."""

from __future__ import annotations

import re

import pytest
from graphql import GraphQLSchema, build_schema, parse, print_ast, print_schema, validate_schema
from graphql.language import ObjectTypeDefinitionNode, ObjectTypeExtensionNode

from hazelgate import Catalog
from hazelgate.gateway.graphql.executable_schema import graphql_schema, subgraph_text
from hazelgate.sourcing.errors import CatalogError
from tests.support.declared import declared
from tests.support.descriptions import undescribed

DOMAINS = ["hazelgate.domain", "docs.examples.tickets", "tests.domains.bookings.bookings"]
DIRECTIVES = """
directive @link(url: String!, import: [String!]) on SCHEMA
directive @key(fields: String!) on OBJECT
directive @shareable on OBJECT
"""
LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])\n'


def types_of(text: str) -> dict[str, list[str]]:
    """The directives of each object type."""
    return {
        node.name.value: [print_ast(each) for each in node.directives or ()]
        for node in parse(text).definitions
        if isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode)
    }


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_view_is_an_entity_by_its_key_and_every_other_type_is_shareable(domain: str) -> None:
    catalog = Catalog.load(domain)
    text = subgraph_text(catalog)
    assert text.startswith(LINK)
    found = types_of(text)
    entities = {view.type_name: [f'@key(fields: "{view.key_name}")'] for view in catalog.views.values() if view.in_api}
    roots: dict[str, list[str]] = {"Query": [], "Mutation": [], "Subscription": []}
    assert found == {name: entities.get(name, roots.get(name, ["@shareable"])) for name in found}
    assert entities.items() <= found.items()


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_text_is_a_schema(domain: str) -> None:
    made = build_schema(DIRECTIVES + subgraph_text(Catalog.load(domain)).removeprefix(LINK))
    assert validate_schema(made) == []


def roots_of(schema: GraphQLSchema) -> set[str]:
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return {name for root in roots if root is not None for name in root.fields}


def test_a_gateway_is_told_of_the_domain_alone() -> None:
    """Two subgraphs would both have `node` and `handleEvent`, and answer differently."""
    catalog = Catalog.load("hazelgate.domain")
    told = roots_of(build_schema(DIRECTIVES + subgraph_text(catalog).removeprefix(LINK)))
    assert {"order", "ordersById", "orders", "ordersAggregate", "createOrder", "orderChanged"} <= told
    every_domain_has = roots_of(graphql_schema(declared("""
        @event("Done", aggregate="Thing", key="thing_id", mutation=None)
        class Done(Event):
            thing_id: Id
    """)))  # fmt: skip
    assert {"node", "nodes", "events", "handleEvent", "live"} <= every_domain_has
    assert told & every_domain_has == set()


def test_the_subgraph_serves_all_that_it_serves_without_a_gateway() -> None:
    catalog = Catalog.load("hazelgate.domain")
    plain, subgraph = graphql_schema(catalog), graphql_schema(catalog, federation=True)
    assert roots_of(subgraph) - roots_of(plain) == {"_service", "_entities"}
    assert roots_of(plain) <= roots_of(subgraph)
    assert set(subgraph.type_map) - set(plain.type_map) == {"_Service", "_Entity", "_Any"}
    assert validate_schema(subgraph) == []
    assert list(undescribed(subgraph)) == []
    assert "_entities(" not in print_schema(plain)


def test_a_domain_without_views_has_no_entities() -> None:
    catalog = declared("""
        @event("Done", aggregate="Thing", key="thing_id")
        class Done(Event):
            thing_id: Id
    """)
    schema = graphql_schema(catalog, federation=True)
    assert validate_schema(schema) == []
    assert "_entities" not in roots_of(schema)
    assert set(re.findall(r"^type (\w+)", subgraph_text(catalog), re.MULTILINE)) >= {"Mutation", "EventReceipt"}
    assert "type Query" not in subgraph_text(catalog)


def test_a_name_that_federation_has_is_a_clash_where_it_is_served() -> None:
    catalog = declared("""
        class Thing(View):
            thing_id: Id
        @event("Done", aggregate="Thing", key="thing_id")
        class Done(Event):
            thing_id: Id
        projection("thing-view", Thing, key="thing_id", type_name="_Entity")
    """)
    assert "_Entity" in graphql_schema(catalog).type_map
    with pytest.raises(CatalogError, match="both named '_Entity'"):
        graphql_schema(catalog, federation=True)
