"""A connection counts the entries that it shows, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from hazelgate import Catalog
from hazelgate.client.reading.queries import EntryQuery
from hazelgate.gateway.app import create_app
from hazelgate.gateway.settings import Settings
from hazelgate.sourcing import ids
from tests.support.connected import connected
from tests.support.durable import submit_all, submitting
from tests.support.ledger import ALWAYS_FAILS, MOODY, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.served import client_of, serving
from tests.support.stack import Stack, running_stack
from tests.support.until import PATIENCE_SECONDS, eventually

BLOCKED, TAKEN = 5, 2
QUERIES = (
    "{ owners { totalCount edges { node { owner } } } }",
    '{ owners(filter: {owner: {ne: "nobody"}}) { totalCount edges { node { owner } } } }',
    "{ owners(filter: {total: {gte: 0}}) { totalCount edges { node { owner } } } }",
    "{ owners(last: 10) { totalCount edges { node { owner } } } }",
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("counts")) as stack:
        yield stack


async def is_ready(http: httpx.AsyncClient) -> bool:
    return (await http.get("/ready")).status_code == 200


async def asked(http: httpx.AsyncClient, query: str) -> Any:
    said = (await http.post("/graphql", json={"query": query})).json()
    assert "errors" not in said, said
    return said["data"]


async def test_entries_whose_first_event_the_view_could_not_take_are_not_counted(ledger: Catalog, stack: Stack) -> None:
    """The entry is there, with the letter that blocks it; no reader sees it, and no count does."""
    owners = [f"{MOODY}{ids.new_id()}" for _ in range(BLOCKED + TAKEN)]
    accounts = [AccountOpened(account_id=ids.new_id(), owner=owner) for owner in owners]
    async with submitting(ledger, stack) as handler, connected(stack.cluster()) as cluster:
        await submit_all(handler, accounts)
        amounts = [ALWAYS_FAILS] * BLOCKED + [1] * TAKEN
        pairs = zip(accounts, amounts, strict=True)
        await submit_all(handler, [MoneyPaidIn(account_id=each.account_id, amount=amount) for each, amount in pairs])
        page = await cluster.query(EntryQuery(map_name=OWNERS, index="id", limit=100, count=True))
        assert (page.count, len(page.entries)) == (TAKEN, TAKEN)
    settings = Settings(
        domain="tests.support.ledger",
        cluster_name=stack.cluster_name,
        members=(stack.address,),
        operation_timeout_seconds=PATIENCE_SECONDS,
    )
    async with serving(create_app(settings)) as server, client_of(server) as http:
        await eventually(lambda: is_ready(http))
        for query in QUERIES:
            shown = (await asked(http, query))["owners"]
            seen = sorted(edge["node"]["owner"] for edge in shown["edges"])
            assert seen == sorted(owners[BLOCKED:]), query
            assert shown["totalCount"] == TAKEN, query
