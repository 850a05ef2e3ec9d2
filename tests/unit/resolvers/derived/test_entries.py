"""Entries: computed fields, links, what mutations answer with, and entries that go and come again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.gateway import Gateway
from tests.unit.resolvers.derived.conftest import put, take


async def test_every_kind_of_field_comes_back_as_it_was_given(shelf: Gateway) -> None:
    given: dict[str, Any] = {
        "kind": "ATLAS",
        "grade": "HIGH",
        "parts": [{"title": "One", "pages": 3, "bookId": None}],
        "tags": ["a", "b"],
        "pages": 2**31 - 1,
        "sold": 2**53,
        "weight": 1.25,
        "price": "1.10",
        "lent": True,
        "boughtOn": "2024-02-29",
        "putAt": "2024-02-29T10:00:00Z",
        "more": {"deep": [1, {"er": None}]},
    }
    await put(shelf, "b1", **given)
    query = """
    { book(bookId: "b1") {
        kind grade parts { title pages bookId } tags pages sold weight price lent boughtOn putAt more
    } }
    """
    assert (await shelf.data(query))["book"] == given
    await put(shelf, "b2")
    assert (await shelf.data(query.replace("b1", "b2")))["book"] == {
        **given,
        "kind": "NOVEL",
        "grade": "LOW",
        "parts": [],
        "tags": [],
        "pages": 0,
        "sold": 0,
        "weight": 0.0,
        "lent": False,
        **dict.fromkeys(("price", "boughtOn", "putAt", "more")),
    }


async def test_what_is_filled_in_is_in_no_input_and_what_is_hidden_in_no_type(shelf: Gateway) -> None:
    filled = 'mutation { putBook(input: {title: "E", author: "j", toldAt: "2024-01-01T00:00:00Z"}) { __typename } }'
    hidden = '{ book(bookId: "b1") { cost } }'
    no_mutation = 'mutation { bookSeen(input: {bookId: "b1"}) { __typename } }'
    for query, name in ((filled, "toldAt"), (hidden, "cost"), (no_mutation, "bookSeen")):
        response = await shelf.http.post("/graphql", json={"query": query})
        assert f"'{name}'" in response.json()["errors"][0]["message"]
    handled = """
    mutation { handleEvent(input: {eventType: "BookSeen", aggregateId: "b1", data: {}}) { __typename } }
    """
    assert (await shelf.data(handled))["handleEvent"] == {"__typename": "EventPayload"}


async def test_a_computed_field_that_fails_is_its_own_error(shelf: Gateway) -> None:
    await put(shelf, "b1", pages=9, parts=[{"title": "One", "pages": 3}, {"title": "Two", "pages": 3}])
    await put(shelf, "b2")
    answer = await shelf.post("{ books { edges { node { bookId pagesPerPart } } } }")
    nodes = [edge["node"] for edge in answer["data"]["books"]["edges"]]
    assert nodes == [{"bookId": "b1", "pagesPerPart": 4}, {"bookId": "b2", "pagesPerPart": None}]
    [error] = answer["errors"]
    assert error["path"] == ["books", "edges", 1, "node", "pagesPerPart"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "division" not in error["message"], "what is inside stays there"


async def test_links_to_one_to_many_by_ids_by_an_index_and_from_nested_values(shelf: Gateway) -> None:
    await put(shelf, "b1", title="Emma")
    parts = [{"title": "One", "pages": 1, "bookId": "b1"}, {"title": "Two", "pages": 1}]
    parts.append({"title": "Three", "pages": 1, "bookId": "nothing"})
    await put(shelf, "b2", title="All", parts=parts)
    query = """
    { book(bookId: "b2") {
        by { author books(first: 1) { totalCount edges { node { title } } } }
        others { title }
        parts { title whole { title } }
    } }
    """
    assert (await shelf.data(query))["book"] == {
        "by": {"author": "jane", "books": {"totalCount": 2, "edges": [{"node": {"title": "All"}}]}},
        "others": [{"title": "Emma"}, None],
        "parts": [
            {"title": "One", "whole": {"title": "Emma"}},
            {"title": "Two", "whole": None},
            {"title": "Three", "whole": None},
        ],
    }


async def test_linked_entries_are_read_together(shelf: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await put(shelf, f"b{number}", author=f"a{number}")
    reads: list[tuple[str, int]] = []
    read = shelf.cluster.read

    async def noted(map_name: str, keys: Any) -> Any:
        reads.append((map_name, len(keys)))
        return await read(map_name, keys)

    monkeypatch.setattr(shelf.cluster, "read", noted)
    await shelf.data("{ books { edges { node { by { author } again: by { titles } } } } }")
    assert reads == [("author-view", 5)]


async def test_a_link_s_filter_and_sort_are_those_of_the_list(shelf: Gateway) -> None:
    for number in range(4):
        await put(shelf, f"b{number}", title=f"T{number % 2}", pages=number)
    query = """
    { author(author: "jane") {
        books(filter: {pages: {gt: 0}}, sort: {field: PAGES, direction: DESC}) { edges { node { pages } } totalCount }
        again: books(filter: {author: {eq: "another"}}) { totalCount }
    } }
    """
    author = (await shelf.data(query))["author"]
    assert author["books"] == {"edges": [{"node": {"pages": pages}} for pages in (3, 2, 1)], "totalCount": 3}
    assert author["again"] == {"totalCount": 0}, "a filter never leads out of the link"


async def test_a_mutation_answers_with_a_view_of_another_key_that_the_guard_fills_in(shelf: Gateway) -> None:
    await put(shelf, "b1", title="Emma")
    await put(shelf, "b2", title="All")
    taken = await take(shelf, "b1")
    assert taken == {
        "__typename": "AuthorPayload",
        "receipt": {"status": "SUCCESS"},
        "author": {"author": "jane", "titles": ["All b2"]},
    }
    assert (await take(shelf, "b2"))["author"] is None


async def test_a_refusal_has_its_code_and_parameters(shelf: Gateway) -> None:
    await put(shelf, "b1", title="Emma", pages=7)
    again = await put(shelf, "b1", title="Other")
    assert again["problems"] == [
        {"path": ["bookId"], "code": "THERE", "params": {"title": "Emma", "pageCount": 7}},
    ]
    wrong = await put(shelf, "b 2")
    assert [(each["path"], each["code"], each["params"]) for each in wrong["problems"]] == [
        (["bookId"], "INVALID", None)
    ]


async def test_a_retry_has_the_same_id_and_the_same_time_of_submission(shelf: Gateway) -> None:
    query = """
    mutation($id: ID) {
      putBook(input: {title: "Emma", author: "jane"}, options: {eventId: $id}) {
        ... on BookPayload { book { bookId putUpAt } }
      }
    }
    """
    first = (await shelf.data(query, id="e1"))["putBook"]["book"]
    assert first["putUpAt"] is not None
    assert (await shelf.data(query, id="e1"))["putBook"]["book"] == first
    assert (await shelf.data(query, id="e2"))["putBook"]["book"]["bookId"] != first["bookId"]


GONE = """
query($id: ID!, $node: ID!) {
  book(bookId: $id) { title }
  booksById(bookIds: [$id]) { title }
  books { totalCount edges { node { title } } }
  byTitle: books(sort: {field: TITLE}, filter: {title: {eq: "Emma"}}) { totalCount edges { node { title } } }
  booksAggregate { count }
  node(id: $node) { id }
  nodes(ids: [$node]) { id }
  author(author: "jane") { titles books { totalCount } }
}
"""


async def test_an_entry_that_is_removed_is_nowhere_and_may_be_made_anew(shelf: Gateway) -> None:
    await put(shelf, "b1", title="Emma")
    node = (await shelf.data('{ book(bookId: "b1") { id } }'))["book"]["id"]
    await take(shelf, "b1")
    nothing = {"totalCount": 0, "edges": []}
    assert await shelf.data(GONE, id="b1", node=node) == {
        "book": None,
        "booksById": [None],
        "books": nothing,
        "byTitle": nothing,
        "booksAggregate": [{"count": 0}],
        "node": None,
        "nodes": [None],
        "author": None,
    }
    assert (await put(shelf, "b1", title="Emma"))["receipt"] == {"sequence": 3}
    data = await shelf.data(GONE, id="b1", node=node)
    assert (data["book"], data["books"]["totalCount"], data["booksAggregate"]) == ({"title": "Emma"}, 1, [{"count": 1}])
    assert (data["node"], data["author"]) == ({"id": node}, {"titles": ["Emma b1"], "books": {"totalCount": 1}})
    query = """
    { book(bookId: "b1") { revision { version } history { edges { node { eventType sequence } } } } }
    """
    book = (await shelf.data(query))["book"]
    assert book["revision"] == {"version": 3}
    assert [edge["node"]["eventType"] for edge in book["history"]["edges"]] == ["BookPut", "BookTaken", "BookPut"]


async def test_an_entry_that_was_removed_is_seen_as_it_was(shelf: Gateway) -> None:
    await put(shelf, "b1", title="Emma")
    at = (await shelf.data("{ event: events { edges { node { metrics { persistedAt } } } } }"))["event"]
    await take(shelf, "b1")
    then = at["edges"][0]["node"]["metrics"]["persistedAt"]
    query = (
        'query($at: DateTime!) { book(bookId: "b1", asOf: $at) { title } author(author: "jane", asOf: $at) { titles } }'
    )
    assert await shelf.data(query, at=then) == {"book": {"title": "Emma"}, "author": {"titles": ["Emma b1"]}}
    assert await shelf.data(query, at="2999-01-01T00:00:00Z") == {"book": None, "author": None}


async def test_a_token_that_is_none_says_where_to_take_one_from(shelf: Gateway) -> None:
    error = await shelf.error('{ book(bookId: "b1", minRevision: "x") { title } }')
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": "minRevision"}
    assert "receipt" in error["message"]
