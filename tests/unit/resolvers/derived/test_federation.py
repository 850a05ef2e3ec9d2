"""Entities: entries by their keys, for a gateway that joins subgraphs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hazelgate.gateway.settings import Settings
from hazelgate.resolvers.derived.federation import MAX_REPRESENTATIONS
from tests.support.gateway import Gateway, running_gateway
from tests.unit.resolvers.derived.conftest import DOMAIN, put

ENTITIES = """
query($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Book { bookId title by { author } }
    ... on Author { author titles }
  }
}
"""


@pytest.fixture
async def subgraph() -> AsyncIterator[Gateway]:
    """The shelf as a subgraph, empty."""
    async with running_gateway(Settings(domain=DOMAIN, federation=True)) as gateway:
        yield gateway


async def test_the_subgraph_tells_its_text(subgraph: Gateway) -> None:
    text = (await subgraph.data("{ _service { sdl } }"))["_service"]["sdl"]
    assert 'type Book implements Node @key(fields: "bookId") {' in text


async def test_without_the_setting_there_is_no_such_field(shelf: Gateway) -> None:
    response = await shelf.http.post("/graphql", json={"query": "{ _service { sdl } }"})
    assert "'_service'" in response.json()["errors"][0]["message"]


async def test_entities_are_in_the_order_asked_for_and_null_where_there_is_none(subgraph: Gateway) -> None:
    await put(subgraph, "b1", title="Emma")
    wanted = [
        {"__typename": "Author", "author": "jane"},
        {"__typename": "Book", "bookId": "nothing"},
        {"__typename": "Book", "bookId": "b1", "title": "of another subgraph"},
        {"__typename": "Author", "author": "jane"},
    ]
    jane = {"__typename": "Author", "author": "jane", "titles": ["Emma b1"]}
    assert (await subgraph.data(ENTITIES, representations=wanted))["_entities"] == [
        jane,
        None,
        {"__typename": "Book", "bookId": "b1", "title": "Emma", "by": {"author": "jane"}},
        jane,
    ]


async def test_all_entities_of_a_view_are_read_in_one_go(subgraph: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await put(subgraph, f"b{number}", author=f"a{number}")
    reads: list[tuple[str, int]] = []
    read = subgraph.cluster.read

    async def noted(map_name: str, keys: Any) -> Any:
        reads.append((map_name, len(keys)))
        return await read(map_name, keys)

    monkeypatch.setattr(subgraph.cluster, "read", noted)
    wanted = [{"__typename": "Book", "bookId": f"b{number}"} for number in range(5)]
    wanted += [{"__typename": "Author", "author": f"a{number}"} for number in range(3)]
    await subgraph.data("query($r: [_Any!]!) { _entities(representations: $r) { __typename } }", r=wanted)
    assert sorted(reads) == [("author-view", 3), ("book-view", 5)]


@pytest.mark.parametrize(
    ("representation", "message"),
    [
        (7, "representations.1: not an object with `__typename` and a key"),
        ({"bookId": "b1"}, "representations.1.__typename: not the name of an entity; these are: Book, Author"),
        ({"__typename": ["Book"]}, "representations.1.__typename: not the name of an entity"),
        ({"__typename": "Part", "title": "One"}, "representations.1.__typename: not the name of an entity"),
        ({"__typename": "Book"}, "representations.1.bookId: the key of Book is missing, or no text"),
        ({"__typename": "Book", "bookId": ["b1"]}, "representations.1.bookId: the key of Book is missing, or no text"),
        ({"__typename": "Book", "bookId": True}, "representations.1.bookId: the key of Book is missing, or no text"),
        ({"__typename": "Book", "bookId": "b 1"}, "representations.1.bookId: not an id"),
    ],
)
async def test_a_bad_representation_is_its_own_error(subgraph: Gateway, representation: Any, message: str) -> None:
    """The others are answered."""
    await put(subgraph, "b1", title="Emma")
    good = {"__typename": "Book", "bookId": "b1"}
    answer = await subgraph.post(ENTITIES, representations=[good, representation, good])
    [error] = answer["errors"]
    assert error["message"].startswith(message)
    assert (error["path"], error["extensions"]["code"]) == (["_entities", 1], "BAD_USER_INPUT")
    first, bad, last = answer["data"]["_entities"]
    assert (first["title"], bad, last["title"]) == ("Emma", None, "Emma")


async def test_a_key_that_is_a_whole_number_is_taken_as_the_scalar_takes_it(subgraph: Gateway) -> None:
    await put(subgraph, "7", title="Emma")
    query = '{ _entities(representations: [{__typename: "Book", bookId: 7}]) { ... on Book { title } } }'
    assert (await subgraph.data(query))["_entities"] == [{"title": "Emma"}]


async def test_too_many_representations_are_refused(subgraph: Gateway) -> None:
    wanted = [{"__typename": "Book", "bookId": "b"}] * (MAX_REPRESENTATIONS + 1)
    answer = await subgraph.post(ENTITIES, representations=wanted)
    [error] = answer["errors"]
    assert "at most 10,000" in error["message"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
