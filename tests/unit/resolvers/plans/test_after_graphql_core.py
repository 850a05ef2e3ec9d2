"""
The situations of graphql-core's own tests of its executor, each by a plan and by the executor: the same bytes.

The names of groups are those of its test files. It has cases that no plan meets, as resolvers that raise: of those,
the ones are here that an entry's JSON can bring about.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import msgspec
import orjson
import pytest

from hazelgate.gateway.graphql.execution import GraphQLRequest, Way
from hazelgate.gateway.settings import Settings
from tests.support.both_ways import Domain, World, answer
from tests.support.declared import declared
from tests.support.gateway import running_gateway
from tests.support.operations import Operation

Json = dict[str, Any]

FOREST = declared(
    """
    class Kind(StrEnum):
        OAK = "OAK"
        FIR = "FIR"

    class Leaf(Value):
        word: str
        maybe: str | None = None

    class Branch(Value):
        leaf: Leaf
        maybe_leaf: Leaf | None = None
        leaves: tuple[Leaf, ...] = ()
        maybe_leaves: tuple[Leaf | None, ...] | None = None

    class Tree(View):
        tree_id: Id
        name: str
        height: int
        weight: float
        kind: Kind
        friend: Id | None
        branch: Branch
        maybe_branch: Branch | None
        optional_of_optional: tuple[int | None, ...] | None
        optional: tuple[int | None, ...]
        of_optional: tuple[int, ...] | None
        required: tuple[int, ...]

    class Bird(View):
        bird_id: Id
        name: str
        tree: Id

    @event("TreePlanted", aggregate="Tree", key="tree_id", creates=True)
    class TreePlanted(Event):
        tree_id: Id

    trees = projection("tree-view", Tree, key="tree_id", indexes={"name": By("name"), "height": By("height")})
    birds = projection("bird-view", Bird, key="bird_id", indexes={"tree": By("tree")})
    trees.link("friendly", trees, key="friend")
    birds.link("home", trees, key="tree")

    @trees.on(TreePlanted, key="tree_id")
    def planted(tree: Tree | None, event: TreePlanted) -> Tree:
        raise NotImplementedError
    """
)
LEAF = {"word": "green", "maybe": "brown"}
BRANCH = {"leaf": LEAF, "maybeLeaf": LEAF, "leaves": [LEAF, LEAF], "maybeLeaves": [LEAF, None]}
TREE: Json = {
    "treeId": "a",
    "name": "Ada",
    "height": 3,
    "weight": 1.5,
    "kind": "OAK",
    "friend": "b",
    "branch": BRANCH,
    "maybeBranch": BRANCH,
    "optionalOfOptional": [1, None],
    "optional": [1, None],
    "ofOptional": [1, 2],
    "required": [1, 2],
}


@cache
def world() -> World:
    return World(Domain.of(FOREST), Random(3), odd=0.0)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def put(**changed: Any) -> None:
    """Make the tree `a` with these fields changed. It lives next to `b`, and a bird is in it."""
    trees, birds = world().cluster.engine.map("tree-view"), world().cluster.engine.map("bird-view")
    meta = {"version": 2, "causedBy": "e", "updatedAt": "2026-01-01T00:00:00.000000Z", "applied": {}}
    for key in ("a", "b"):
        tree = {"_meta": {**meta, "keys": {"name": f"Ada|{key}", "height": f"3|{key}"}}, **TREE, "treeId": key}
        trees[key] = msgspec.json.encode({**tree, **(changed if key == "a" else {"friend": None})})
    bird = {"_meta": {**meta, "keys": {"tree": "a|x"}}, "birdId": "x", "name": "Bo", "tree": "a"}
    birds["x"] = msgspec.json.encode(bird)


def same(runner: asyncio.Runner, text: str, variables: Json | None = None, name: str | None = None) -> Way | None:
    """Require that both ways answer alike, and to the byte but for errors; the way that it went."""
    before = world().ways.copy()
    runner.run(world().compare(Operation(text, variables or {})))
    request = GraphQLRequest(text, variables or {}, name)
    by_plan, by_executor = (runner.run(answer(each, request)) for each in (world().planned, world().executed))
    data = [orjson.dumps(each.body.get("data", "none")) for each in (by_plan, by_executor)]
    assert data[0] == data[1]
    gone = world().ways - before
    return max(gone, key=lambda way: gone[way]) if gone else None


# ---------------------------------------------------------------- test_lists


@pytest.mark.parametrize("field", ["optionalOfOptional", "optional", "ofOptional", "required"])
def test_lists(runner: asyncio.Runner, field: str) -> None:
    """Values, null among them, null in their place, and what is no list or no such item."""
    for value in (
        [],
        [1, 2],
        [1, None, 2],
        [None],
        None,
        [1, "x"],
        [[1]],
        "x",
        7,
        {},
        {"0": 1},
        [2**31],
        [True],
        [1.5],
    ):
        put(**{field: value})
        same(runner, f'{{ tree(treeId: "a") {{ {field} }} }}')
        same(runner, f'{{ tree(treeId: "a") {{ name {field} other: {field} }} }}')
        same(runner, f'{{ treesById(treeIds: ["b", "a"]) {{ {field} }} }}')
        same(runner, f"{{ trees {{ edges {{ node {{ {field} }} }} }} }}")


# ---------------------------------------------------------------- test_nonnull, test_error_propagation

INNER = "{ word maybe }"
BRANCHES = f"{{ leaf {INNER} maybeLeaf {INNER} leaves {INNER} maybeLeaves {INNER} }}"
LOST: list[tuple[str, Any]] = [
    ("leaf", None),
    ("leaf", {"maybe": "x"}),
    ("maybeLeaf", None),
    ("maybeLeaf", {"word": None}),
    ("leaves", None),
    ("leaves", [LEAF, None]),
    ("leaves", [LEAF, {"word": None}]),
    ("maybeLeaves", None),
    ("maybeLeaves", [{"word": None}, LEAF]),
    ("maybeLeaves", [{"word": None}, {"word": None}]),
]


@pytest.mark.parametrize("place", ["branch", "maybeBranch"])
@pytest.mark.parametrize(("field", "value"), LOST, ids=str)
def test_null_goes_up_to_the_first_parent_that_may_be_null(
    runner: asyncio.Runner, place: str, field: str, value: Any
) -> None:
    put(**{place: {**BRANCH, field: value}})
    both = f"branch {BRANCHES} maybeBranch {BRANCHES}"
    same(runner, f'{{ tree(treeId: "a") {{ {both} }} other: tree(treeId: "b") {{ {both} }} }}')
    same(runner, f'{{ treesById(treeIds: ["a", "b"]) {{ {place} {BRANCHES} }} }}')
    same(runner, f"{{ trees {{ edges {{ cursor node {{ {place} {BRANCHES} }} }} pageInfo {{ hasNextPage }} }} }}")
    same(runner, f'{{ bird(birdId: "x") {{ name home {{ {place} {BRANCHES} }} }} }}')


@pytest.mark.parametrize("changed", [
    {"name": None}, {"name": None, "kind": None}, {"branch": None}, {"maybeBranch": None},
    {"name": None, "maybeBranch": {"leaf": None}}, {"maybeBranch": {"leaf": None}, "height": "x"},
], ids=str)  # fmt: skip
def test_nulls_in_several_places(runner: asyncio.Runner, changed: Json) -> None:
    put(**changed)
    same(runner, f'{{ tree(treeId: "a") {{ name kind height branch {BRANCHES} maybeBranch {BRANCHES} }} }}')
    same(runner, '{ a: tree(treeId: "a") { name } b: tree(treeId: "b") { name } c: tree(treeId: "a") { treeId } }')


# ---------------------------------------------------------------- test_executor, test_collect_fields, test_schema

SELECTIONS = [
    # fields in the order in which they are first asked for, whatever asks for them again
    "{ height name height kind name }",
    "{ ...F height name } ; fragment F on Tree { kind height }",
    "{ name ...F } ; fragment F on Tree { branch { leaf { word } } ...G } fragment G on Tree { name kind }",
    # parts of one value, merged from several places
    "{ branch { leaf { word } } branch { leaf { maybe } maybeLeaf { word } } }",
    "{ branch { leaf { word } } ...F } ; fragment F on Tree { branch { maybeLeaf { word } leaf { maybe word } } }",
    (
        "{ ...F ...G ...F } ; fragment F on Tree { branch { ...L } } fragment G on Tree { branch { leaf { maybe } } } "
        "fragment L on Branch { leaf { word } }"
    ),
    "{ branch { leaves { word } } ... on Tree { branch { leaves { maybe } } } ... { branch { leaves { m: maybe } } } }",
    # names of one's own
    "{ a: name b: name name c: branch { leaf { d: word } } e: branch { leaf { f: maybe } } }",
    "{ name: kind kind: name treeId: height }",
    "{ __typename kind: __typename branch { __typename leaf { t: __typename word } } }",
    "{ _: name __: name a1: name longerNameThanMost: name }",
    # nothing but links
    "{ friendly { friendly { name } name } }",
    "{ friendly { name } friend: friendly { kind treeId: name } }",
    # types that include the entry's own
    "{ ... on Tree { name } ... on Node { id } ... on Node { ... on Tree { kind } } }",
    "{ ...F } ; fragment F on Node { id ... on Tree { name } ... on Bird { tree } }",
    # where the entry stands
    "{ revision { version } name revision { updatedAt } }",
    "{ optional required optionalOfOptional ofOptional weight }",
]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_fields_are_collected_in_order_and_merged(runner: asyncio.Runner, selection: str) -> None:
    put()
    fields, _, fragments = selection.partition(" ; ")
    for root in ('tree(treeId: "a")', 'treesById(treeIds: ["a", "none", "b"])'):
        assert same(runner, f"{{ {root} {fields} }} {fragments}") is Way.PLAN
    assert same(runner, f'{{ bird(birdId: "x") {{ home {fields} }} }} {fragments}') is Way.PLAN
    assert same(runner, f"{{ trees(last: 2) {{ edges {{ node {fields} }} totalCount }} }} {fragments}") is Way.PLAN


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ('{ b: tree(treeId: "b") { name } a: tree(treeId: "a") { name } b: tree(treeId: "b") { kind } }', Way.PLAN),
        (('query Q { ...F } fragment F on Query { tree(treeId: "a") { name } ...G } fragment G on Query '
         '{ tree(treeId: "a") { kind } bird(birdId: "x") { name } }'), Way.PLAN),
        ('{ __typename t: __typename tree(treeId: "a") { name } }', Way.PLAN),
        ('{ tree(treeId: "none") { name } treesById(treeIds: []) { name } }', Way.PLAN),
        ('{ tree(treeId: "a") { name } __type(name: "Tree") { name } }', Way.PARTLY),
        ('{ tree(treeId: "no id!") { name } }', Way.DEVIATED),
        ('{ tree(treeId: "a") { nothing } }', None),
        ('{ tree(treeId: "a") }', None),
        ('{ tree(treeId: "a") { ...F } } fragment F on Bird { name }', None),
        ('{ tree(treeId: "a") { ...F } } fragment F on Tree { name ...F }', None),
        ('{ tree(treeId: "a") { a: name a: kind } }', None),
    ],
)  # fmt: skip
def test_operations(runner: asyncio.Runner, text: str, way: Way | None) -> None:
    put()
    assert same(runner, text) is way


@pytest.mark.parametrize("name", [None, "", "A", "B", "C"])
def test_the_operation_is_the_one_that_is_named(runner: asyncio.Runner, name: str | None) -> None:
    put()
    both = 'query A { tree(treeId: "a") { name } } query B { tree(treeId: "b") { treeId ...F } }'
    same(runner, f"{both} fragment F on Tree {{ kind }}", name=name)
    same(runner, 'query A { tree(treeId: "a") { name } }', name=name)


# ---------------------------------------------------------------- test_directives

CONDITIONS = ["@include(if: true)", "@include(if: false)", "@skip(if: true)", "@skip(if: false)"]
BOTH = [f"@include(if: {one}) @skip(if: {other})" for one in ("true", "false") for other in ("true", "false")]


@pytest.mark.parametrize("condition", [*CONDITIONS, *BOTH])
def test_directives(runner: asyncio.Runner, condition: str) -> None:
    """On fields, on spreads of a fragment, on inline fragments with and without a type, and on the operation's own."""
    put()
    for selection in (
        f"{{ name kind {condition} }}",
        f"{{ name ...F {condition} }}",
        f"{{ name ... on Tree {condition} {{ kind height }} }}",
        f"{{ name ... {condition} {{ kind height }} }}",
        f"{{ name branch {condition} {{ leaf {{ word }} }} branch {{ leaf {{ maybe }} }} }}",
        f"{{ name kind {condition} kind }}",
    ):
        fragment = "fragment F on Tree { kind }" if "...F" in selection else ""
        assert same(runner, f'{{ tree(treeId: "a") {selection} }} {fragment}') is Way.PLAN
        given = re.sub(r"if: (true|false)", lambda found: f"if: ${found[1][0]}", selection)
        names = [name for name in ("t", "f") if f"${name})" in given]
        head = f"query ({', '.join(f'${name}: Boolean!' for name in names)})"
        values = {name: name == "t" for name in names}
        assert same(runner, f'{head} {{ tree(treeId: "a") {given} }} {fragment}', values) is Way.PLAN
    same(runner, f'{{ tree(treeId: "a") {condition} {{ name }} }}')
    same(runner, f'{{ tree(treeId: "a") {{ name {condition} }} }}')


