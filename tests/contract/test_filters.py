"""Filters mean on the members what they mean in this process, whatever the tree, the entries and the plan are."""

from __future__ import annotations

import asyncio
import sys
import unicodedata
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.filters import Filter, condition, matches
from hazelgate.client.reading.planning import QueryPlan, plan
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.sourcing.ids import new_id
from hazelgate.testing.memory.generations import VIEW_GENERATIONS
from tests.support.entries import INDEXES, SORTS, encode, filters, made_of
from tests.support.maps import Put

THINGS = {thing.thing_id: thing for thing in made_of(200, seed=14)}
ENTRIES = {key: encode(thing) for key, thing in THINGS.items()}
TREES = 100
AT_ONCE = 10
OF_AN_INDEX: dict[str, Filter] = {
    "nameAmount": {"and": [condition(["name"], "eq", "a"), condition(["amount"], "eq", "0.10", "number")]},
    "openCountAt": {"and": [condition(["open"], "eq", True, "boolean"), condition(["count"], "gt", 0, "number")]},
    "cityName": condition(["place", "city"], "eq", "A"),
    "noteId": condition(["note"], "gt", "a"),
}
"""What each index that is no order of the view answers."""


@pytest.fixture
async def things(put: Put) -> str:
    """The name of a view with all of them."""
    view = f"{new_id()}-view"
    await put(VIEW_GENERATIONS, view, {"live": view, "indexes": list(INDEXES)})
    for key, entry in ENTRIES.items():
        await put(view, key, entry)
    return view


def some_filters(count: int) -> list[Filter]:
    """So many by chance; Hypothesis knows what is worth trying, but can't wait for an answer."""
    found: list[Filter] = []

    @seed(14)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(filters)
    def collect(tree: Filter) -> None:
        found.append(tree)

    collect()
    return found


def ids(page: Any) -> list[str]:
    return [msgspec.json.decode(each.entry)["thingId"] for each in page.entries]


async def test_random_filters_find_what_a_naive_evaluation_finds(cluster: Cluster, things: str) -> None:
    async def ask(tree: Filter) -> list[str]:
        query = EntryQuery(map_name=things, index="id", limit=len(THINGS), count=True, filter=tree)
        page = await cluster.query(query)
        assert page.count == len(page.entries)
        return ids(page)

    trees = some_filters(TREES)
    some = 0
    for begin in range(0, len(trees), AT_ONCE):
        chunk = trees[begin : begin + AT_ONCE]
        for tree, found in zip(chunk, await asyncio.gather(*map(ask, chunk)), strict=True):
            assert found == sorted(key for key, entry in ENTRIES.items() if matches(tree, entry)), tree
            some += 0 < len(found) < len(THINGS)
    assert some > TREES / 4


async def test_random_plans_find_the_same_in_the_order_that_was_asked_for(cluster: Cluster, things: str) -> None:
    async def ask(made: QueryPlan) -> list[str]:
        query = EntryQuery(
            map_name=things,
            index=made.index,
            ranges=made.ranges,
            descending=made.descending,
            limit=len(THINGS),
            filter=made.rest,
        )
        return ids(await cluster.query(query))

    orders = [None, *((name, descending) for name in SORTS for descending in (False, True))]
    asked = [(tree, orders[number % len(orders)]) for number, tree in enumerate(some_filters(TREES))]
    asked += [(tree, None) for tree in OF_AN_INDEX.values()]
    plans = [plan(tree, INDEXES, sort, ("id", False)) for tree, sort in asked]
    for begin in range(0, len(asked), AT_ONCE):
        answers = await asyncio.gather(*map(ask, plans[begin : begin + AT_ONCE]))
        for (tree, sort), found in zip(asked[begin : begin + AT_ONCE], answers, strict=True):
            assert sorted(found) == sorted(key for key, entry in ENTRIES.items() if matches(tree, entry)), tree
            if sort is not None:
                [part] = INDEXES[sort[0]].parts
                values = [part.component(part.get(THINGS[key])) for key in found]
                assert values == sorted(values, reverse=sort[1]), (tree, sort)
    assert [made.index for made in plans[TREES:]] == [*OF_AN_INDEX] == [each for each in INDEXES if each not in SORTS]


# ------------------------------------------------------------ case

OLDEST_UNICODE = unicodedata.ucd_3_2_0
"""What is assigned there, every Java and every Python knows."""


