"""Snapshots on three members with PostgreSQL: whoever dies while one is taken, it is exact, or it is none."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Rebuilds
from hazelgate.client.operators.snapshot_requests import Attempt, AttemptStatus, Snapshots
from hazelgate.client.submitting.handler import EventHandler, Submission
from hazelgate.operations.member import MemberOptions
from hazelgate.sourcing.errors import PipelineUnavailable
from tests.support.accounts import PATIENT, check_balances, open_accounts
from tests.support.connected import connected, handling
from tests.support.ledger import ACCOUNTS, OWNERS, MoneyPaidIn
from tests.support.many import Node, Nodes, running_nodes
from tests.support.postgres import Postgres
from tests.support.snapshots import archive, built, kept_in, pause_child, taken
from tests.support.until import PATIENCE_SECONDS, REST_SECONDS, until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the members keep their snapshots."""
    return tmp_path / "kept"


@pytest.fixture
def nodes(postgres: Postgres, folder: Path, tmp_path: Path) -> Iterator[Nodes]:
    options = MemberOptions(quorum=2, postgres_dsn=postgres.new_database(), snapshots=kept_in(folder))
    with running_nodes(tmp_path, 3, options=options) as nodes:
        yield nodes


@contextlib.asynccontextmanager
async def writing(handler: EventHandler, ids: list[str]) -> AsyncIterator[None]:
    """Payments all the while; those that a dying member delays come through later."""
    stop = asyncio.Event()

    async def write() -> None:
        number = 0
        while not stop.is_set():
            payments = [MoneyPaidIn(account_id=each, amount=1) for each in ids[number % 5 :: 5]]
            with contextlib.suppress(PipelineUnavailable):
                await handler.handle_events([Submission(each, PATIENT) for each in payments])
            number += 1
            await asyncio.sleep(REST_SECONDS)

    task = asyncio.create_task(write())
    try:
        yield
    finally:
        stop.set()
        await task


async def caught(snapshots: Snapshots, nodes: list[Node]) -> tuple[str, Node, int]:
    """A snapshot that is being taken: its id, the member that takes it, and the process that writes it, paused."""

    def pause() -> tuple[Node, int] | None:
        for node in nodes:
            child = pause_child(node.member)
            if child is not None:
                return node, child
        return None

    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            under_way = await snapshots.create()
            is_running = True
            while is_running:
                is_running = (await snapshots.find(under_way)).status is AttemptStatus.RUNNING
                taker = await asyncio.to_thread(pause)
                if taker is not None:
                    return under_way, *taker


async def taken_in_the_end(cluster: HazelcastCluster) -> Attempt:
    """A snapshot, whole; an attempt that asks a member that has just died fails, and says so."""
    snapshots = Snapshots(cluster)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (attempt := await snapshots.wait(await snapshots.create())).status is not AttemptStatus.DONE:
            assert attempt.error
    return attempt


async def check(cluster: HazelcastCluster, begin_with: str) -> None:
    """Views that are built from a snapshot are what the log says."""
    assert (await built(cluster, begin_with)).snapshot == begin_with
    await check_balances(cluster)
    rebuilds = Rebuilds(cluster)
    assert (await rebuilds.wait(await rebuilds.compare([ACCOUNTS, OWNERS]))).differences == 0


async def test_a_member_dies_while_a_snapshot_is_taken(ledger: Catalog, nodes: Nodes, folder: Path) -> None:
    """First one that holds entries: the snapshot is exact, or it failed. Then the one that takes it: it is none."""
    async with (
        connected(nodes.cluster(deadline_seconds=15)) as cluster,
        handling(ledger, cluster) as handler,
    ):
        ids = await open_accounts(handler, 300)
        async with writing(handler, ids):
            first = await taken(cluster)
            snapshots = Snapshots(cluster)
            under_way, taker, child = await caught(snapshots, nodes.nodes)
            holder = next(node for node in nodes.nodes if node is not taker)
            holder.member.kill()
            os.kill(child, signal.SIGCONT)
            attempt = await snapshots.wait(under_way)
        await check(cluster, attempt.id if attempt.status is AttemptStatus.DONE else first.id)

        left = [node for node in nodes.nodes if node is not holder]
        nodes.join()
        await cluster.wait_until_ready(PATIENCE_SECONDS)
        async with writing(handler, ids):
            lost, taker, child = await caught(snapshots, [*left, nodes.nodes[-1]])
            taker.member.kill()
            os.kill(child, signal.SIGCONT)
            attempt = await snapshots.wait(lost)
            assert attempt.status is AttemptStatus.FAILED
            assert "the member that took it is gone" in str(attempt.error)
            after = await taken_in_the_end(cluster)
        assert lost not in {each.id for each in archive(folder).listing().snapshots}
        await check(cluster, after.id)


async def test_a_member_whose_projector_has_not_told_its_views_is_no_reason_to_refuse(
    ledger: Catalog, nodes: Nodes
) -> None:
    """Whichever member is asked first: one that can tell the views takes it."""
    async with (
        connected(nodes.cluster(deadline_seconds=15)) as cluster,
        handling(ledger, cluster) as handler,
    ):
        await open_accounts(handler, 20)
        new = nodes.nodes[-1]
        new.member.kill()
        new.projector.pause()
        try:
            await until(lambda: cluster.state().members == len(nodes.nodes) - 1)
            await asyncio.to_thread(new.member.start)
            await until(lambda: cluster.state().members == len(nodes.nodes))
            for _ in nodes.nodes:
                await taken(cluster)
        finally:
            new.projector.resume()
