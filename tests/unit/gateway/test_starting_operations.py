"""The operations with which GraphiQL opens are valid for the domain's own schema."""

from __future__ import annotations

import pytest
from graphql import OperationDefinitionNode, OperationType, parse, validate

from hazelgate import Event, Id, View, event, projection
from hazelgate.gateway.graphql.executable_schema import graphql_schema
from hazelgate.gateway.starting_operations import starting_operations
from hazelgate.sourcing.catalog import Catalog


@event("AgentHired", aggregate="Agent", key="agent")
class AgentHired(Event):
    """Somebody is at the help desk."""

    agent: Id


class Agent(View):
    """Somebody at the help desk. The key is called as the entry is."""

    agent: Id


agents = projection("agent-view", Agent, key="agent")


@agents.on(AgentHired, key="agent")
def hired(_: Agent | None, event: AgentHired) -> Agent:
    """A new agent."""
    return Agent(agent=event.agent)


@pytest.mark.parametrize("domain", ["hazelgate.domain", "tests.support.ledger", "docs.examples.tickets", __name__])
def test_a_query_a_mutation_and_a_subscription_are_valid(domain: str) -> None:
    """With an example input that GraphQL takes, whatever the fields are."""
    catalog = Catalog.load(domain)
    schema = graphql_schema(catalog)
    documents = [parse(operation) for operation in starting_operations(catalog)]
    assert [validate(schema, document) for document in documents] == [[], [], []]
    kinds = []
    for document in documents:
        [operation] = document.definitions
        assert isinstance(operation, OperationDefinitionNode)
        kinds.append(operation.operation)
    assert kinds == [OperationType.QUERY, OperationType.MUTATION, OperationType.SUBSCRIPTION]


def test_the_mutation_is_the_first_that_creates_something_and_can_be_run_again() -> None:
    """The id is left out, where one is made."""
    [_, mutation, _] = starting_operations(Catalog.load("hazelgate.domain"))
    assert 'createCustomer(input: { name: "example", ' in mutation
    assert "... on EventError { code message }" in mutation
