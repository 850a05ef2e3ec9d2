"""
A plan and graphql-core's executor give the same answer, errors included.

`HAZELGATE_PLAN_EXAMPLES=20000` makes it a long run.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import pytest
from graphql import (
    REMOVE,
    ArgumentNode,
    DocumentNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    StringValueNode,
    Visitor,
    print_ast,
    visit,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import strategies as graphql_strategies

from hazelgate import Catalog
from hazelgate.client.views.pages import MAX_PAGE
from hazelgate.gateway.graphql.execution import Way
from tests.support import random_domains
from tests.support.both_ways import Domain, World
from tests.support.operations import Operation
from tests.support.worlds import KEYS

ALL = int(os.environ.get("HAZELGATE_PLAN_EXAMPLES", "500"))
DOMAINS = ("hazelgate.domain", "tests.domains.bookings.bookings", "tests.unit.resolvers.derived.shelf")
RANDOM_EACH = 5
"""Operations over one random domain: to derive it takes longer than they do."""

pytestmark = [
    # The executor leaves fields unawaited whose parent is null already; garbage collection tells of it at any time.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SEEDS = st.integers(0, 2**32)


def examples(count: int) -> settings:
    return settings(
        max_examples=count,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


@cache
def domain(name: str) -> Domain:
    return Domain.of(Catalog.load(name))


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


async def compared(world: World, operations: list[Operation]) -> World:
    for each in operations:
        await world.compare(each)
    return world


@pytest.mark.exhaustive
def test_operations_over_known_domains(runner: asyncio.Runner) -> None:
    """With aliases, fragments, directives, variables; over entries of which one in seven is not as its type says."""
    ways: Counter[Way] = Counter()

    @examples(ALL * 7 // 10)
    @given(st.sampled_from(DOMAINS), SEEDS)
    def agree(name: str, seed: int) -> None:
        chance = Random(seed)
        world = World(domain(name), chance)
        ways.update(runner.run(compared(world, [domain(name).operations(chance).one()])).ways)

    agree()
    assert_that_each_way_was_gone(ways)


@pytest.mark.exhaustive
def test_operations_over_random_domains(runner: asyncio.Runner) -> None:
    """Whatever a domain declares."""
    ways: Counter[Way] = Counter()

    @examples(ALL * 2 // 10 // RANDOM_EACH)
    @given(random_domains.domains(3), SEEDS)
    def agree(made: random_domains.Domain, seed: int) -> None:
        chance = Random(seed)
        found = Domain.of(Catalog(made.registrations()))
        world = World(found, chance)
        ways.update(runner.run(compared(world, [found.operations(chance).one() for _ in range(RANDOM_EACH)])).ways)

    agree()
    assert ways[Way.PLAN] > 0


@pytest.mark.exhaustive
def test_operations_of_hypothesis_graphql(runner: asyncio.Runner) -> None:
    """They have no fragments or variables, and arguments of every kind."""
    ways: Counter[Way] = Counter()

    @examples(ALL * 1 // 10)
    @given(st.data(), st.sampled_from(DOMAINS), SEEDS)
    def agree(data: st.DataObject, name: str, seed: int) -> None:
        world = World(domain(name), Random(seed))
        text = data.draw(operations_of(name))
        ways.update(runner.run(compared(world, [Operation(text, {})])).ways)

    agree()
    assert ways[Way.PLAN] * 10 > ways.total(), ways


@pytest.mark.exhaustive
def test_mutations_over_known_domains(runner: asyncio.Runner) -> None:
    """What comes of their events is a matter of chance, and the same both ways; each is submitted once."""
    ways: Counter[Way] = Counter()

    @examples(ALL * 5 // 10)
    @given(st.sampled_from(DOMAINS), SEEDS)
    def agree(name: str, seed: int) -> None:
        chance = Random(seed)
        world = World(domain(name), chance)
        ways.update(runner.run(compared(world, [domain(name).writes(chance).one()])).ways)

    agree()
    assert_that_each_way_was_gone(ways)


@pytest.mark.exhaustive
def test_mutations_over_random_domains(runner: asyncio.Runner) -> None:
    """Whatever a domain declares."""
    ways: Counter[Way] = Counter()

    @examples(ALL * 2 // 10 // RANDOM_EACH)
    @given(random_domains.domains(3), SEEDS)
    def agree(made: random_domains.Domain, seed: int) -> None:
        chance = Random(seed)
        found = Domain.of(Catalog(made.registrations()))
        world = World(found, chance)
        if found.mutations:
            ways.update(runner.run(compared(world, [found.writes(chance).one() for _ in range(RANDOM_EACH)])).ways)

    agree()
    assert ways[Way.PLAN] > 0


@pytest.mark.exhaustive
def test_mutations_of_hypothesis_graphql(runner: asyncio.Runner) -> None:
    """They have every argument, and select every kind of failure."""
    ways: Counter[Way] = Counter()

    @examples(ALL * 1 // 10)
    @given(st.data(), st.sampled_from(DOMAINS), SEEDS)
    def agree(data: st.DataObject, name: str, seed: int) -> None:
        world = World(domain(name), Random(seed))
        ways.update(runner.run(compared(world, [Operation(data.draw(mutations_of(name)), {})])).ways)

    agree()
    assert ways[Way.PLAN] * 10 > ways.total(), ways


def assert_that_each_way_was_gone(ways: Counter[Way]) -> None:
    """Else the comparison proves little: half of the operations go by their plan, and no way is left out."""
    assert all(ways[way] > 0 for way in Way), ways
    assert ways[Way.PLAN] * 2 > ways.total(), ways


# ---------------------------------------------------------------- hypothesis-graphql


@cache
def operations_of(name: str) -> st.SearchStrategy[str]:
    """Operations over a domain; the texts in their arguments are keys, so that there is something to be found."""
    made = domain(name)
    return graphql_strategies.queries(
        made.schema, fields=made.planned_roots, custom_scalars=SCALARS, print_ast=_with_keys
    )


@cache
def mutations_of(name: str) -> st.SearchStrategy[str]:
    """Mutations of a domain, with keys as their texts."""
    made = domain(name)
    return graphql_strategies.mutations(
        made.schema, fields=made.mutations, custom_scalars=SCALARS, print_ast=_with_keys, allow_null=False
    )


SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "DateTime": st.just(StringValueNode(value="2026-01-01T00:00:00Z")),
    "Date": st.just(StringValueNode(value="2026-01-01")),
    "Decimal": st.just(FloatValueNode(value="1.5")) | st.just(StringValueNode(value="1.5")),
    "Long": st.just(IntValueNode(value="3")),
    "JSON": st.just(EnumValueNode(value="X")),
}


def _with_keys(document: DocumentNode) -> str:
    changed: DocumentNode = visit(document, _Keys())
    return print_ast(changed)


class _Keys(Visitor):
    """Puts keys in place of texts, and leaves out what would be refused nearly always: all arguments at once."""

    def enter_argument(self, node: ArgumentNode, *_: Any) -> Any:
        nothing = "null" in print_ast(node.value)
        return REMOVE if nothing or node.name.value in ("asOf", "minRevision", "last", "after", "before") else None

    def enter_string_value(self, node: StringValueNode, *_: Any) -> StringValueNode | None:
        if "-" in node.value or "." in node.value:
            return None
        return StringValueNode(value=KEYS[len(node.value) % len(KEYS)])

    def enter_int_value(self, node: IntValueNode, *_: Any) -> IntValueNode | None:
        return IntValueNode(value=str(int(node.value) % MAX_PAGE))
