"""A gateway behind a proxy: under a path, with the client's address in a header."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from hazelgate import Catalog
from hazelgate.gateway.app import create_app
from hazelgate.gateway.server import configuration
from hazelgate.gateway.settings import Settings
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster
from tests.support.served import client_of, started

FORWARDED = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}


class Seen(Starlette):
    """The gateway's app, and the last scope that it was asked with."""

    scope: Scope

    def __init__(self, app: Starlette) -> None:
        super().__init__()
        self.state = app.state
        self.front, self.state.front = self.state.front, self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            self.scope = scope
        await self.front(scope, receive, send)


@asynccontextmanager
async def behind(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, Seen]]:
    app = Seen(create_app(settings, cluster=MemoryCluster(Processor(Catalog.load(settings.domain)))))
    async with started(uvicorn.Server(configuration(settings, app))) as server, client_of(server) as http:
        yield http, app


async def test_the_address_in_a_header_counts_where_a_trusted_proxy_sends_it() -> None:
    async with behind(Settings(port=0, trusted_proxies=("127.0.0.0/8",))) as (http, app):
        await http.get("/health", headers=FORWARDED)
        assert (app.scope["client"][0], app.scope["scheme"]) == ("203.0.113.7", "https")


@pytest.mark.parametrize("proxies", [(), ("192.0.2.1",)])
async def test_nobody_else_is_believed(proxies: tuple[str, ...]) -> None:
    """Without a word of the operator uvicorn would believe every process of this machine."""
    async with behind(Settings(port=0, trusted_proxies=proxies)) as (http, app):
        await http.get("/health", headers=FORWARDED)
        assert (app.scope["client"][0], app.scope["scheme"]) == ("127.0.0.1", "http")


async def test_it_may_stand_below_a_path_that_the_proxy_takes_off() -> None:
    async with behind(Settings(port=0, root_path="/api/")) as (http, _):
        answer = await http.post("/graphql", json={"query": "{ __typename }"})
        assert answer.json() == {"data": {"__typename": "Query"}}
        assert "content-security-policy" in answer.headers
        assert (await http.get("/")).headers["location"] == "/api/graphql"
        assert (await http.get("/graphql/")).headers["location"] == "/api/graphql"
        assert (await http.get("/health", headers={"host": "any.example"})).status_code == 200
        assert (await http.get("/graphql", headers={"host": "any.example"})).status_code == 421


@pytest.mark.parametrize("path", ["api", "//evil.example", "/\u00e4", "/a\n"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        Settings(root_path=path)


def test_a_proxy_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(trusted_proxies=("proxy.internal",))


def test_a_connection_is_kept_for_longer_than_proxies_keep_theirs() -> None:
    """nginx and most load balancers of clouds reuse a connection that was idle for up to 60 seconds."""
    app = create_app(Settings())
    assert configuration(Settings(), app).timeout_keep_alive > 60


async def test_an_identity_counts_from_the_other_end_of_the_connection_alone() -> None:
    """Not from an address that a header names, whoever is believed about addresses."""
    said = {"x-forwarded-for": "10.0.0.1", "x-forwarded-user": "eve", "x-forwarded-groups": "operator"}
    body = {"query": "{ deadLetters { totalCount } }"}
    settings = Settings(port=0, trusted_proxies=("*",), identity_proxies=("10.0.0.1",))
    async with behind(settings) as (http, app):
        answer = await http.post("/graphql", json=body, headers=said)
        assert app.scope["client"][0] == "10.0.0.1"
        assert answer.status_code == 401
        assert "trusted proxies alone" in answer.json()["errors"][0]["message"]
    async with behind(settings.model_copy(update={"identity_proxies": ("127.0.0.1",)})) as (http, _):
        assert (await http.post("/graphql", json=body, headers=said)).json() == {
            "data": {"deadLetters": {"totalCount": 0}}
        }
