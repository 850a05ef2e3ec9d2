"""Changes of a view's entries: what a filter lets through, what leaves it, what is removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, Websocket, running_gateway
from tests.unit.resolvers.derived.conftest import DOMAIN, put, take

BOOKS = """
subscription($id: ID, $filter: BookFilter) {
  bookChanged(bookId: $id, filter: $filter) {
    ... on BookChange { change bookId causedBy { eventType } book { title revision { version } } }
  }
}
"""
AUTHORS = """
subscription($id: ID, $filter: AuthorFilter) {
  authorChanged(author: $id, filter: $filter) { ... on AuthorChange { change author entry { titles } } }
}
"""


@pytest.fixture
async def shelf() -> AsyncIterator[Gateway]:
    async with running_gateway(Settings(domain=DOMAIN)) as gateway:
        yield gateway


async def came(socket: Websocket) -> list[Any]:
    """All that has come so far, in short."""
    await asyncio.sleep(0.1)  # time passes once nothing else happens: what has to be read has been read
    await socket.settle()
    found = []
    while socket.waiting:
        message = await socket.receive()
        assert "errors" not in message["payload"], message
        [value] = message["payload"]["data"].values()
        found.append(tuple(value.values()))
    return found


async def test_an_entry_is_made_changed_and_removed_once_each(shelf: Gateway) -> None:
    async with shelf.websocket() as socket:
        await socket.subscribe("1", BOOKS)
        await socket.settle()
        await put(shelf, "b1")
        await take(shelf, "b1")
        await put(shelf, "b1")
        assert await came(socket) == [
            ("CHANGED", "b1", {"eventType": "BookPut"}, {"title": "Emma", "revision": {"version": 1}}),
            ("REMOVED", "b1", {"eventType": "BookTaken"}, None),
            ("CHANGED", "b1", {"eventType": "BookPut"}, {"title": "Emma", "revision": {"version": 3}}),
        ]


async def test_of_one_entry_only_its_changes_come(shelf: Gateway) -> None:
    async with shelf.websocket() as socket:
        await socket.subscribe("1", BOOKS, id="b2")
        await socket.settle()
        await put(shelf, "b1")
        await put(shelf, "b2")
        assert [(change, book) for change, book, *_ in await came(socket)] == [("CHANGED", "b2")]


async def test_what_matches_no_more_has_left_once_and_what_never_matched_is_not_told(shelf: Gateway) -> None:
    await put(shelf, "b0", title="Emma", author="jane")
    async with shelf.websocket() as socket:
        await socket.subscribe("1", AUTHORS, filter={"titles": {"none": {"startsWith": "X"}}})
        await socket.settle()
        told = []
        for book, title, author in (
            ("b1", "Ulysses", "james"),
            ("b2", "X", "james"),
            ("b3", "Xy", "james"),
            ("b4", "Xz", "jane"),
            ("b5", "X", "nobody"),
            ("b6", "Dubliners", "nobody"),
        ):
            await put(shelf, book, title=title, author=author)
            told += await came(socket)  # the entry is read before the next event: a later one may be that of both
        assert told == [
            ("CHANGED", "james", {"titles": ["Ulysses b1"]}),
            ("LEFT", "james", None),
            ("LEFT", "jane", None),
        ]
        for book in ("b2", "b3"):
            await take(shelf, book)
        assert await came(socket) == [("CHANGED", "james", {"titles": ["Ulysses b1"]})]


async def test_changes_of_a_view_whose_key_is_not_the_aggregates_id(shelf: Gateway) -> None:
    async with shelf.websocket() as socket:
        await socket.subscribe("1", AUTHORS, id="jane")
        await socket.settle()
        await put(shelf, "b1", title="Emma", author="jane")
        await put(shelf, "b2", title="Ulysses", author="james")
        await take(shelf, "b1")
        assert await came(socket) == [("CHANGED", "jane", {"titles": ["Emma b1"]}), ("REMOVED", "jane", None)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("subscription { bookChanged(filter: {}) { __typename } }", "filter"),
        ("subscription { bookChanged(filter: {pages: {eq: null}}) { __typename } }", "filter.pages.eq"),
        ('subscription { bookChanged(bookId: "a b") { __typename } }', "bookId"),
    ],
)
async def test_what_asks_for_nothing_is_refused_at_once(shelf: Gateway, query: str, field: str) -> None:
    async with shelf.websocket() as socket:
        await socket.subscribe("1", query)
        message = await socket.receive()
        assert message["type"] == "error" or "errors" in message["payload"], message
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"] == {"code": "BAD_USER_INPUT", "field": field}


async def test_an_event_that_a_view_could_not_take_is_no_change(shelf: Gateway) -> None:
    async with shelf.websocket() as socket:
        await socket.subscribe("1", BOOKS)
        await socket.settle()
        assert (await put(shelf, "b1", title="poison"))["code"] == "DEAD_LETTERED"
        await put(shelf, "b2")
        assert [book for _, book, *_ in await came(socket)] == ["b2"]
