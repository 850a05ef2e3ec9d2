"""A name has one owner in the whole schema."""

from __future__ import annotations

import re

import pytest
from graphql import GraphQLSchema, print_type

from hazelgate.gateway.graphql.executable_schema import graphql_schema
from hazelgate.sourcing.errors import CatalogError
from tests.support.declared import declared

BEGIN = """
class Part(Value):
    size: int

class Box(View):
    box_id: Id
    part: Part

@event("BoxMade", aggregate="Box", key="box_id")
class BoxMade(Event):
    box_id: Id

"""
BOXES = 'boxes = projection("box-view", Box, key="box_id")\n'
CRATE = "class Crate(View):\n    crate_id: Id\n"

CLASHES = {
    "two views of one type": (
        BOXES + CRATE + 'projection("crate-view", Crate, key="crate_id", type_name="Box")',
        ["Box", "Crate", "are both named 'Box'"],
    ),
    "two views of one name": (
        BOXES + CRATE + 'projection("crate-view", Crate, key="crate_id", one="box", many="crates")',
        ["Box and Crate both give the query 'box'; set `one` or `many`"],
    ),
    "one view's plural is another's name": (
        BOXES + CRATE + 'projection("crate-view", Crate, key="crate_id", one="boxes", many="crates")',
        ["Box and Crate both give the query 'boxes'"],
    ),
    "two values of one name": (
        BOXES + 'class Other(Value, api_name="Part"):\n    weight: int\n'
        'class Crate(View):\n    crate_id: Id\n    other: Other\nprojection("crate-view", Crate, key="crate_id")',
        ["Part", "Other", "are both named 'Part'"],
    ),
    "a value named as a view": (
        BOXES + 'class Other(Value, api_name="Box"):\n    weight: int\n'
        'class Crate(View):\n    crate_id: Id\n    other: Other\nprojection("crate-view", Crate, key="crate_id")',
        ["are both named 'Box'"],
    ),
    "a view named as another's filter": (
        BOXES + CRATE + 'projection("crate-view", Crate, key="crate_id", type_name="BoxFilter")',
        ["are both named 'BoxFilter'"],
    ),
    "a mutation's input named as a value's": (
        BOXES + '@event("PartMade", aggregate="Box", key="box_id", mutation="part")\n'
        "class PartMade(Event):\n    box_id: Id\n    part: Part",
        ["PartMade", "Part", "are both named 'PartInput'"],
    ),
    "mutations that differ in their first letter's case": (
        BOXES + '@event("B", aggregate="Box", key="box_id", mutation="BoxMade")\nclass B(Event):\n    box_id: Id',
        ["are both named 'BoxMadeInput'"],
    ),
    "a type that every domain has": (
        'class Completion(View):\n    box_id: Id\nprojection("c-view", Completion, key="box_id", one="done")',
        ["Completion is named 'Completion' in the API, where every domain has a type of that name"],
    ),
    "a query that every domain has": (
        'projection("box-view", Box, key="box_id", one="node")',
        ["'node' is a field of Query that every domain has; give yours another name"],
    ),
    "a mutation that every domain has": (
        '@event("HandleEvent", aggregate="Box", key="box_id")\nclass HandleEvent(Event):\n    box_id: Id',
        ["HandleEvent is named 'HandleEventInput' in the API, where every domain has a type of that name"],
    ),
    "an aggregate's scalars": (
        'class Date(View):\n    box_id: Id\nprojection("d-view", Date, key="box_id", one="day")',
        ["Date is named 'Date' in the API, where every domain has a type of that name"],
    ),
}


@pytest.mark.parametrize("clash", CLASHES)
def test_a_clash_of_names_is_one_line(clash: str) -> None:
    source, messages = CLASHES[clash]
    with pytest.raises(CatalogError) as refused:
        graphql_schema(declared(BEGIN + source))
    assert [each for each in messages if each not in refused.value.message] == []
    assert "\n" not in refused.value.message


def schema(source: str) -> GraphQLSchema:
    return graphql_schema(declared(BEGIN + source))


def shown(made: GraphQLSchema, name: str) -> str:
    """A type without its descriptions."""
    text = re.sub(r' *"""[^"]*"""\n', "", print_type(made.type_map[name]))
    return "\n".join(line for line in text.splitlines() if line)


def test_every_name_can_be_set() -> None:
    made = schema('projection("b", Box, key="box_id", one="crate", many="crateList", type_name="BigBox")')
    assert {"BigBox", "BigBoxConnection", "CrateFilter", "CrateSort", "CrateChange", "CrateAggregate"} <= set(
        made.type_map
    )
    assert made.query_type is not None
    assert {"crate", "crateList", "crateListById", "crateListAggregate"} <= set(made.query_type.fields)


def test_a_key_with_the_name_of_the_entry_leaves_the_change_its_entry() -> None:
    made = schema('class Agent(View):\n    agent: Id\nprojection("a", Agent, key="agent")')
    assert shown(made, "AgentChange").splitlines()[3:6] == ["  agent: ID!", "  causedBy: EventRecord", "  entry: Agent"]


def test_what_is_hidden_or_in_no_api_is_nowhere() -> None:
    made = schema(
        BOXES
        + "class Safe(View):\n    safe_id: Id\n    code: Hidden[int]\n    size: int = 0\n"
        + 'projection("s", Safe, key="safe_id", indexes={"code": By("code"), "size": By("size")}, sort="code")\n'
        + 'class Inner(View):\n    inner_id: Id\nprojection("i", Inner, key="inner_id", api=False)'
    )
    assert "SIZE" in shown(made, "SafeSortField")
    text = "\n".join(shown(made, name) for name in made.type_map if name.startswith("Safe"))
    assert "code" not in text.lower()
    assert [name for name in made.type_map if "Inner" in name] == []


def test_a_field_of_an_input_that_may_be_left_out_is_not_required() -> None:
    made = schema(
        "class Colour(StrEnum):\n    RED = 'red'\n"
        '@event("E", aggregate="Box", key="box_id", creates=True)\n'
        "class E(Event):\n"
        "    box_id: Id\n    must: int\n    nullable: str | None\n    maybe: str | None = None\n    three: int = 3\n"
        "    colour: Colour = Colour.RED\n    price: Decimal = Decimal('1.50')\n    tags: tuple[str, ...] = ()\n"
        "    part: Part = Part(size=1)\n    unset: int | UnsetType = UNSET\n    filled: Filled[str] = None\n"
        "    hidden: Hidden[int] = 0\n    old: Annotated[int | None, Deprecated('no')] = None\n"
    )
    assert shown(made, "EInput").splitlines()[1:-1] == [
        "  boxId: ID",
        "  must: Int!",
        "  nullable: String = null",
        "  maybe: String",
        "  three: Int! = 3",
        "  colour: Colour! = RED",
        '  price: Decimal! = "1.50"',
        "  tags: [String!]",
        "  part: PartInput",
        "  unset: Int",
        '  old: Int @deprecated(reason: "no")',
    ]
