"""Client libraries of other people: Apollo Client, Relay, urql with graphcache, graphql-sse, gql, and the audits."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from gql import Client, gql
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

from hazelgate import Catalog
from hazelgate.gateway.app import create_app
from hazelgate.gateway.graphql.executable_schema import schema_text
from hazelgate.gateway.server import bounded_http
from hazelgate.gateway.settings import Settings
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster
from tests.acceptance.conftest import NODE_TESTS
from tests.support.gateway import CREATE_CUSTOMER
from tests.support.served import client_of, serving
from tests.support.until import PATIENCE_SECONDS

ACCEPTANCE = Path(__file__).parent
OPERATIONS = ACCEPTANCE / "operations.graphql"
"""Those of the clients that are generated in Python and Go. A comment of one is nothing to the other."""
GO = ACCEPTANCE.parents[1] / ".venv-go" / "bin"
GO_BUILD = ("build", "-p", "2", "-gcflags=all=-N -l -dwarf=false", "-ldflags=-s -w")
"""As `make` builds genqlient: the client shares what that has compiled."""
ARIADNE = ACCEPTANCE.parents[1] / ".venv-ariadne" / "bin"
NAMES = ("Ada", "Bob", "Cyd", "Dan", "Eve")


@asynccontextmanager
async def gateway(settings: Settings) -> AsyncIterator[str]:
    """Where a gateway listens; its customers are in memory."""
    app = create_app(settings, cluster=MemoryCluster(Processor(Catalog.load(settings.domain))))
    async with serving(app, bounded_http(settings, app.state.refusals)) as server, client_of(server) as http:
        for number, name in enumerate(NAMES, start=1):
            given = {"customerId": f"c{number}", "name": name, "email": f"{name}@example.org"}
            await http.post("/graphql", json={"query": CREATE_CUSTOMER, "variables": {"input": given}})
        yield f"{http.base_url}/graphql".replace("//graphql", "/graphql")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url() -> AsyncIterator[str]:
    """One gateway for nearly all of them, on a cluster in memory: what is tried here is what is spoken."""
    async with gateway(Settings(max_batched_operations=10, incremental_delivery=True)) as url:
        yield url


async def printed(*command: str | Path, folder: Path | None = None, **environment: str) -> bytes:
    """What a program prints that ends well."""
    program = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env=os.environ | environment,
    )
    try:
        out, errors = await asyncio.wait_for(program.communicate(), PATIENCE_SECONDS)
    except TimeoutError:
        program.kill()
        raise
    assert program.returncode == 0, (out + errors).decode()
    return out


async def told(node: Path, url: str, scenario: str) -> Any:
    """What a scenario of `clients.mjs` has found."""
    return json.loads(await printed(node, NODE_TESTS / "clients.mjs", url, scenario))


APOLLO = pytest.mark.parametrize("version", ["4", "3"])


def of_apollo(scenario: str, version: str) -> str:
    """A scenario's name, with that version of Apollo Client."""
    return scenario if version == "4" else f"{version}:{scenario}"


@APOLLO
async def test_apollo_client_normalizes_pages_and_subscribes(node: Path, url: str, version: str) -> None:
    """Pages are merged into one list, and a mutation's result changes what the list shows."""
    found = await told(node, url, of_apollo("apollo", version))
    assert len(found["first"]) == 2
    assert len(found["merged"]) == 4
    assert found["merged"][:2] == found["first"]
    assert found["renamed"] == "Renamed"
    assert found["heard"] == found["customerId"]


@APOLLO
async def test_apollo_client_subscribes_in_parts(node: Path, url: str, version: str) -> None:
    found = await told(node, url, of_apollo("apollo-multipart", version))
    assert found["heard"] == "c1"
    assert 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0' in found["types"]
    assert found["refused"]["name"] == ("CombinedProtocolErrors" if version == "4" else "ApolloError")
    assert "intervalMs" in found["refused"]["message"]


@APOLLO
async def test_apollo_client_sends_hashes(node: Path, url: str, version: str) -> None:
    """The text only once, when the gateway does not know the hash; then also by GET."""
    found = await told(node, url, of_apollo("apollo-persisted", version))
    assert found["sent"] == ["hash", "query", "hash", "GET"]


@APOLLO
async def test_apollo_client_sends_batches(node: Path, url: str, version: str) -> None:
    assert await told(node, url, of_apollo("apollo-batch", version)) == {"requests": 1, "found": ["c1", "c2"]}


