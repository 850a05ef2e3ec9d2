"""Client libraries of other people: Apollo Client, urql with graphcache, graphql-sse, Python's gql, and the audits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from gql import Client, gql
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

from hazelgate import Catalog
from hazelgate.gateway.app import create_app
from hazelgate.gateway.server import bounded_http
from hazelgate.gateway.settings import Settings
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster
from tests.acceptance.conftest import NODE_TESTS
from tests.support.gateway import CREATE_CUSTOMER
from tests.support.served import client_of, serving
from tests.support.until import PATIENCE_SECONDS

NAMES = ("Ada", "Bob", "Cyd", "Dan", "Eve")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url() -> AsyncIterator[str]:
    """One gateway for all of them, on a cluster in memory: what is tried here is what is spoken."""
    settings = Settings(max_batched_operations=10)
    app = create_app(settings, cluster=MemoryCluster(Processor(Catalog.load(settings.domain))))
    async with serving(app, bounded_http(settings, app.state.refusals)) as server, client_of(server) as http:
        for number, name in enumerate(NAMES, start=1):
            given = {"customerId": f"c{number}", "name": name, "email": f"{name}@example.org"}
            await http.post("/graphql", json={"query": CREATE_CUSTOMER, "variables": {"input": given}})
        yield f"{http.base_url}/graphql".replace("//graphql", "/graphql")


async def told(node: Path, url: str, scenario: str) -> Any:
    """What a scenario of `clients.mjs` has found."""
    script = str(NODE_TESTS / "clients.mjs")
    client = await asyncio.create_subprocess_exec(
        str(node), script, url, scenario, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, errors = await asyncio.wait_for(client.communicate(), PATIENCE_SECONDS)
    except TimeoutError:
        client.kill()
        raise
    assert client.returncode == 0, errors.decode()
    return json.loads(out)


async def test_apollo_client_normalizes_pages_and_subscribes(node: Path, url: str) -> None:
    """Pages are merged into one list, and a mutation's result changes what the list shows."""
    found = await told(node, url, "apollo")
    assert len(found["first"]) == 2
    assert len(found["merged"]) == 4
    assert found["merged"][:2] == found["first"]
    assert found["renamed"] == "Renamed"
    assert found["heard"] == found["customerId"]


async def test_apollo_client_subscribes_in_parts(node: Path, url: str) -> None:
    found = await told(node, url, "apollo-multipart")
    assert found["heard"] == "c1"
    assert 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0' in found["types"]
    assert found["refused"]["name"] == "CombinedProtocolErrors"
    assert "intervalMs" in found["refused"]["message"]


async def test_apollo_client_sends_hashes(node: Path, url: str) -> None:
    """The text only once, when the gateway does not know the hash; then also by GET."""
    found = await told(node, url, "apollo-persisted")
    assert found["sent"] == ["hash", "query", "hash", "GET"]


async def test_apollo_client_sends_batches(node: Path, url: str) -> None:
    assert await told(node, url, "apollo-batch") == {"requests": 1, "found": ["c1", "c2"]}


async def test_urql_with_graphcache_normalizes_and_subscribes(node: Path, url: str) -> None:
    found = await told(node, url, "urql")
    assert found["renamed"] == "By urql"
    assert found["heard"] == found["customerId"]


async def test_graphql_sse_works_in_both_modes(node: Path, url: str) -> None:
    found = await told(node, url, "graphql-sse")
    for mode in ("distinct", "single"):
        assert found[mode] == {
            "query": {"data": {"__typename": "Query"}},
            "invalid": "GRAPHQL_VALIDATION_FAILED",
            "heard": "c1",
        }


async def test_all_audits_of_graphql_over_http_pass(node: Path, url: str) -> None:
    assert await told(node, url, "audits") == {"number": 61, "bad": []}


# ---------------------------------------------------------------- Python


async def test_gql_asks_and_changes_over_http(url: str) -> None:
    async with Client(transport=HTTPXAsyncTransport(url), fetch_schema_from_transport=True) as session:
        asked = gql("query($id: ID!) { customer(customerId: $id) { customerId } }")
        asked.variable_values = {"id": "c2"}
        assert await session.execute(asked) == {"customer": {"customerId": "c2"}}
        assert session.client.schema is not None


async def test_gql_subscribes_over_a_websocket(url: str) -> None:
    transport = WebsocketsTransport(url.replace("http", "ws"))
    async with Client(transport=transport) as session:
        figures = session.subscribe(gql("subscription { pipelineMetrics(intervalMs: 100) { pending } }"))
        assert (await anext(figures))["pipelineMetrics"]["pending"] == 0
        await figures.aclose()
