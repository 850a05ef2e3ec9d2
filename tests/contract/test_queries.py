"""Reads and queries over maps: the real cluster and the one in memory answer alike."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from hazelgate import Catalog
from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.filters import Filter, condition
from hazelgate.client.reading.queries import AggregateQuery, EntryPage, EntryQuery, KeyRange
from hazelgate.client.submitting.handler import Receipt, Submission
from hazelgate.sourcing.envelope import EVENT_STORE
from hazelgate.sourcing.ids import new_id
from hazelgate.testing.memory.generations import VIEW_GENERATIONS
from tests.support.connected import PatientHandler
from tests.support.ledger import ACCOUNTS, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.maps import Put

BALANCES = {"a": 5, "b": 30, "c": 100, "d": 30, "e": 1}


@dataclass(frozen=True)
class Ledger:
    """Five accounts of two owners, whose ids begin alike: `<run>-a` with 5, `<run>-b` with 30, …"""

    run: str

    def id(self, name: str) -> str:
        return f"{self.run}-{name}"

    @property
    def ours(self) -> Filter:
        return condition(["owner"], "in", [f"{self.run}-Ann", f"{self.run}-bob"])

    def ours_and(self, *more: Filter) -> Filter:
        return {"and": [self.ours, *more]}


@pytest.fixture(scope="module")
async def books(cluster: Cluster, ledger: Catalog) -> Ledger:
    books = Ledger(new_id())
    handler = PatientHandler(ledger, cluster)
    submissions = []
    for name, balance in BALANCES.items():
        owner = f"{books.run}-{'Ann' if name in 'abc' else 'bob'}"
        submissions.append(Submission(AccountOpened(account_id=books.id(name), owner=owner)))
        submissions.append(Submission(MoneyPaidIn(account_id=books.id(name), amount=balance)))
    outcomes = await handler.handle_events(submissions)
    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    await handler.close()
    return books


def names(books: Ledger, page: EntryPage) -> str:
    """The accounts of a page by their last letters, in order."""
    entries: list[dict[str, Any]] = [msgspec.json.decode(each.entry) for each in page.entries]
    assert all(entry["accountId"].startswith(books.run) for entry in entries)
    return "".join(entry["accountId"][-1] for entry in entries)


async def test_entries_come_in_the_order_of_the_keys(cluster: Cluster, books: Ledger) -> None:
    keys = [books.id("c"), new_id(), books.id("a"), books.id("c")]
    entries = await cluster.read(ACCOUNTS, keys)
    found = [None if entry is None else msgspec.json.decode(entry)["accountId"] for entry in entries]
    assert found == [books.id("c"), None, books.id("a"), books.id("c")]


async def test_reads_of_several_maps_at_once_do_not_mix(cluster: Cluster, books: Ledger) -> None:
    accounts, owners, nothing, none = await asyncio.gather(
        cluster.read(ACCOUNTS, [books.id("a")]),
        cluster.read(OWNERS, [f"{books.run}-bob", f"{books.run}-Ann"]),
        cluster.read("never-heard-of-view", [books.id("a")]),
        cluster.read(ACCOUNTS, []),
    )
    assert msgspec.json.decode(accounts[0] or b"null")["balance"] == 5
    assert [msgspec.json.decode(owner or b"null")["total"] for owner in owners] == [31, 135]
    assert nothing == [None]
    assert none == []


@pytest.mark.parametrize(("descending", "expected"), [(False, "eabdc"), (True, "cdbae")])
async def test_a_page_is_in_the_order_of_its_index(
    cluster: Cluster, books: Ledger, descending: bool, expected: str
) -> None:
    page = await cluster.query(EntryQuery(map_name=ACCOUNTS, index="balance", descending=descending, filter=books.ours))
    assert names(books, page) == expected
    assert page.count is None


async def test_the_index_value_comes_along(cluster: Cluster, books: Ledger, ledger: Catalog) -> None:
    page = await cluster.query(EntryQuery(map_name=ACCOUNTS, index="balance", limit=1, filter=books.ours))
    index = ledger.views[ACCOUNTS].indexes["balance"]
    assert [each.index_value for each in page.entries] == [f"{index.prefix([1])}{books.id('e')}"]


def within(books: Ledger, *bounds: tuple[str | None, str | None]) -> tuple[KeyRange, ...]:
    """Ranges of accounts; with a `+` behind its name, an account is before the bound."""

    def key(name: str | None) -> str | None:
        return None if name is None else books.id(name.rstrip("+")) + "\0" * name.count("+")

    return tuple(KeyRange(key(start), key(end)) for start, end in bounds)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("b", "d+", "bcd"),
        ("b+", "d+", "cd"),
        ("b", "d", "bc"),
        ("b+", "d", "c"),
        ("b", None, "bcde"),
        (None, "b+", "ab"),
        ("d", "b+", ""),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
async def test_bounds_hold_in_either_direction(
    cluster: Cluster, books: Ledger, start: str | None, end: str | None, expected: str, descending: bool
) -> None:
    page = await cluster.query(
        EntryQuery(
            map_name=ACCOUNTS,
            index="id",
            ranges=within(books, (start, end)),
            descending=descending,
            filter=books.ours,
        )
    )
    assert names(books, page) == (expected[::-1] if descending else expected)


@pytest.mark.parametrize(
    ("limit", "descending", "expected"), [(9, False, "abde"), (9, True, "edba"), (3, False, "abd"), (2, True, "ed")]
)
@pytest.mark.parametrize("filtered", [False, True])
async def test_several_ranges_are_read_as_one(
    cluster: Cluster, books: Ledger, limit: int, descending: bool, expected: str, filtered: bool
) -> None:
    page = await cluster.query(
        EntryQuery(
            map_name=ACCOUNTS,
            index="id",
            ranges=within(books, ("", "a"), ("a", "b+"), ("d", "e+"), ("f", "f+")),
            descending=descending,
            limit=limit,
            count=True,
            filter=books.ours if filtered else None,
        )
    )
    assert (names(books, page), page.count) == (expected, 4)


async def test_no_range_has_no_entry(cluster: Cluster) -> None:
    page = await cluster.query(EntryQuery(map_name=ACCOUNTS, index="id", ranges=(), count=True))
    assert (page.entries, page.count, page.exceeded) == ([], 0, False)


@pytest.mark.parametrize("descending", [False, True])
async def test_keys_are_in_the_order_of_their_code_points(cluster: Cluster, put: Put, descending: bool) -> None:
    view = f"{new_id()}-view"
    await put(VIEW_GENERATIONS, view, {"live": view, "indexes": ["name"]})
    ordered = ["", "\t", '"a"', "A", "a", "a\\", "aa", "ä", "€", "\uffee", "🦊", "🦊a"]
    for name in sorted(ordered, key=len):
        await put(view, f"k{ordered.index(name)}", {"_meta": {"version": 1, "keys": {"name": name}}})
    await put(view, "without", {"_meta": {"version": 1, "keys": {"name": None}}})
    page = await cluster.query(EntryQuery(map_name=view, index="name", descending=descending))
    found = [each.index_value for each in page.entries]
    assert found == (ordered[::-1] if descending else ordered)


async def test_the_limit_bounds_the_page_and_not_the_count(cluster: Cluster, books: Ledger) -> None:
    page = await cluster.query(EntryQuery(map_name=ACCOUNTS, index="id", limit=2, count=True, filter=books.ours))
    assert names(books, page) == "ab"
    assert page.count == 5


async def test_a_count_alone_is_possible(cluster: Cluster, books: Ledger) -> None:
    page = await cluster.query(
        EntryQuery(map_name=ACCOUNTS, index="id", ranges=within(books, ("b", "d+")), limit=0, count=True)
    )
    assert (page.entries, page.count) == ([], 3)


async def test_a_count_of_everything_is_the_size_of_the_map_without_what_is_absent(
    cluster: Cluster, books: Ledger
) -> None:
    everything = EntryQuery(map_name=OWNERS, limit=1_000_000, count=True)
    by_key = await cluster.query(everything)
    by_index = await cluster.query(msgspec.structs.replace(everything, index="id"))
    assert by_key.count == len(by_key.entries)
    present = [each for each in by_key.entries if not msgspec.json.decode(each.entry)["_meta"].get("absent")]
    assert by_index.count == len(by_index.entries) == len(present)


async def test_an_answer_says_how_many_entries_were_looked_at(cluster: Cluster, books: Ledger) -> None:
    rich = condition(["balance"], "gt", 50, "number")
    query = EntryQuery(map_name=ACCOUNTS, index="id", ranges=within(books, ("a", "e+")), filter=rich)
    assert (await cluster.query(query)).scanned == 5
    assert (await cluster.query(msgspec.structs.replace(query, limit=1))).scanned == 3
    assert (await cluster.query(msgspec.structs.replace(query, limit=2, filter=None))).scanned == 2
    enough = await cluster.query(msgspec.structs.replace(query, max_scanned=5))
    assert (names(books, enough), enough.exceeded) == ("c", False)
    exceeded = await cluster.query(msgspec.structs.replace(query, max_scanned=4, count=True))
    assert (exceeded.entries, exceeded.exceeded, exceeded.scanned) == ([], True, 5)
    answered_by_the_index = await cluster.query(msgspec.structs.replace(query, filter=None, max_scanned=1))
    assert (names(books, answered_by_the_index), answered_by_the_index.exceeded) == ("abcde", False)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (condition(["balance"], "eq", 30, "number"), "bd"),
        (condition(["balance"], "eq", "30.00", "number"), "bd"),
        (condition(["balance"], "ne", "30.00", "number"), "ace"),
        (condition(["balance"], "gte", 30, "number"), "bcd"),
        (condition(["balance"], "gt", "30", "number"), "c"),
        (condition(["balance"], "lte", "5", "number"), "ae"),
        (condition(["balance"], "lt", "5", "number"), "e"),
        (condition(["balance"], "in", ["1", "100"], "number"), "ce"),
        (condition(["_meta", "version"], "eq", "2", "number"), "abcde"),
        (condition(["_meta", "version"], "eq", "2"), ""),
        (condition(["owner"], "contains", "ANN", "folded"), "abc"),
        (condition(["owner"], "contains", "ANN"), ""),
        (condition(["owner"], "contains", "Ann"), "abc"),
        (condition(["nowhere", "at", "all"], "eq", "x"), ""),
        (condition(["nowhere", "at", "all"], "ne", "x"), "abcde"),
        (condition(["owner", "deeper"], "eq", "x"), ""),
        (condition(["owner", "deeper"], "isNull", True), "abcde"),
        ({"not": condition(["balance"], "lt", 30, "number")}, "bcd"),
        ({"or": [condition(["balance"], "eq", 1, "number"), condition(["balance"], "eq", 5, "number")]}, "ae"),
        ({"or": []}, ""),
        ({"and": []}, "abcde"),
        ({"path": ["nowhere"], "some": {"and": []}}, ""),
        ({"path": ["nowhere"], "every": {"or": []}}, "abcde"),
    ],
)
async def test_conditions_select(cluster: Cluster, books: Ledger, more: Filter, expected: str) -> None:
    page = await cluster.query(
        EntryQuery(map_name=ACCOUNTS, index="id", ranges=(KeyRange(books.run),), filter=books.ours_and(more))
    )
    assert names(books, page) == expected


async def test_a_condition_reaches_into_the_meta(cluster: Cluster, books: Ledger) -> None:
    of_c = condition(["_meta", "keys", "id"], "contains", books.id("c"))
    page = await cluster.query(EntryQuery(map_name=ACCOUNTS, index="id", filter=books.ours_and(of_c)))
    assert names(books, page) == "c"


async def test_all_conditions_must_hold(cluster: Cluster, books: Ledger) -> None:
    of_ann, more = condition(["owner"], "contains", "ann", "folded"), condition(["balance"], "gt", 5, "number")
    page = await cluster.query(EntryQuery(map_name=ACCOUNTS, index="id", filter=books.ours_and(of_ann, more)))
    assert names(books, page) == "bc"


async def test_an_entry_that_was_removed_is_in_no_page_and_no_count(cluster: Cluster, put: Put) -> None:
    view = f"{new_id()}-view"
    await put(VIEW_GENERATIONS, view, {"live": view, "indexes": ["id"]})
    for name in "abc":
        await put(view, name, {"_meta": {"version": 1, "keys": {"id": name}}, "name": name})
    await put(view, "b", {"_meta": {"version": 2, "keys": {}, "absent": True}})
    everything: Filter = {"and": []}
    for tree in (None, everything):
        page = await cluster.query(EntryQuery(map_name=view, index="id", count=True, filter=tree))
        assert ([each.index_value for each in page.entries], page.count) == (["a", "c"], 2)
        figures = await cluster.aggregate(AggregateQuery(map_name=view, index="id", filter=tree))
        assert [group.count for group in figures.groups] == [2]
    await put(view, "b", {"_meta": {"version": 3, "keys": {"id": "b"}}, "name": "b"})
    page = await cluster.query(EntryQuery(map_name=view, index="id", count=True))
    assert ([each.index_value for each in page.entries], page.count) == (["a", "b", "c"], 3)


async def test_the_store_is_read_in_the_order_of_storing(cluster: Cluster, books: Ledger) -> None:
    page = await cluster.query(
        EntryQuery(
            map_name=EVENT_STORE, index="cursor", limit=100, filter=condition(["aggregateId"], "contains", books.run)
        )
    )
    records = [msgspec.json.decode(each.entry) for each in page.entries]
    assert [each.index_value for each in page.entries] == sorted(record["cursor"] for record in records)
    sequences = {
        name: [each["sequence"] for each in records if each["aggregateId"] == books.id(name)] for name in "abcde"
    }
    assert sequences == {name: [1, 2] for name in "abcde"}


async def test_without_an_index_the_keys_sort(cluster: Cluster, books: Ledger) -> None:
    page = await cluster.query(EntryQuery(map_name=ACCOUNTS, ranges=within(books, ("b", "e")), limit=2))
    assert [each.index_value for each in page.entries] == [books.id("b"), books.id("c")]
