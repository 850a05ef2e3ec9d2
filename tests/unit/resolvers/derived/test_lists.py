"""Lists in pages, their counts, and figures over them: what is removed or was never there counts nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, running_gateway
from tests.unit.resolvers.derived.conftest import DOMAIN, put, take, titles
from tests.unit.resolvers.derived.shelf import POISON

PAGE = """
query($filter: BookFilter, $sort: BookSort, $first: Int, $after: String, $last: Int, $before: String) {
  books(filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
    totalCount edges { cursor node { bookId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
SORTS: list[Any] = [
    None,
    *(
        {"field": field, "direction": direction}
        for field in ("ID", "TITLE", "PAGES", "PRICE", "GRADE")
        for direction in ("ASC", "DESC")
    ),
]


@pytest.fixture
async def books(shelf: Gateway) -> Gateway:
    """Ten books, many of them alike; one is taken, one can't be put up, so eight are there."""
    for number in range(8):
        price = None if number % 3 == 0 else f"{number // 4}.{'0' * (number % 3)}"
        await put(shelf, f"b{number}", title="Emma" if number % 2 else "Ulysses", pages=number // 3, price=price)
    await put(shelf, "gone")
    await take(shelf, "gone")
    assert (await put(shelf, "never", title=POISON))["code"] == "DEAD_LETTERED"
    return shelf


async def all_pages(gateway: Gateway, size: int, backward: bool, **arguments: Any) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        where = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        page = (await gateway.data(PAGE, **arguments, **where))["books"]
        ids = [edge["node"]["bookId"] for edge in page["edges"]]
        found = ids + found if backward else found + ids
        cursor = page["pageInfo"]["startCursor" if backward else "endCursor"]
        assert page["totalCount"] == 8
        if not page["pageInfo"]["hasPreviousPage" if backward else "hasNextPage"]:
            return found


@pytest.mark.parametrize("sort", SORTS)
async def test_pages_in_both_directions_make_up_the_list_where_sort_keys_are_equal(books: Gateway, sort: Any) -> None:
    everything = await all_pages(books, 100, False, sort=sort)
    assert sorted(everything) == [f"b{number}" for number in range(8)]
    for size in (1, 3):
        assert await all_pages(books, size, False, sort=sort) == everything
        assert await all_pages(books, size, True, sort=sort) == everything


async def test_a_sort_has_its_order_and_nulls_are_the_least(books: Gateway) -> None:
    query = "query($sort: BookSort) { books(sort: $sort) { edges { node { price pages } } } }"

    async def values(field: str, direction: str) -> list[Any]:
        sort = {"field": field.upper(), "direction": direction}
        return [edge["node"][field] for edge in (await books.data(query, sort=sort))["books"]["edges"]]

    prices = [None if each is None else float(each) for each in await values("price", "ASC")]
    assert prices == [None, None, None, 0, 0, 1, 1, 1]
    assert await values("pages", "ASC") == [0, 0, 0, 1, 1, 1, 2, 2]
    assert await values("pages", "DESC") == [2, 2, 1, 1, 1, 0, 0, 0]


async def test_a_page_holds_under_writes_on_both_sides_of_its_cursor(books: Gateway) -> None:
    first = (await books.data(PAGE, first=3, sort={"field": "TITLE"}))["books"]
    cursor, shown = first["pageInfo"]["endCursor"], [edge["node"]["bookId"] for edge in first["edges"]]
    await put(books, "a-new-one", title="Anna")
    await put(books, "z-new-one", title="Zeno")
    await take(books, shown[-1])
    rest = await all_pages_after(books, cursor)
    assert sorted(shown + rest) == sorted([*(f"b{number}" for number in range(8)), "z-new-one"])


async def all_pages_after(gateway: Gateway, cursor: str) -> list[str]:
    found: list[str] = []
    while True:
        page = (await gateway.data(PAGE, first=2, after=cursor, sort={"field": "TITLE"}))["books"]
        found += [edge["node"]["bookId"] for edge in page["edges"]]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


@pytest.mark.parametrize("sort", [{"field": "PAGES"}, None])
async def test_a_cursor_of_another_sort_is_refused(books: Gateway, sort: Any) -> None:
    page = (await books.data(PAGE, first=1, sort={"field": "TITLE"}))["books"]
    error = await books.error(PAGE, after=page["pageInfo"]["endCursor"], sort=sort)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": "after"}
    authors = "query($after: String) { authors(after: $after) { totalCount } }"
    assert (await books.error(authors, after=page["pageInfo"]["endCursor"]))["extensions"]["field"] == "after"


async def test_counts_are_what_pages_show(books: Gateway) -> None:
    """Neither what was removed counts, nor what its first event could not make."""
    query = """
    query($filter: BookFilter) {
      books(filter: $filter) { totalCount edges { node { bookId } } }
      booksAggregate(filter: $filter) { count }
    }
    """
    for given, expected in ((None, 8), ({"title": {"eq": "Emma"}}, 4), ({"not": {"title": {"eq": "Emma"}}}, 4)):
        data = await books.data(query, filter=given)
        assert data["books"]["totalCount"] == len(data["books"]["edges"]) == expected
        assert data["booksAggregate"] == [{"count": expected}]


FIGURES = """
query($groupBy: [BookGroupField!], $filter: BookFilter) {
  booksAggregate(groupBy: $groupBy, filter: $filter) {
    group count sum { pages sold weight price } min { pages price boughtOn } max { pages price boughtOn }
  }
}
"""


async def test_figures_of_groups(shelf: Gateway) -> None:
    big = 2**40
    await put(shelf, "b0", kind="NOVEL", lent=True, pages=2**31 - 1, sold=big, price="0.10", boughtOn="2024-01-02")
    await put(shelf, "b1", kind="NOVEL", lent=True, pages=2**31 - 1, sold=1, price="0.20", boughtOn="2023-01-02")
    await put(shelf, "b2", kind="ATLAS", lent=False, pages=-5, weight=0.5, price="10")
    await put(shelf, "b3", kind="ATLAS", lent=False)
    groups = (await shelf.data(FIGURES, groupBy=["KIND", "LENT"]))["booksAggregate"]
    assert {tuple(group["group"]): group["count"] for group in groups} == {("NOVEL", "true"): 2, ("ATLAS", "false"): 2}
    by_kind = {group["group"][0]: group for group in groups}
    assert by_kind["NOVEL"] == {
        "group": ["NOVEL", "true"],
        "count": 2,
        "sum": {"pages": 2**32 - 2, "sold": big + 1, "weight": 0.0, "price": "0.30"},
        "min": {"pages": 2**31 - 1, "price": "0.10", "boughtOn": "2023-01-02"},
        "max": {"pages": 2**31 - 1, "price": "0.20", "boughtOn": "2024-01-02"},
    }
    assert by_kind["ATLAS"]["min"] == {"pages": -5, "price": "10", "boughtOn": None}
    [one] = (await shelf.data(FIGURES))["booksAggregate"]
    assert (one["group"], one["count"], one["sum"]["price"], one["max"]["price"]) == ([], 4, "10.30", "10")
    grades = (await shelf.data(FIGURES, groupBy=["GRADE"]))["booksAggregate"]
    assert [group["group"] for group in grades] == [["LOW"]]
    nothing = {"bookId": {"eq": "none"}}
    assert (await shelf.data(FIGURES, groupBy=["KIND"], filter=nothing))["booksAggregate"] == []
    [none] = (await shelf.data(FIGURES, filter=nothing))["booksAggregate"]
    assert (none["count"], none["sum"]["price"], none["min"]["pages"]) == (0, "0", None)


async def test_more_than_a_thousand_groups_are_refused() -> None:
    async with running_gateway(Settings(domain=DOMAIN)) as gateway:
        mutation = "mutation($inputs: [HandleEventInput!]!) { handleEvents(inputs: $inputs) { __typename } }"
        given = [
            {"eventType": "BookPut", "aggregateId": f"b{number}", "data": {"title": "Emma", "author": f"a{number}"}}
            for number in range(1_001)
        ]
        await gateway.data(mutation, inputs=given[:1_000])
        query = "{ booksAggregate(groupBy: [AUTHOR]) { count } }"
        assert len((await gateway.data(query))["booksAggregate"]) == 1_000
        await gateway.data(mutation, inputs=given[1_000:])
        error = await gateway.error(query)
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": "groupBy"}
        assert "more than 1,000 groups" in error["message"]


async def test_figures_that_can_not_be_are_refused(shelf: Gateway) -> None:
    error = await shelf.error("{ booksAggregate(groupBy: [KIND, KIND]) { count } }")
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": "groupBy"}


async def test_the_list_is_empty_before_anything_is_there(shelf: Gateway) -> None:
    assert await titles(shelf) == []
