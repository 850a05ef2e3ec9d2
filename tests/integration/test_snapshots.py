"""Snapshots on a real member with PostgreSQL: taken under load, built from, damaged, cut short, started from."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Rebuilds, RebuildStatus
from hazelgate.client.operators.snapshot_requests import AttemptStatus, Snapshots
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission
from hazelgate.operations.cli import main
from hazelgate.sourcing.errors import RebuildRefused, SnapshotRefused
from tests.support.accounts import PATIENT, check_balances, open_accounts
from tests.support.connected import PatientHandler, connected, handling
from tests.support.ledger import ACCOUNTS, OWNERS, POISON, MoneyPaidIn
from tests.support.postgres import Postgres
from tests.support.snapshots import archive, built, kept_in, paused_child, taken
from tests.support.stack import Stack, running_stack
from tests.support.until import REST_SECONDS, eventually

BOTH = (ACCOUNTS, OWNERS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stack of this module keeps its snapshots."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def own(postgres: Postgres, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with PostgreSQL that keeps snapshots."""
    logs = tmp_path_factory.mktemp("snapshots")
    with running_stack(logs, postgres_dsn=postgres.new_database(), snapshots=kept_in(folder)) as stack:
        yield stack


@pytest.fixture
async def cluster(own: Stack) -> AsyncIterator[HazelcastCluster]:
    async with connected(own.cluster()) as cluster:
        yield cluster


@pytest.fixture
async def handler(ledger: Catalog, cluster: HazelcastCluster) -> AsyncIterator[EventHandler]:
    async with handling(ledger, cluster) as handler:
        yield handler


async def pay(handler: EventHandler, ids: list[str], amount: int = 2) -> None:
    outcomes = await handler.handle_events(
        [Submission(MoneyPaidIn(account_id=each, amount=amount), PATIENT) for each in ids]
    )
    assert all(isinstance(each, Receipt) for each in outcomes)


async def differences(cluster: HazelcastCluster) -> int:
    rebuilds = Rebuilds(cluster)
    return (await rebuilds.wait(await rebuilds.compare(BOTH))).differences


async def test_a_snapshot_taken_during_writes_and_what_came_since_make_the_view(
    cluster: HazelcastCluster, handler: EventHandler
) -> None:
    """Although entries were read at different moments, while they changed."""
    ids = await open_accounts(handler, 300)
    stop = asyncio.Event()
    written = 0

    async def write() -> None:
        nonlocal written
        while not stop.is_set():
            await pay(handler, ids[written % 7 :: 7])
            written += 1
            await asyncio.sleep(REST_SECONDS)

    writing = asyncio.create_task(write())
    try:
        snapshots = [await taken(cluster) for _ in range(3)]
        rebuilds = [await built(cluster, each.id) for each in reversed(snapshots)]
    finally:
        stop.set()
        await writing
    assert written > 5
    assert [each.snapshot for each in rebuilds] == [each.id for each in reversed(snapshots)]
    assert all(each.skipped >= 1_200 for each in rebuilds)
    await check_balances(cluster)
    assert await differences(cluster) == 0


async def test_a_checkpoint_leaves_the_newest_snapshot_that_holds_nothing_later(
    cluster: HazelcastCluster, handler: EventHandler, folder: Path
) -> None:
    ids = await open_accounts(handler, 5)
    first = await taken(cluster)
    manifest = archive(folder).manifest(first.id)
    await pay(handler, ids)
    second = await taken(cluster)
    assert (await built(cluster, str(manifest.up_to), ACCOUNTS)).snapshot == first.id
    assert (await built(cluster, manifest.completed_at, ACCOUNTS)).snapshot == first.id
    assert (await built(cluster, "latest", ACCOUNTS)).snapshot == second.id
    await check_balances(cluster)
    with pytest.raises(RebuildRefused, match=r"no snapshot can be used: .* it goes up to position"):
        await built(cluster, "1", ACCOUNTS)
    with pytest.raises(RebuildRefused, match="there is no snapshot sn-nonsense"):
        await built(cluster, "sn-nonsense", ACCOUNTS)


async def test_an_entry_that_is_blocked_comes_with_its_letter(cluster: HazelcastCluster, handler: EventHandler) -> None:
    ids = await open_accounts(handler, 1, payments=2, owner=POISON)
    snapshot = await taken(cluster)
    (before,) = await cluster.read(OWNERS, [POISON])
    (letter_id,) = blocked(before)
    await handler.handle_events([Submission(MoneyPaidIn(account_id=ids[0], amount=1), PATIENT)])
    (letter,) = await cluster.read("dead-letter-events", [letter_id])
    await built(cluster, snapshot.id, OWNERS)
    (after,) = await cluster.read(OWNERS, [POISON])
    assert blocked(after) == [letter_id]
    (still,) = await cluster.read("dead-letter-events", [letter_id])
    assert msgspec.json.decode(still or b"null")["waiting"] == msgspec.json.decode(letter or b"null")["waiting"]


