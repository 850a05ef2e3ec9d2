"""Reads and queries over maps: the real cluster and the one in memory answer alike."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from hazelgate import Catalog
from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.queries import Condition, EntryPage, EntryQuery
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
    def ours(self) -> Condition:
        return Condition("owner", "in", [f"{self.run}-Ann", f"{self.run}-bob"])


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
    page = await cluster.query(
        EntryQuery(map_name=ACCOUNTS, index="balance", descending=descending, filter=(books.ours,))
    )
    assert names(books, page) == expected
    assert page.count is None


async def test_the_index_value_comes_along(cluster: Cluster, books: Ledger) -> None:
    page = await cluster.query(EntryQuery(map_name=ACCOUNTS, index="balance", limit=1, filter=(books.ours,)))
    assert [each.index_value for each in page.entries] == [f"000000000001:{books.id('e')}"]


@pytest.mark.parametrize(
    ("lower", "lower_inclusive", "upper", "upper_inclusive", "expected"),
    [
        ("b", True, "d", True, "bcd"),
        ("b", False, "d", True, "cd"),
        ("b", True, "d", False, "bc"),
        ("b", False, "d", False, "c"),
        ("b", True, None, True, "bcde"),
        (None, True, "b", True, "ab"),
        ("d", True, "b", True, ""),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
async def test_bounds_hold_in_either_direction(
    cluster: Cluster,
    books: Ledger,
    lower: str | None,
    lower_inclusive: bool,
    upper: str | None,
    upper_inclusive: bool,
    expected: str,
    descending: bool,
) -> None:
    page = await cluster.query(
        EntryQuery(
            map_name=ACCOUNTS,
            index="id",
            from_value=None if lower is None else books.id(lower),
            from_inclusive=lower_inclusive,
            to_value=None if upper is None else books.id(upper),
            to_inclusive=upper_inclusive,
            descending=descending,
            filter=(books.ours,),
        )
    )
    assert names(books, page) == (expected[::-1] if descending else expected)


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
    page = await cluster.query(EntryQuery(map_name=ACCOUNTS, index="id", limit=2, count=True, filter=(books.ours,)))
    assert names(books, page) == "ab"
    assert page.count == 5


async def test_a_count_alone_is_possible(cluster: Cluster, books: Ledger) -> None:
    page = await cluster.query(
        EntryQuery(map_name=ACCOUNTS, index="id", from_value=books.id("b"), to_value=books.id("d"), limit=0, count=True)
    )
    assert (page.entries, page.count) == ([], 3)


async def test_a_count_of_everything_is_the_size_of_the_map(cluster: Cluster, books: Ledger) -> None:
    everything = EntryQuery(map_name=OWNERS, limit=1_000_000, count=True)
    by_key = await cluster.query(everything)
    by_index = await cluster.query(msgspec.structs.replace(everything, index="id"))
    assert by_key.count == by_index.count == len(by_key.entries)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("balance", "eq", 30, "decimal"), "bd"),
        (Condition("balance", "eq", "30.00", "decimal"), "bd"),
        (Condition("balance", "ge", 30, "decimal"), "bcd"),
        (Condition("balance", "gt", "30", "decimal"), "c"),
        (Condition("balance", "le", "5", "decimal"), "ae"),
        (Condition("balance", "lt", "5", "decimal"), "e"),
        (Condition("balance", "in", ["1", "100"], "decimal"), "ce"),
        (Condition("_meta.version", "eq", "2"), "abcde"),
        (Condition("owner", "contains", "ANN", "text"), "abc"),
        (Condition("owner", "contains", "ANN"), ""),
        (Condition("owner", "contains", "Ann"), "abc"),
        (Condition("nowhere.at.all", "eq", "x"), ""),
        (Condition("owner.deeper", "eq", "x"), ""),
    ],
)
async def test_conditions_select(cluster: Cluster, books: Ledger, condition: Condition, expected: str) -> None:
    page = await cluster.query(
        EntryQuery(map_name=ACCOUNTS, index="id", from_value=books.run, filter=(books.ours, condition))
    )
    assert names(books, page) == expected


async def test_a_condition_reaches_into_the_meta(cluster: Cluster, books: Ledger) -> None:
    condition = Condition("_meta.keys.id", "contains", books.id("c"))
    page = await cluster.query(EntryQuery(map_name=ACCOUNTS, index="id", filter=(books.ours, condition)))
    assert names(books, page) == "c"


async def test_all_conditions_must_hold(cluster: Cluster, books: Ledger) -> None:
    page = await cluster.query(
        EntryQuery(
            map_name=ACCOUNTS,
            index="id",
            filter=(
                books.ours,
                Condition("owner", "contains", "ann", "text"),
                Condition("balance", "gt", 5, "decimal"),
            ),
        )
    )
    assert names(books, page) == "bc"


async def test_the_store_is_read_in_the_order_of_storing(cluster: Cluster, books: Ledger) -> None:
    page = await cluster.query(
        EntryQuery(
            map_name=EVENT_STORE, index="cursor", limit=100, filter=(Condition("aggregateId", "contains", books.run),)
        )
    )
    records = [msgspec.json.decode(each.entry) for each in page.entries]
    assert [each.index_value for each in page.entries] == sorted(record["cursor"] for record in records)
    sequences = {
        name: [each["sequence"] for each in records if each["aggregateId"] == books.id(name)] for name in "abcde"
    }
    assert sequences == {name: [1, 2] for name in "abcde"}


async def test_without_an_index_the_keys_sort(cluster: Cluster, books: Ledger) -> None:
    page = await cluster.query(
        EntryQuery(map_name=ACCOUNTS, from_value=books.id("b"), to_value=books.id("e"), to_inclusive=False, limit=2)
    )
    assert [each.index_value for each in page.entries] == [books.id("b"), books.id("c")]
