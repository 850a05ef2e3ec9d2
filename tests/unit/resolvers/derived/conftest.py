"""A gateway of the shelf on a cluster in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, running_gateway

DOMAIN = "tests.unit.resolvers.derived.shelf"
MOST_SCANNED = 50
PUT = """
mutation($input: PutBookInput!, $options: EventOptions) {
  putBook(input: $input, options: $options) {
    __typename
    ... on BookPayload { receipt { sequence } book { bookId putUpAt } }
    ... on EventError { code message }
    ... on EventRejected { problems { path code params } }
  }
}
"""


@pytest.fixture
async def shelf() -> AsyncIterator[Gateway]:
    """The shelf, empty."""
    async with running_gateway(Settings(domain=DOMAIN, max_scanned_entries=MOST_SCANNED)) as gateway:
        yield gateway


async def put(gateway: Gateway, book: str, title: str = "Emma", author: str = "jane", **given: Any) -> Any:
    """What comes of putting a book on the shelf."""
    options = given.pop("options", None)
    data = {"bookId": book, "title": title, "author": author, **given}
    return (await gateway.data(PUT, input=data, options=options))["putBook"]


async def take(gateway: Gateway, book: str) -> Any:
    """What comes of taking it."""
    query = """
    mutation($id: ID!) { takeBook(input: {bookId: $id}) {
      __typename ... on AuthorPayload { receipt { status } author { author titles } }
    } }
    """
    return (await gateway.data(query, id=book))["takeBook"]


async def titles(gateway: Gateway, **arguments: Any) -> list[str]:
    """The titles of the books on a page."""
    query = """
    query($filter: BookFilter, $sort: BookSort, $first: Int, $after: String, $last: Int, $before: String) {
      books(filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
        edges { node { title } }
      }
    }
    """
    return [edge["node"]["title"] for edge in (await gateway.data(query, **arguments))["books"]["edges"]]
