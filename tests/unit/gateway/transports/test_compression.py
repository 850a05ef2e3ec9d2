"""Long answers go in brotli or gzip to clients that take it, and GraphiQL is sent once."""

from __future__ import annotations

import asyncio

import pytest

from hazelgate.gateway.graphiql import Page
from hazelgate.gateway.settings import Settings
from hazelgate.gateway.transports.compression import coding_for
from tests.support.gateway import Gateway, running_gateway

LONG = {"query": "{ __schema { types { name description fields { name description } } } }"}
SHORT = {"query": "{ __typename }"}
BROWSER = {"accept": "text/html"}


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, GZIP;q=0.8", "gzip"),
        ("br, gzip;q=0.5", "br"),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("", None),
        ("deflate", None),
        ("gzip;q=0, br;q=0, *", None),
        ("br;q=none", None),
    ],
)
def test_a_client_says_which_coding_it_takes(accepted: str, expected: str | None) -> None:
    coding = coding_for(accepted)
    assert (None if coding is None else coding.name) == expected


@pytest.mark.parametrize("coding", ["br", "gzip"])
async def test_a_long_answer_is_compressed_for_those_who_take_it(gateway: Gateway, coding: str) -> None:
    packed = await gateway.http.post("/graphql", json=LONG, headers={"accept-encoding": coding})
    plain = await gateway.http.post("/graphql", json=LONG, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == coding
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 4
    assert plain.headers["vary"] == "accept, accept-encoding"


async def test_brotli_makes_an_answer_shorter_than_gzip_does(gateway: Gateway) -> None:
    """Or there would be no point in it."""
    shortest = [
        int(
            (await gateway.http.post("/graphql", json=LONG, headers={"accept-encoding": each})).headers[
                "content-length"
            ]
        )
        for each in ("br", "gzip")
    ]
    assert shortest == sorted(shortest)


async def test_a_short_answer_is_sent_as_it_is(gateway: Gateway) -> None:
    response = await gateway.http.post("/graphql", json=SHORT, headers={"accept-encoding": "br, gzip"})
    assert "content-encoding" not in response.headers


async def test_it_can_be_switched_off() -> None:
    async with running_gateway(Settings(compression=False)) as gateway:
        response = await gateway.http.post("/graphql", json=LONG, headers={"accept-encoding": "br, gzip"})
        assert "content-encoding" not in response.headers
        assert response.headers["vary"] == "accept"


@pytest.mark.parametrize("coding", ["br", "gzip"])
async def test_a_browser_that_has_graphiql_gets_no_second_one(gateway: Gateway, coding: str) -> None:
    first = await gateway.http.get("/graphql", headers=BROWSER | {"accept-encoding": coding})
    assert (first.headers["content-encoding"], first.headers["cache-control"]) == (coding, "no-cache")
    again = await gateway.http.get("/graphql", headers=BROWSER | {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "content-security-policy" in again.headers
    plain = await gateway.http.get("/graphql", headers=BROWSER | {"accept-encoding": "identity"})
    assert plain.content == first.content
    assert "content-encoding" not in plain.headers


async def test_graphiql_is_compressed_once_for_all_who_ask_for_it() -> None:
    packed: list[bytes] = []

    def pack(body: bytes) -> bytes:
        packed.append(body)
        return b"packed"

    page = Page(b"<!doctype html>")
    assert list(await asyncio.gather(page.packed("br", pack), page.packed("br", pack))) == [b"packed"] * 2
    assert await page.packed("gzip", pack) == b"packed"
    assert packed == [page.html] * 2, "once for each coding"
