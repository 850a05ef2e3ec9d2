"""A PostgreSQL that takes long to count: the cluster starts, stores and answers all the same."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from hazelgate import Catalog
from hazelgate.client.operators.rebuilds import Rebuilds
from hazelgate.client.reading.queries import EntryQuery
from hazelgate.client.submitting.handler import Receipt, SubmitOptions
from hazelgate.sourcing.envelope import EVENT_STORE
from hazelgate.sourcing.errors import HazelgateError
from tests.support.accounts import check_balances, open_accounts
from tests.support.connected import connected, handling
from tests.support.durable import opened
from tests.support.postgres import SLOW_SECONDS, Postgres, count_slowly
from tests.support.stack import Stack, running_stack
from tests.support.until import PATIENCE_SECONDS


@pytest.fixture
def dsn(postgres: Postgres) -> str:
    return postgres.new_database()


async def fill(ledger: Catalog, stack: Stack) -> None:
    async with connected(stack.cluster()) as cluster, handling(ledger, cluster) as handler:
        await open_accounts(handler, 100)


async def test_a_cluster_starts_and_tells_how_its_views_stand(ledger: Catalog, dsn: str, tmp_path: Path) -> None:
    with running_stack(tmp_path, postgres_dsn=dsn) as stack:
        await fill(ledger, stack)
        stack.member.stop()
        count_slowly(dsn)
        stack.member.start()
        async with connected(stack.cluster()) as cluster, handling(ledger, cluster) as handler:
            await check_balances(cluster)
            began = time.monotonic()
            report = await Rebuilds(cluster).report()
            assert time.monotonic() - began < SLOW_SECONDS / 2, "the count goes on beside"
            assert {view.live for view in report.views} == {"account-view", "owner-view"}
            while time.monotonic() - began < SLOW_SECONDS + 2:
                receipt = await handler.handle_event(opened(), SubmitOptions(timeout_seconds=10))
                assert isinstance(receipt, Receipt)
                assert (await cluster.stats()).store_problem is None
                await asyncio.sleep(0.5)
            assert "PostgreSQL is away" not in stack.member.output()


async def test_slow_queries_of_clients_hold_up_no_commit(ledger: Catalog, dsn: str, tmp_path: Path) -> None:
    """PostgreSQL ends each of them in time, and none of them has the log taken for away."""
    count_slowly(dsn)
    with running_stack(tmp_path, postgres_dsn=dsn) as stack:
        await fill(ledger, stack)
        async with (
            connected(stack.cluster(deadline_seconds=PATIENCE_SECONDS)) as cluster,
            connected(stack.cluster()) as other,
            handling(ledger, other) as handler,
        ):
            counts = [
                asyncio.create_task(
                    cluster.query(EntryQuery(map_name=EVENT_STORE, index="cursor", limit=1, count=True))
                )
                for _ in range(8)
            ]
            began = time.monotonic()
            while time.monotonic() - began < SLOW_SECONDS + 2:
                await handler.handle_event(opened(), SubmitOptions(timeout_seconds=10))
                assert (await other.stats()).store_problem is None
                await asyncio.sleep(0.5)
            answers = await asyncio.gather(*counts, return_exceptions=True)
            assert all(isinstance(answer, HazelgateError) for answer in answers), answers
            told = [str(answer) for answer in answers]
            assert any("took too long for a query" in each for each in told), told
            assert not any("is away" in each for each in told), told