def cased() -> list[str]:
    """Every character that both know and that has another case, with its neighbours by folding."""
    known = (chr(code) for code in range(sys.maxunicode + 1) if OLDEST_UNICODE.category(chr(code)) not in ("Cn", "Cs"))
    return [each for each in known if each.casefold() != each or each.upper() != each or each.lower() != each]


@pytest.mark.exhaustive
async def test_case_is_folded_as_python_folds_it(cluster: Cluster, put: Put) -> None:
    """Each character is looked for among all: those that fold to the same are found, and no others."""
    view = f"{new_id()}-view"
    await put(VIEW_GENERATIONS, view, {"live": view, "indexes": ["id"]})
    characters = cased()
    size = 64
    chunks = [characters[begin : begin + size] for begin in range(0, len(characters), size)]
    for number, chunk in enumerate(chunks):
        key = f"{number:04d}"
        await put(view, key, {"_meta": {"version": 1, "keys": {"id": key}}, "characters": chunk})

    async def ask(each: str, wanted: str) -> list[str]:
        tree = {"path": ["characters"], "some": condition([], "eq", wanted, "folded")}
        page = await cluster.query(EntryQuery(map_name=view, index="id", limit=len(chunks), filter=tree))
        return [entry.index_value for entry in page.entries]

    by_fold: dict[str, set[str]] = {}
    for number, chunk in enumerate(chunks):
        for each in chunk:
            by_fold.setdefault(each.casefold(), set()).add(f"{number:04d}")
    # Of characters that fold to the same one is enough, and the folded text itself.
    asked = {each.casefold(): each for each in characters}
    wanted = [*asked.items(), *((folded, folded) for folded in asked)]
    for begin in range(0, len(wanted), 50):
        chunk_wanted = wanted[begin : begin + 50]
        answers = await asyncio.gather(*(ask(folded, each) for folded, each in chunk_wanted))
        for (folded, each), found in zip(chunk_wanted, answers, strict=True):
            assert found == sorted(by_fold[folded]), (each, folded)


# ------------------------------------------------------------ pages while entries are written


@pytest.fixture
async def writing(put: Put) -> AsyncIterator[str]:
    """A view of 60 entries that stay, 15 in each of four places, among others that move all the time."""
    view = f"{new_id()}-view"
    await put(VIEW_GENERATIONS, view, {"live": view, "indexes": ["place"]})
    for number in range(60):
        await put(view, *entry(f"stays{number:02d}", number % 4, even=number % 2 == 0))

    async def write() -> None:
        number = 0
        while True:
            await put(view, *entry(f"moves{number % 25:02d}", number * 7 % 4, even=number % 3 == 0))
            await put(view, *entry(f"stays{number % 60:02d}", number % 60 % 4, even=number % 2 == 0))
            number += 1
            await asyncio.sleep(0)

    writer = asyncio.create_task(write())
    yield view
    writer.cancel()
    await asyncio.wait([writer])


def entry(key: str, place: int, *, even: bool) -> tuple[str, dict[str, object]]:
    return key, {"_meta": {"version": 1, "keys": {"place": f"{place} {key}"}}, "place": place, "even": even}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("tree", [None, condition(["even"], "eq", True, "boolean")])
async def test_pages_have_every_entry_that_stays_once_and_in_order(
    cluster: Cluster, writing: str, descending: bool, tree: Filter | None
) -> None:
    expected = sorted(f"{n % 4} stays{n:02d}" for n in range(60) if tree is None or n % 2 == 0)
    for _ in range(3):
        read: list[str] = []
        each = KeyRange()
        while True:
            page = await cluster.query(
                EntryQuery(map_name=writing, index="place", ranges=(each,), descending=descending, limit=7, filter=tree)
            )
            for one in page.entries:
                found = msgspec.json.decode(one.entry)
                assert one.index_value == found["_meta"]["keys"]["place"]
                assert tree is None or matches(tree, found)
            read += [one.index_value for one in page.entries]
            if len(page.entries) < 7:
                break
            last = page.entries[-1].index_value
            each = KeyRange(None, last) if descending else KeyRange.behind(last)
        assert read == sorted(read, reverse=descending)
        assert len(set(read)) == len(read)
        stayed = [value for value in read if " stays" in value]
        assert stayed == (expected[::-1] if descending else expected)
