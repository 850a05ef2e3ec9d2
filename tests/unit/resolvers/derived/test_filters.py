"""Filters: every operator of every kind of field, and what is refused by its name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.gateway import Gateway
from tests.unit.resolvers.derived.conftest import MOST_SCANNED, put, titles

BOOKS: list[dict[str, Any]] = [
    {
        "title": "Emma",
        "pages": 400,
        "sold": 5_000_000_000,
        "price": "9.50",
        "kind": "NOVEL",
        "grade": "HIGH",
        "weight": 1.5,
        "boughtOn": "2024-02-29",
        "putAt": "2024-02-29T10:00:00Z",
        "tags": ["old", "Bath"],
        "parts": [{"title": "One", "pages": 300}, {"title": "Two", "pages": 100}],
        "lent": True,
    },
    {
        "title": "ΟΔΥΣΣΕΥΣ",
        "author": "homer",
        "pages": 12,
        "price": "10.0",
        "kind": "ATLAS",
        "grade": "LOW",
        "weight": 2.25,
        "boughtOn": "2023-12-31",
        "putAt": "2023-12-31T23:59:59.5Z",
        "tags": ["old"],
        "parts": [{"title": "All", "pages": 12}],
    },
    {"title": "Straße", "author": "heinrich", "pages": 3, "more": {"any": [1]}},
]
EMMA, ODYSSEY, STREET = (book["title"] for book in BOOKS)

FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"bookId": {"eq": "b0"}}, [EMMA]),
    ({"bookId": {"ne": "b0"}}, [ODYSSEY, STREET]),
    ({"bookId": {"in": ["b2", "b0", "nothing"]}}, [EMMA, STREET]),
    ({"author": {"eq": "homer"}}, [ODYSSEY]),
    ({"title": {"gt": "F"}}, [ODYSSEY, STREET]),
    ({"title": {"gte": "Emma", "lte": "Emma"}}, [EMMA]),
    ({"title": {"lt": "F"}}, [EMMA]),
    ({"title": {"startsWith": "Str"}}, [STREET]),
    ({"title": {"contains": "mm"}}, [EMMA]),
    ({"title": {"contains": "MM"}}, []),
    ({"title": {"containsIgnoreCase": "MM"}}, [EMMA]),
    ({"title": {"eqIgnoreCase": "οδυσσευς"}}, [ODYSSEY]),
    ({"title": {"eqIgnoreCase": "STRASSE"}}, [STREET]),
    ({"title": {"startsWithIgnoreCase": "STRASS"}}, [STREET]),
    ({"pages": {"eq": 12}}, [ODYSSEY]),
    ({"pages": {"gte": 12, "lt": 400}}, [ODYSSEY]),
    ({"pages": {"in": [3, 400]}}, [EMMA, STREET]),
    ({"sold": {"gt": 4_999_999_999}}, [EMMA]),
    ({"weight": {"lte": 1.5, "gt": 0}}, [EMMA]),
    ({"price": {"eq": "9.5"}}, [EMMA]),
    ({"price": {"lt": "10"}}, [EMMA]),
    ({"price": {"gte": "10.00"}}, [ODYSSEY]),
    ({"price": {"isNull": True}}, [STREET]),
    ({"price": {"isNull": False}}, [EMMA, ODYSSEY]),
    ({"price": {"ne": "10"}}, [EMMA, STREET]),
    ({"kind": {"eq": "ATLAS"}}, [ODYSSEY]),
    ({"kind": {"in": ["NOVEL"]}}, [EMMA, STREET]),
    ({"grade": {"eq": "HIGH"}}, [EMMA]),
    ({"grade": {"ne": "HIGH"}}, [ODYSSEY, STREET]),
    ({"lent": {"eq": True}}, [EMMA]),
    ({"lent": {"eq": False}}, [ODYSSEY, STREET]),
    ({"boughtOn": {"gt": "2023-12-31"}}, [EMMA]),
    ({"boughtOn": {"isNull": True}}, [STREET]),
    ({"putAt": {"eq": "2024-02-29T11:00:00+01:00"}}, [EMMA]),
    ({"putAt": {"gt": "2023-12-31T23:59:59Z", "lt": "2024-01-01T00:00:00Z"}}, [ODYSSEY]),
    ({"tags": {"some": {"eq": "Bath"}}}, [EMMA]),
    ({"tags": {"every": {"eq": "old"}}}, [ODYSSEY, STREET]),
    ({"tags": {"none": {"eqIgnoreCase": "OLD"}}}, [STREET]),
    ({"parts": {"some": {"pages": {"gt": 200}, "title": {"eq": "One"}}}}, [EMMA]),
    ({"parts": {"some": {"pages": {"gt": 200}, "title": {"eq": "Two"}}}}, []),
    ({"parts": {"every": {"pages": {"lt": 200}}}}, [ODYSSEY, STREET]),
    ({"parts": {"none": {"title": {"eq": "All"}}}}, [EMMA, STREET]),
    ({"and": [{"pages": {"gt": 3}}, {"lent": {"eq": False}}]}, [ODYSSEY]),
    ({"or": [{"pages": {"eq": 3}}, {"title": {"eq": "Emma"}}]}, [EMMA, STREET]),
    ({"not": {"or": [{"pages": {"eq": 3}}, {"title": {"eq": "Emma"}}]}}, [ODYSSEY]),
    ({"not": {"not": {"pages": {"eq": 3}}}, "author": {"ne": "homer"}}, [STREET]),
]


@pytest.fixture
async def books(shelf: Gateway) -> Gateway:
    for number, book in enumerate(BOOKS):
        assert (await put(shelf, f"b{number}", **book))["__typename"] == "BookPayload"
    return shelf


async def test_every_operator_of_every_kind(books: Gateway) -> None:
    counted = "query($filter: BookFilter) { books(filter: $filter) { totalCount } }"
    figures = "query($filter: BookFilter) { booksAggregate(filter: $filter) { count } }"
    for given, expected in FILTERS:
        assert sorted(await titles(books, filter=given)) == sorted(expected), given
        for field in ("TITLE", "PAGES", "PRICE", "GRADE"):
            sort = {"field": field, "direction": "ASC"}
            assert sorted(await titles(books, filter=given, sort=sort)) == sorted(expected), (given, sort)
        assert (await books.data(counted, filter=given))["books"]["totalCount"] == len(expected), given
        assert (await books.data(figures, filter=given))["booksAggregate"] == [{"count": len(expected)}], given


def nested(depth: int) -> dict[str, Any]:
    return {"pages": {"eq": 3}} if depth == 0 else {"not": nested(depth - 1)}


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({}, "filter", "no operator"),
    ({"pages": {}}, "filter.pages", "no operator"),
    ({"pages": None}, "filter.pages", "is null"),
    ({"pages": {"eq": None}}, "filter.pages.eq", "is null"),
    ({"title": {"in": None}}, "filter.title.in", "is null"),
    ({"title": {"isNull": None}}, "filter.title.isNull", "is null"),
    ({"not": {}}, "filter.not", "no operator"),
    ({"not": None}, "filter.not", "is null"),
    ({"and": []}, "filter.and", "is empty"),
    ({"or": [{"pages": {"eq": 1}}, {}]}, "filter.or.1", "no operator"),
    ({"parts": {"some": {}}}, "filter.parts.some", "no operator"),
    ({"parts": {}}, "filter.parts", "no operator"),
    ({"parts": {"every": {"title": {"eq": None}}}}, "filter.parts.every.title.eq", "is null"),
    ({"bookId": {"in": [f"b{n}" for n in range(1_001)]}}, "filter.bookId.in", "at most 1,000 values, these are 1,001"),
    ({"or": [{"pages": {"eq": n}} for n in range(1_001)]}, "filter", "more than 1,000 comparisons"),
    (nested(33), "filter" + ".not" * 33, "nested more than 32 deep"),
]


@pytest.mark.parametrize(("given", "field", "message"), REFUSED)
async def test_what_asks_for_nothing_or_too_much_is_refused_by_its_name(
    shelf: Gateway, given: dict[str, Any], field: str, message: str
) -> None:
    for root in ("books { totalCount }", "booksAggregate { count }"):
        name, _, fields = root.partition(" ")
        query = f"query($filter: BookFilter) {{ {name}(filter: $filter) {fields} }}"
        error = await shelf.error(query, filter=given)
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": field}
        assert message in error["message"]


async def test_as_deep_and_as_large_as_may_be_is_answered(books: Gateway) -> None:
    assert await titles(books, filter=nested(32)) == [STREET]
    many = [f"b{n}" for n in range(1_000)]
    assert sorted(await titles(books, filter={"bookId": {"in": many}})) == sorted([EMMA, ODYSSEY, STREET])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            '{ books(filter: {pages: {like: "x"}}) { totalCount } }',
            "not to include unknown field 'like'",
        ),
        (
            "{ books(filter: {cost: {eq: 1}}) { totalCount } }",
            "not to include unknown field 'cost'",
        ),
        (
            "{ books(filter: {more: {eq: 1}}) { totalCount } }",
            "not to include unknown field 'more'",
        ),
        ("{ books(sort: {field: WEIGHT}) { totalCount } }", "Value 'WEIGHT' does not exist in 'BookSortField' enum"),
        ("{ booksAggregate(groupBy: [TITLE]) { count } }", "Value 'TITLE' does not exist in 'BookGroupField' enum"),
    ],
)
async def test_what_there_is_not_is_unknown(shelf: Gateway, query: str, message: str) -> None:
    response = await shelf.http.post("/graphql", json={"query": query})
    assert message in response.json()["errors"][0]["message"]


async def test_a_filter_that_looks_at_too_much_names_the_index_that_would_help(shelf: Gateway) -> None:
    for number in range(MOST_SCANNED + 1):
        await put(shelf, f"b{number:03}", pages=number % 2, author=f"a{number}")
    for query in (
        "query($filter: BookFilter) { books(filter: $filter, last: 1) { edges { node { title } } } }",
        "query($filter: BookFilter) { books(filter: $filter) { totalCount } }",
    ):
        error = await shelf.error(query, filter={"weight": {"gt": 0}, "title": {"contains": "m"}})
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": "filter.weight"}
        assert error["message"] == (
            "filter: more than 50 entries would have to be looked at; declare an index that begins with 'weight', "
            "or narrow the filter"
        )
    error = await shelf.error("{ books(sort: {field: TITLE}, filter: {pages: {gt: 9}}) { edges { cursor } } }")
    assert "sort by PAGES, or narrow the filter" in error["message"]
    assert await titles(shelf, filter={"pages": {"gt": 9}}) == [], "an index answers it"
    assert await titles(shelf, filter={"author": {"eq": "a7"}, "weight": {"eq": 0}}) == ["Emma"]