@pytest.mark.parametrize(
    ("scenario", "spec"),
    [
        ("apollo-defer", "deferSpec=20220824"),
        ("3:apollo-defer", "deferSpec=20220824"),
        ("apollo-defer-newer", "incrementalSpec=v0.2"),
    ],
)
async def test_apollo_client_shows_the_first_part_and_then_the_rest(
    node: Path, url: str, scenario: str, spec: str
) -> None:
    """Version 4 reads both forms of parts, and lists that are streamed in the newer one."""
    found = await told(node, url, scenario)
    assert found["types"] == [f'multipart/mixed;boundary="graphql";{spec}']
    assert_deferred(found["first"], found["last"])
    if scenario == "apollo-defer-newer":
        assert (found["streamed"][0], found["streamed"][-1]) == (1, 3)


async def test_urql_shows_the_first_part_and_then_the_rest(node: Path, url: str) -> None:
    found = await told(node, url, "urql-defer")
    assert_deferred(found["first"], found["last"])
    assert (found["streamed"][0], found["streamed"][-1]) == (1, 3)


async def test_graphql_ws_gets_parts_as_results(node: Path, url: str) -> None:
    first, last = await told(node, url, "graphql-ws-defer")
    assert_deferred(first["data"]["customer"], first["data"]["customer"] | last["incremental"][0]["data"])


def assert_deferred(first: Any, last: Any) -> None:
    assert first["customerId"] == "c2"
    assert "name" not in first
    assert first.items() <= last.items()
    assert (bool(last["name"]), last["orders"]["totalCount"]) == (True, 0)


def with_schema(source: Path, folder: Path) -> Path:
    """A copy of a project, in a folder, with the derived schema that its generator reads."""
    project = Path(shutil.copytree(source, folder / source.name))
    (project / "schema.graphql").write_text(schema_text(Catalog.load(Settings().domain)), encoding="utf-8")
    return project


async def test_relay_pages_refetches_and_sends_ids_alone(node: Path, tmp_path: Path) -> None:
    """Its compiler takes the derived schema, and the gateway the file of documents that the compiler writes."""
    project = with_schema(NODE_TESTS / "relay", tmp_path)
    persisted = project / "persisted.json"
    persisted.write_text("{}", encoding="utf-8")
    await printed(node, NODE_TESTS / "node_modules" / "relay-compiler" / "cli.js", "relay.config.json", folder=project)
    documents = json.loads(persisted.read_text(encoding="utf-8"))

    persisted.write_text(json.dumps({**documents, "this test's": CREATE_CUSTOMER}), encoding="utf-8")
    async with gateway(Settings(trusted_documents=persisted, only_trusted_documents=True)) as url:
        found = json.loads(await printed(node, NODE_TESTS / "relay.mjs", url, project))
    assert len(found["first"]) == 2
    assert found["merged"][:2] == found["first"]
    assert len(found["merged"]) == 4
    assert found["before"] == found["first"][1], "nobody has told the store"
    assert found["after"][:2] == ["By Relay", "Elsewhere"]
    assert found["after"][2].startswith("Heard")
    assert set(found["sent"]) < set(documents)


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


async def test_a_client_that_ariadne_codegen_has_generated_works(url: str, tmp_path: Path) -> None:
    if not (ARIADNE / "ariadne-codegen").exists():
        pytest.skip("ariadne-codegen is not installed: `make .venv-ariadne/.installed`")
    project = with_schema(ACCEPTANCE / "ariadne", tmp_path)
    shutil.copy(OPERATIONS, project)
    await printed(ARIADNE / "ariadne-codegen", folder=project)
    found = json.loads(await printed(ARIADNE / "python", "script.py", url, folder=project))
    assert found["name"]
    assert found["heard"].startswith("Heard")
    assert found | {"name": "", "heard": ""} == {
        "name": "",
        "created_at": "datetime",
        "renamed": "By ariadne",
        "refused": [["name"]],
        "heard": "",
    }


# ---------------------------------------------------------------- Go


async def test_a_client_that_genqlient_has_generated_works(url: str, tmp_path: Path) -> None:
    if not (GO / "genqlient").exists():
        pytest.skip("genqlient is not installed: `make .venv-go/.installed`")
    project = with_schema(ACCEPTANCE / "go", tmp_path)
    shutil.copy(OPERATIONS, project)
    await printed(GO / "genqlient", folder=project)
    await printed(GO / "go", *GO_BUILD, "-o", "client", ".", folder=project, CGO_ENABLED="0", GOGC="off")
    found = json.loads(await printed(project / "client", url))
    assert found["name"]
    assert found["heard"].startswith("Heard")
    assert found["year"] >= 2026
    assert (found["renamed"], found["refused"]) == ("By Go", ["name"])
