"""A long list is completed with pauses: one operation does not keep the process from all others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import build_schema, execute_sync, parse

from hazelgate.resolvers.plans import turns
from hazelgate.resolvers.plans.executing import PlannedExecutor
from tests.support.others import others_counted

SCHEMA = build_schema("type Item { number: Int! text: String } type Query { one: [Item!]! two: [Item] }")
DOCUMENT = parse("{ one { number text a: number b: number c: number } two { number text } }")
LISTS: dict[str, list[Any]] = {
    "one": [{"number": number, "text": f"item {number}"} for number in range(5_000)],
    "two": [None if number % 3 == 0 else {"number": number} for number in range(5_000)],
}


async def run(root: dict[str, Any]) -> Any:
    executor = PlannedExecutor.build(SCHEMA, DOCUMENT, root_value=root)
    assert isinstance(executor, PlannedExecutor)
    result: Any = executor.execute_operation()
    return result if not asyncio.iscoroutine(result) and not asyncio.isfuture(result) else await result


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What time it is for the turns, each time that they look: half a millisecond later than the last time."""
    seen = [0.0]

    def look() -> float:
        seen.append(seen[-1] + 0.000_5)
        return seen[-1]

    monkeypatch.setattr(turns, "perf_counter", look)
    return seen


async def test_others_have_their_turn_while_long_lists_are_completed(seconds: list[float]) -> None:
    async with others_counted() as others:
        result = await run(LISTS)
    assert result == execute_sync(SCHEMA, DOCUMENT, LISTS)
    assert len(seconds) > 10_000, "for each item of both lists"
    assert others.count > seconds[-1] / 0.005, "each turn is some milliseconds at most"


async def test_an_error_within_a_long_list_is_the_same() -> None:
    lists = {"one": [*LISTS["one"][:100], {"number": "none"}], "two": LISTS["two"][:200]}
    result, expected = await run(lists), execute_sync(SCHEMA, DOCUMENT, lists)
    assert result.data == expected.data
    assert [str(each) for each in result.errors] == [str(each) for each in expected.errors or ()]
