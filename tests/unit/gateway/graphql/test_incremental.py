"""
Answers in parts, put together, are the answer to the same document without `@defer` and `@stream`.

`HAZELGATE_PART_EXAMPLES=20000` makes it a long run.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hazelgate import Catalog
from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.execution import Execution, GraphQLRequest
from hazelgate.gateway.graphql.incremental import Spec, spec_in
from tests.support.both_ways import Domain, World
from tests.support.parts import merged, planted, shows_no_more

ALL = int(os.environ.get("HAZELGATE_PART_EXAMPLES", "120"))
DOMAINS = ("hazelgate.domain", "tests.domains.bookings.bookings", "tests.unit.resolvers.derived.shelf")

pytestmark = [
    # The executor leaves fields unawaited whose parent is null already; garbage collection tells of it at any time.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@cache
def domain(name: str) -> Domain:
    return Domain.of(Catalog.load(name), incremental=True)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


async def parts_of(execution: Execution, request: GraphQLRequest, spec: Spec) -> list[Any]:
    """The parts of an answer, as they are sent."""
    document = execution.document(request)
    assert not isinstance(document, Answer)
    found: list[Any] = []

    async def deliver(part: Answer) -> None:
        found.append(orjson.loads(part.encode()))

    refused = await execution.run_in_parts(document, request, spec, deliver)
    return found if refused is None else [orjson.loads(refused.encode())]


async def compare(world: World, text: str, variables: dict[str, Any], told: Counter[str]) -> None:
    await world.cluster.start()
    request = GraphQLRequest(text, variables)
    document = world.planned.document(request)
    if isinstance(document, Answer) or document.incremental is None:
        told["nothing deferred, or invalid"] += 1
        return
    whole = orjson.loads((await world.executed.run(document, request)).encode())
    assert orjson.loads((await world.planned.run(document, request)).encode()).get("data") == whole.get("data")
    for spec in Spec:
        first: Any = None
        for execution in (world.executed, world.planned):
            parts = await parts_of(execution, request, spec)
            told["parts"] += len(parts)
            if "data" not in whole:
                assert [each | {"hasNext": None} for each in parts] == [whole | {"hasNext": None}]
                continue
            assert [each["hasNext"] for each in parts] == [True] * (len(parts) - 1) + [False]
            found = merged(parts)
            if not whole.get("errors") and not found["errors"]:
                told["alike"] += 1
                assert found["data"] == whole["data"], (text, variables, parts, whole)
                first = first or parts[0]
                assert parts[0] == first, ("a plan defers what the executor does", text, variables, parts)
                continue
            told["with errors"] += 1
            assert found["errors"], (text, variables, parts, whole)
            assert whole["errors"], (text, variables, parts, whole)
            assert shows_no_more(found["data"], whole["data"]), (text, variables, parts, whole)


@pytest.mark.exhaustive
def test_parts_make_up_the_whole(runner: asyncio.Runner) -> None:
    """By plans and without, in both forms; over entries of which some are not as their type says."""
    told: Counter[str] = Counter()

    @settings(
        max_examples=ALL,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.sampled_from(DOMAINS), st.integers(0, 2**32))
    def agree(name: str, seed: int) -> None:
        chance = Random(seed)
        world = World(domain(name), chance, odd=0.0 if chance.random() < 0.6 else 0.15)
        operation = domain(name).operations(chance).one()
        text = planted(operation.text, domain(name).schema, chance)
        runner.run(compare(world, text, operation.variables, told))

    agree()
    assert told["alike"] > told.total() / 8, told
    assert told["with errors"] > 0, told
    assert told["parts"] * 2 > 3 * (told["alike"] + told["with errors"]), told


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        (None, Spec.BY_PATH),
        ({"persistedQuery": {}}, Spec.BY_PATH),
        ({"incrementalSpec": "v0.2"}, Spec.BY_ID),
        ({"deferSpec": "20220824"}, Spec.BY_PATH),
        ({"incrementalSpec": "v9"}, None),
        ({"deferSpec": 1}, None),
    ],
)
def test_extensions_say_how_a_client_reads_parts(extensions: dict[str, Any] | None, expected: Spec | None) -> None:
    assert spec_in(extensions) is expected