def blocked(entry: bytes | None) -> list[str]:
    """The dead letters that events wait behind for an entry."""
    return list(msgspec.json.decode(entry or b"null")["_meta"]["blocked"].values())


async def test_a_damaged_snapshot_is_refused_and_the_next_older_one_used(
    own: Stack, cluster: HazelcastCluster, handler: EventHandler, folder: Path
) -> None:
    await open_accounts(handler, 5)
    older, newest = await taken(cluster), await taken(cluster)
    damage(folder / newest.id)
    assert (await built(cluster, "latest")).snapshot == older.id
    rebuilds = Rebuilds(cluster)
    failed = await rebuilds.wait(await rebuilds.start(begin_with=newest.id))
    assert failed.status is RebuildStatus.FAILED
    assert f"snapshot {newest.id} is damaged" in str(failed.error)
    await check_balances(cluster)
    assert await differences(cluster) == 0
    (folder / newest.id / "manifest.json").write_bytes(b"{")
    verified = await run(own, "verify")
    assert verified.exit_code == 1
    assert f"snapshot {newest.id} is damaged: its manifest can't be read" in verified.stderr
    assert f"{older.id} is whole" in verified.stdout


def damage(snapshot: Path) -> None:
    """One bit of its largest part is not as it was."""
    part = max(snapshot.glob("*.jsonl.zst"), key=lambda each: each.stat().st_size)
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)


async def test_what_was_cut_short_is_no_snapshot(
    own: Stack, cluster: HazelcastCluster, handler: EventHandler, folder: Path
) -> None:
    await open_accounts(handler, 5)
    snapshots = Snapshots(cluster)
    snapshot_id = await snapshots.create()
    os.kill(await eventually(lambda: paused_child(own.member)), signal.SIGKILL)
    attempt = await snapshots.wait(snapshot_id)
    assert attempt.status is AttemptStatus.FAILED
    assert "what keeps the snapshots ended" in str(attempt.error)
    assert (await taken(cluster)).id != snapshot_id
    assert snapshot_id not in {each.id for each in archive(folder).listing().snapshots}
    with pytest.raises(RebuildRefused, match=f"there is no snapshot {snapshot_id}"):
        await built(cluster, snapshot_id)


async def gone(pid: int) -> bool:
    return has_ended(pid)


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def test_a_start_begins_with_the_newest_snapshot_that_is_whole(
    ledger: Catalog, postgres: Postgres, tmp_path: Path
) -> None:
    """After everything was killed while one more was being taken; and one of other code is not used."""
    dsn, folder = postgres.new_database(), tmp_path / "kept"
    with running_stack(tmp_path, postgres_dsn=dsn, snapshots=kept_in(folder)) as stack:
        async with connected(stack.cluster()) as cluster:
            handler = PatientHandler(ledger, cluster)
            ids = await open_accounts(handler, 50)
            await open_accounts(handler, 1, payments=2, owner=POISON)
            first = await taken(cluster)
            await pay(handler, ids)
            second = await taken(cluster)
            await pay(handler, ids)
            half = await Snapshots(cluster).create()
            child = await eventually(lambda: paused_child(stack.member))
            await handler.close()
        stack.member.kill()
        os.kill(child, signal.SIGCONT)
        await eventually(lambda: gone(child))
    assert [each.id for each in archive(folder).listing().snapshots] == [second.id, first.id]
    assert not (folder / half / "manifest.json").exists()
    damage(folder / second.id)
    with running_stack(tmp_path, postgres_dsn=dsn, snapshots=kept_in(folder)) as stack:
        async with connected(stack.cluster()) as cluster:
            handler = PatientHandler(ledger, cluster)
            said = stack.member.output()
            assert f"snapshot {second.id} is damaged" in said
            assert f"of them by snapshot {first.id}" in said
            await check_balances(cluster)
            await pay(handler, ids)
            (owner,) = await cluster.read(OWNERS, [POISON])
            (letter_id,) = blocked(owner)
            (letter,) = await cluster.read("dead-letter-events", [letter_id])
            assert len(msgspec.json.decode(letter or b"null")["waiting"]) == 1
            await check_balances(cluster)
            assert await differences(cluster) == 0
            await handler.close()
        stack.member.kill()
    with running_stack(
        tmp_path, postgres_dsn=dsn, snapshots=kept_in(folder), domain="tests.support.ledger_next"
    ) as stack:
        async with connected(stack.cluster()) as cluster:
            assert f"{first.id} is not used: account-view was made by other code" in stack.member.output()
            await check_balances(cluster)
            with pytest.raises(RebuildRefused, match="was made by other code"):
                await built(cluster, first.id)
            assert (await built(cluster, first.id, other_code=True)).snapshot == first.id
            await check_balances(cluster)


