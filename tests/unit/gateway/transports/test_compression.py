"""Long answers go in gzip to clients that take it, and GraphiQL is sent once."""

from __future__ import annotations

import gzip

import pytest

from hazelgate.gateway.settings import Settings
from hazelgate.gateway.transports.compression import takes_gzip
from tests.support.gateway import Gateway, running_gateway

LONG = {"query": "{ __schema { types { name description fields { name description } } } }"}
SHORT = {"query": "{ __typename }"}
BROWSER = {"accept": "text/html"}


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("", False), ("br", False), ("gzip;q=0, *", False)],
)
def test_a_client_says_whether_it_takes_gzip(accepted: str, expected: bool) -> None:
    assert takes_gzip(accepted) is expected


async def test_a_long_answer_is_compressed_for_those_who_take_it(gateway: Gateway) -> None:
    packed = await gateway.http.post("/graphql", json=LONG, headers={"accept-encoding": "gzip"})
    plain = await gateway.http.post("/graphql", json=LONG, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 4
    assert plain.headers["vary"] == "accept, accept-encoding"


async def test_a_short_answer_is_sent_as_it_is(gateway: Gateway) -> None:
    response = await gateway.http.post("/graphql", json=SHORT, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in response.headers


async def test_it_can_be_switched_off() -> None:
    async with running_gateway(Settings(compression=False)) as gateway:
        response = await gateway.http.post("/graphql", json=LONG, headers={"accept-encoding": "gzip"})
        assert "content-encoding" not in response.headers


async def test_a_browser_that_has_graphiql_gets_no_second_one(gateway: Gateway) -> None:
    first = await gateway.http.get("/graphql", headers=BROWSER | {"accept-encoding": "gzip"})
    assert (first.headers["content-encoding"], first.headers["cache-control"]) == ("gzip", "no-cache")
    again = await gateway.http.get("/graphql", headers=BROWSER | {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "content-security-policy" in again.headers
    plain = await gateway.http.get("/graphql", headers=BROWSER | {"accept-encoding": "identity"})
    assert plain.content == first.content != gzip.compress(first.content)