# ---------------------------------------------------------------- test_variables, test_oneof

VARIABLES: list[tuple[str, list[Json]]] = [
    ("query ($id: ID!) { tree(treeId: $id) { name } }", [{"id": "a"}, {}, {"id": None}, {"id": 1}, {"id": 1.5},
                                                        {"id": ["a"]}, {"id": {}}, {"id": "a", "more": 1}]),
    ('query ($id: ID! = "b") { tree(treeId: $id) { treeId } }', [{}, {"id": "a"}, {"id": None}]),
    ("query ($ids: [ID!]!) { treesById(treeIds: $ids) { name } }",
     [{"ids": []}, {"ids": ["a", "a"]}, {"ids": "a"}, {"ids": [None]}, {"ids": None}, {"ids": [["a"]]}, {}]),
    ('query ($id: ID! = "a") { treesById(treeIds: [$id, "b"]) { treeId } }', [{}, {"id": "none"}, {"id": None}]),
    ("query ($n: Int) { trees(first: $n) { edges { node { name } } } }",
     [{}, {"n": None}, {"n": 1}, {"n": 0}, {"n": -1}, {"n": 1.0}, {"n": 1.5}, {"n": "1"}, {"n": True}, {"n": 2**31}]),
    ("query ($n: Int = 1) { trees(first: $n) { edges { node { name } } } }", [{}, {"n": None}, {"n": 2}]),
    ("query ($f: TreeFilter) { trees(filter: $f) { totalCount } }",
     [{}, {"f": None}, {"f": {}}, {"f": {"name": {"eq": "Ada"}}}, {"f": {"name": {"eq": None}}}, {"f": {"no": 1}},
      {"f": {"name": {"in": "Ada"}}}, {"f": {"kind": {"eq": "OAK"}}}, {"f": {"kind": {"eq": "ASH"}}}, {"f": "x"}]),
    ("query ($name: String) { trees(filter: { name: { eq: $name } }) { totalCount } }",
     [{}, {"name": None}, {"name": "Ada"}, {"name": "\U0001f600"}, {"name": 1}]),
    ("query ($names: [String!]) { trees(filter: { name: { in: $names } }) { totalCount } }",
     [{}, {"names": None}, {"names": []}, {"names": ["Ada"]}, {"names": "Ada"}, {"names": [None]}]),
    ("query ($d: SortDirection) { trees(sort: { field: NAME, direction: $d }) { edges { node { treeId } } } }",
     [{}, {"d": "DESC"}, {"d": "ASC"}, {"d": None}, {"d": "desc"}, {"d": 1}]),
    ("query ($v: Boolean = true) { tree(treeId: \"a\") { name @include(if: $v) kind @skip(if: $v) } }",
     [{}, {"v": False}, {"v": None}, {"v": "true"}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "given"), VARIABLES, ids=[text for text, _ in VARIABLES])
def test_variables(runner: asyncio.Runner, text: str, given: list[Json]) -> None:
    """Left out, null, a default in their place, coerced, and of a wrong type."""
    put()
    for variables in given:
        same(runner, text, variables)


# ---------------------------------------------------------------- test_union_interface, test_abstract


@pytest.mark.parametrize("selection", [
    "{ id }", "{ __typename id }", "{ ... on Tree { name kind } ... on Bird { name tree } id }",
    "{ ...T ...B } fragment T on Tree { t: name } fragment B on Bird { b: name home { name } }",
    "{ ... on Node { ... on Node { id } } ... on Bird { x: __typename } __typename }",
    "{ ... on EventRecord { eventType } ... on Tree { name } }",
])  # fmt: skip
def test_types_of_an_interface(runner: asyncio.Runner, selection: str) -> None:
    put()
    tree, bird, gone = (
        runner.run(answer(world().executed, GraphQLRequest(text))).body["data"]["x"]
        for text in (
            '{ x: tree(treeId: "a") { id } }',
            '{ x: bird(birdId: "x") { id } }',
            '{ x: tree(treeId: "b") { id } }',
        )
    )
    fields, _, fragments = selection.partition(" fragment")
    fragments = f" fragment{fragments}" if fragments else ""
    for root in (f'node(id: "{tree["id"]}")', f'node(id: "{bird["id"]}")', 'node(id: "none")'):
        same(runner, f"{{ {root} {fields} }}{fragments}")
    ids = ", ".join(f'"{each["id"]}"' for each in (bird, tree, gone, tree))
    same(runner, f"{{ nodes(ids: [{ids}]) {fields} }}{fragments}")
    put(name=None)
    same(runner, f"{{ nodes(ids: [{ids}]) {fields} }}{fragments}")


# ---------------------------------------------------------------- test_mutations

CREATE = 'createCustomer(input: {{ customerId: "{0}", name: "{1}", email: "{0}@example.org" }})'
SHOWN = "{ __typename ... on CustomerPayload { customer { name email } } ... on EventError { code message } }"
MUTATIONS = [
    # one after the other: the later see what the earlier have done
    (
        f"mutation {{ a: {CREATE.format('c1', 'Ada')} {SHOWN} b: {CREATE.format('c1', 'Bob')} {SHOWN} "
        f"c: {CREATE.format('c2', 'Cy')} {SHOWN} __typename }}"
    ),
    # one that fails between two others
    (
        f"mutation {{ {CREATE.format('c3', 'Di')} {SHOWN} d: {CREATE.format('no id!', 'x')} {SHOWN} "
        f"e: {CREATE.format('c4', 'Ed')} {SHOWN} }}"
    ),
    # conditions, fragments and merged fields
    (
        f"mutation {{ ...M a: {CREATE.format('c6', 'Flo')} @skip(if: true) {SHOWN} }} fragment M on Mutation {{ "
        f"{CREATE.format('c5', 'Fay')} {{ ... on CustomerPayload {{ customer {{ email }} }} }} "
        f"{CREATE.format('c5', 'Fay')} {{ ... on CustomerPayload {{ customer {{ n: name }} "
        f"customer {{ k: __typename }} }} }} }}"
    ),
    f"mutation {{ {CREATE.format('c1', 'Ada')} {SHOWN} {CREATE.format('c1', 'Ada')} {{ __typename }} }}",
]


async def test_mutations_are_run_one_after_the_other() -> None:
    answers = []
    for plans in (True, False):
        async with running_gateway(Settings(plans=plans)) as gateway:
            asked = [await gateway.http.post("/graphql", json={"query": each}) for each in MUTATIONS]
            asked.append(
                await gateway.http.post("/graphql", json={"query": "{ customers { edges { node { name } } } }"})
            )
            answers.append([each.content for each in asked])
    assert answers[0] == answers[1]
    assert answers[0][-1].count(b'"name"') == 5
