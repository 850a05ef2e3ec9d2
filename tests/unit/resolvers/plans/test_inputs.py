"""Variables are coerced as graphql-core does it: to the same values, or to the same refusal."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, OperationDefinitionNode, parse
from graphql.execution.values import get_variable_values

from hazelgate import Catalog
from hazelgate.resolvers.plans.deviations import Deviation
from hazelgate.resolvers.plans.inputs import coercion
from hazelgate.resolvers.plans.variables import Variables
from tests.support.both_ways import Domain
from tests.support.worlds import ODD

DOMAINS = ("hazelgate.domain", "tests.domains.bookings.bookings", "tests.unit.resolvers.derived.shelf")
VALUES_OF_EACH = 60


@cache
def domain(name: str) -> Domain:
    return Domain.of(Catalog.load(name))


def spoiled(value: Any, chance: Random) -> Any:
    """The same with one value within it changed, taken away, or one more beside it."""
    places: list[tuple[Any, Any]] = []

    def look(held: Any) -> None:
        for name, each in held.items() if isinstance(held, dict) else enumerate(held):
            places.append((held, name))
            if isinstance(each, dict | list):
                look(each)

    changed = deepcopy(value)
    if not isinstance(changed, dict) or not changed or chance.random() < 0.1:
        return chance.choice(ODD)
    look(changed)
    holder, name = chance.choice(places)
    if isinstance(holder, dict) and chance.random() < 0.4:
        del holder[name]
        if chance.random() < 0.3:
            holder["none"] = 1
    else:
        holder[name] = deepcopy(chance.choice(ODD))
    return changed


@pytest.mark.parametrize("name", DOMAINS)
def test_inputs_are_coerced_as_graphql_core_does_it(name: str) -> None:
    made, chance = domain(name), Random(name)
    schema, taken, refused = made.schema, 0, 0
    inputs = [each for each in schema.type_map.values() if isinstance(each, GraphQLInputObjectType)]
    for each in inputs:
        for declared in (f"{each.name}!", f"[{each.name}!]", f"{each.name}"):
            document = parse(f"mutation ($v: {declared}) {{ __typename }}")
            operation = document.definitions[0]
            assert isinstance(operation, OperationDefinitionNode)
            variables = Variables(schema, operation)
            for _ in range(VALUES_OF_EACH // 3):
                value = made.writes(chance)._value(each, "v")
                value = spoiled(value, chance) if chance.random() < 0.5 else value
                given = {"v": [value, value] if declared.startswith("[") and chance.random() < 0.9 else value}
                given = {} if chance.random() < 0.05 else json.loads(json.dumps(given))
                expected = get_variable_values(schema, operation.variable_definitions or (), given)
                if isinstance(expected, list):
                    refused += 1
                    with pytest.raises(Deviation):
                        variables.read(given)
                else:
                    taken += 1
                    assert repr(variables.read(given)) == repr(expected.coerced), (declared, given)
    assert taken > refused / 4 > 0


def test_the_usual_input_is_coerced_without_graphql_core() -> None:
    order = {"customerId": "c", "items": [{"productId": "p", "quantity": 2, "priceAtOrder": "1.50"}]}
    made: Any = domain(DOMAINS[0]).schema.type_map["CreateOrderInput"]
    [item] = coercion(made)(order)["items"]
    assert (item["productId"], item["quantity"], str(item["priceAtOrder"])) == ("p", 2, "1.50")


def test_an_input_that_is_a_part_of_itself_is_left_to_graphql_core() -> None:
    made: Any = domain(DOMAINS[0]).schema.type_map["OrderFilter"]
    with pytest.raises(Deviation):
        coercion(made)({})