async def test_the_clock_takes_them_where_anything_has_happened_and_older_ones_go(
    ledger: Catalog, tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    with running_stack(tmp_path, snapshots=kept_in(folder, every_seconds=1, keep=2)) as stack:
        async with connected(stack.cluster()) as cluster:
            handler = PatientHandler(ledger, cluster)
            seen: set[str] = set()

            async def are_four() -> bool:
                await open_accounts(handler, 1)
                seen.update(each.id for each in archive(folder).listing().snapshots)
                return len(seen) >= 4

            await eventually(are_four)
            await eventually(lambda: are_two(folder))
            assert {each.id for each in archive(folder).listing().snapshots} < seen | await newest(cluster)
            settled = await eventually(lambda: still_for_three_seconds(folder))
            assert len(settled) == 2
            await handler.close()


async def are_two(folder: Path) -> bool:
    return len(archive(folder).listing().snapshots) == 2


async def newest(cluster: HazelcastCluster) -> set[str]:
    return {each.id for each in await Snapshots(cluster).attempts()}


async def still_for_three_seconds(folder: Path) -> set[str] | None:
    """The snapshots, where none came although it was time for several."""
    before = {each.id for each in archive(folder).listing().snapshots}
    until = time.monotonic() + 3
    while time.monotonic() < until:
        await asyncio.sleep(0.2)
    return before if before == {each.id for each in archive(folder).listing().snapshots} else None


async def run(stack: Stack, *arguments: str) -> Result:
    where = ["--cluster-name", stack.cluster_name, "--members", stack.address]
    return await asyncio.to_thread(CliRunner().invoke, main, ["snapshot", *arguments, *where])


async def test_the_command_creates_lists_verifies_and_restores(
    own: Stack, cluster: HazelcastCluster, handler: EventHandler, folder: Path
) -> None:
    await open_accounts(handler, 3)
    created = await run(own, "create")
    assert created.exit_code == 0, created.output
    snapshot_id = created.stdout.strip()
    listed = await run(own, "list")
    lines = [line for line in listed.stdout.splitlines() if line.startswith(snapshot_id)]
    assert [line.split()[1] for line in lines] == [ACCOUNTS, OWNERS]
    assert all(f"{folder}/{snapshot_id}" in line and "position" in line for line in lines)
    verified = await run(own, "verify", snapshot_id)
    assert (verified.exit_code, "is whole" in verified.stdout) == (0, True), verified.output
    restored = await run(own, "restore", snapshot_id, "--view", ACCOUNTS)
    assert restored.exit_code == 0, restored.output
    assert f"onto snapshot {snapshot_id}" in restored.stderr
    await check_balances(cluster)
    damage(folder / snapshot_id)
    broken = await run(own, "verify", snapshot_id)
    assert (broken.exit_code, "is damaged" in broken.stderr) == (1, True), broken.output
    assert "no snapshot can be used" not in (await run(own, "restore")).output
    assert (await run(own, "verify", "sn-nonsense")).exit_code == 2


async def test_one_that_still_has_its_turn_runs(cluster: HazelcastCluster, handler: EventHandler) -> None:
    """So who sees that a snapshot has ended is not refused the next one for it."""
    await open_accounts(handler, 1)
    snapshots, last = Snapshots(cluster), await taken(cluster)
    assert cluster._client is not None
    [member] = cluster._client.cluster_service.get_members()
    turns: Any = await cluster._client.get_map("turns")
    await turns.put("snapshot", f"{member.uuid}/{last.id}")
    try:
        running = await snapshots.find(last.id)
        assert (running.status, running.ended_at) == (AttemptStatus.RUNNING, None)
    finally:
        await turns.delete("snapshot")
    assert await snapshots.find(last.id) == last
    await taken(cluster)


async def test_what_can_not_be_taken_is_refused(cluster: HazelcastCluster, stack: Stack) -> None:
    with pytest.raises(SnapshotRefused, match="there is no view nonsense"):
        await Snapshots(cluster).create(["nonsense"])
    async with connected(stack.cluster()) as other:
        with pytest.raises(SnapshotRefused, match="keeps no snapshots: start its members with --snapshots"):
            await Snapshots(other).create()
