"""The log exported, imported, and copied from memory to PostgreSQL: nothing of it changes on the way."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Rebuilds
from hazelgate.client.submitting.handler import Submission, SubmitOptions
from hazelgate.operations.cli import main
from hazelgate.operations.transfer.cluster import ClusterLog
from hazelgate.operations.transfer.lines import read_lines
from hazelgate.sourcing import ids
from hazelgate.sourcing.errors import PipelineUnavailable, RebuildRefused
from tests.support.connected import PatientHandler, connected
from tests.support.ledger import ACCOUNTS, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.many import Nodes, running_nodes
from tests.support.postgres import Postgres, rows
from tests.support.stack import Stack, running_stack
from tests.support.until import PATIENCE_SECONDS, until

ACCOUNT_IDS = [ids.new_id() for _ in range(30)]


@pytest.fixture(scope="module")
def memory_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that keeps its events in memory."""
    with running_stack(tmp_path_factory.mktemp("transfer")) as stack:
        yield stack


@pytest.fixture(scope="module")
async def views(ledger: Catalog, memory_stack: Stack) -> dict[str, list[Any]]:
    """What the views hold, once 30 accounts are opened and paid into."""
    async with connected(memory_stack.cluster()) as cluster:
        handler = PatientHandler(ledger, cluster)
        opened = [AccountOpened(account_id=each, owner=f"owner-{n % 4}") for n, each in enumerate(ACCOUNT_IDS)]
        payments = [MoneyPaidIn(account_id=each, amount=n + 1) for n in range(5) for each in ACCOUNT_IDS]
        odd = [
            Submission(
                MoneyPaidIn(account_id=ACCOUNT_IDS[0], amount=1), SubmitOptions(event_id=each, timeout_seconds=60.0)
            )
            for each in ("odd:one", "odd.two")
        ]
        for events in (opened, payments):
            outcomes = await handler.handle_events([Submission(e, SubmitOptions(timeout_seconds=60.0)) for e in events])
            assert not [each for each in outcomes if isinstance(each, Exception)]
        await handler.handle_events(odd)
        await handler.close()
        return await view_entries(cluster)


async def view_entries(cluster: HazelcastCluster) -> dict[str, list[Any]]:
    """Entries without the time at which they were written."""
    found = {}
    for view, keys in ((ACCOUNTS, ACCOUNT_IDS), (OWNERS, [f"owner-{n}" for n in range(4)])):
        entries = [json.loads(raw or b"null") for raw in await cluster.read(view, keys)]
        for entry in entries:
            del entry["_meta"]["updatedAt"], entry["_meta"]["causedBy"]
        found[view] = entries
    return found


async def no_entries(cluster: HazelcastCluster) -> bool:
    return not any(await cluster.read(ACCOUNTS, ACCOUNT_IDS) + await cluster.read(OWNERS, ["owner-0"]))


async def cli(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, arguments)


def content(file: Path) -> bytes:
    return file.read_bytes()


def without_its_second(account: str, lines: list[bytes]) -> list[bytes]:
    """An export that lacks one event, wherever it stands: accounts overtake each other, as the pipeline has lanes."""
    [second] = [
        line
        for line in lines[:-1]
        if (record := json.loads(line)["record"])["aggregateId"] == account and record["sequence"] == 2
    ]
    kept = [line for line in lines[:-1] if line is not second]
    return [*kept, b'{"events":%d}\n' % len(kept)]


def at(stack: Stack) -> tuple[str, ...]:
    return ("--cluster-name", stack.cluster_name, "--members", stack.address)


def at_nodes(nodes: Nodes) -> tuple[str, ...]:
    return ("--cluster-name", nodes.cluster_name, "--members", ",".join(nodes.addresses))


@pytest.fixture(scope="module")
async def exported(memory_stack: Stack, views: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of that stack as a file."""
    file = tmp_path_factory.mktemp("exported") / "log.jsonl"
    result = await cli("export", str(file), *at(memory_stack))
    assert result.exit_code == 0, result.output
    assert len(content(file).splitlines()) == 30 * 6 + 2 + 1
    return file


async def test_a_restored_export_equals_the_original_byte_for_byte(
    ledger: Catalog, postgres: Postgres, views: dict[str, list[Any]], exported: Path, tmp_path: Path
) -> None:
    """Its events in PostgreSQL, the views that members fold from them, and what comes next."""
    dsn = postgres.new_database(migrated=False)
    result = await cli("import", str(exported), "--postgres-dsn", dsn)
    assert result.output.splitlines()[-1] == "182 events imported, 0 were there already"
    again = tmp_path / "again.jsonl"
    await cli("export", str(again), "--from-postgres", "--postgres-dsn", dsn)
    assert content(again) == content(exported)
    with running_stack(tmp_path, postgres_dsn=dsn) as stack:
        async with connected(stack.cluster()) as cluster:
            assert await view_entries(cluster) == views
            handler = PatientHandler(ledger, cluster)
            more = await handler.handle_event(MoneyPaidIn(account_id=ACCOUNT_IDS[1], amount=1))
            assert more.sequence == 7
            repeated = SubmitOptions(event_id="odd:one")
            first = await handler.handle_event(MoneyPaidIn(account_id=ACCOUNT_IDS[0], amount=1), repeated)
            assert first.sequence == 7
            await handler.close()
        refused = await cli("import", str(exported), "--postgres-dsn", dsn)
        assert refused.exit_code == 2
        assert "members are running on this database" in refused.output


async def test_a_log_in_memory_is_copied_to_postgresql_and_compared(
    postgres: Postgres, memory_stack: Stack, exported: Path, tmp_path: Path
) -> None:
    dsn = postgres.new_database(migrated=False)
    result = await cli("migrate", "--from-cluster", "--postgres-dsn", dsn, *at(memory_stack))
    assert result.exit_code == 0, result.output
    assert "compared: 182 events, the same byte for byte" in result.output
    result = await cli("migrate", "--from-cluster", "--postgres-dsn", dsn, *at(memory_stack))
    assert "0 events copied, 182 were there already" in result.output
    again = tmp_path / "again.jsonl"
    await cli("export", str(again), "--from-postgres", "--postgres-dsn", dsn)
    assert content(again) == content(exported)


async def test_an_import_takes_all_or_nothing(postgres: Postgres, exported: Path, tmp_path: Path) -> None:
    dsn = postgres.new_database(migrated=False)
    lines = content(exported).splitlines(keepends=True)

    async def refused(changed: list[bytes]) -> str:
        file = tmp_path / "changed.jsonl"
        file.write_bytes(b"".join(changed))
        result = await cli("import", str(file), "--postgres-dsn", dsn)
        assert result.exit_code == 2, result.output
        assert rows(dsn, "SELECT count(*) FROM event_store") == [(before,)]
        return result.output

    before = 0
    assert "would have" in await refused([*lines[1:-1], b'{"events":181}\n'])
    assert "line 3 is no line of an export" in await refused([*lines[:2], b"nonsense\n", *lines[3:]])
    assert "comes twice: line 183" in await refused([*lines[:-1], lines[4], b'{"events":183}\n'])
    assert (await cli("import", str(exported), "--postgres-dsn", dsn)).exit_code == 0
    before = 182
    other = lines[9].replace(b'"owner":"owner-', b'"owner":"other-')
    assert other != lines[9]
    assert "line 10 (event " in await refused([*lines[:9], other, *lines[10:]])
    result = await cli("import", str(exported), "--postgres-dsn", dsn)
    assert result.output.splitlines()[-1] == "0 events imported, 182 were there already"


async def test_a_log_goes_into_a_cluster_in_memory(
    ledger: Catalog, views: dict[str, list[Any]], exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, with its views; what comes next goes on behind it, and the same log again changes nothing."""
    monkeypatch.setattr("hazelgate.client.hazelcast.cluster.POLL_DEADLINE_SECONDS", PATIENCE_SECONDS)
    with running_stack(tmp_path) as stack:
        async with connected(stack.cluster()) as cluster:
            begun = await cluster.import_events({"op": "begin"})
            assert str(cluster.state().problem).startswith("a log is being imported"), "not only after the next poll"
            assert (await cluster.import_events({"op": "undo", "id": begun.id})).refused is None
            assert cluster.state().problem is None, "whoever ends an import can go on at once"

            lines = content(exported).splitlines(keepends=True)
            for problem, broken in (
                ("without its last line", lines[:-1]),
                (
                    f"Account {ACCOUNT_IDS[3]} would have its event 3 behind event 1",
                    without_its_second(ACCOUNT_IDS[3], lines),
                ),
                ("line 3 does not come behind the one before", [*lines[:2], lines[1], *lines[2:]]),
                (
                    "not written as the pipeline writes it",
                    [lines[0].replace(b'"record":{', b'"record":{ '), *lines[1:]],
                ),
            ):
                file = tmp_path / "broken.jsonl"
                file.write_bytes(b"".join(broken))
                refused = await cli("import", str(file), "--into-cluster", *at(stack))
                assert refused.exit_code == 2, refused.output
                assert re.search(problem, refused.output)
            assert await no_entries(cluster)

            result = await cli("import", str(exported), "--into-cluster", *at(stack))
            assert result.output.splitlines()[-1] == "182 events imported, 0 were there already", result.output
            assert await view_entries(cluster) == views
            again = tmp_path / "again.jsonl"
            await cli("export", str(again), *at(stack))
            assert content(again) == content(exported)
            result = await cli("import", str(exported), "--into-cluster", *at(stack))
            assert result.output.splitlines()[-1] == "0 events imported, 182 were there already", result.output

            handler = PatientHandler(ledger, cluster)
            repeated = SubmitOptions(event_id="odd:one", timeout_seconds=60.0)
            first = await handler.handle_event(MoneyPaidIn(account_id=ACCOUNT_IDS[0], amount=1), repeated)
            assert first.sequence == 7
            more = await handler.handle_event(MoneyPaidIn(account_id=ACCOUNT_IDS[1], amount=1))
            assert more.sequence == 7
            await handler.close()
            compared = await cli("diff", ACCOUNTS, *at(stack))
            assert compared.exit_code == 0, compared.output
            refused = await cli("import", str(exported), "--into-cluster", *at(stack))
            assert "the cluster has 183 events already" in refused.output


async def test_while_a_log_is_imported_nothing_else_is_stored_and_broken_off_it_is_undone(
    ledger: Catalog, exported: Path, tmp_path: Path
) -> None:
    """On all members. Whoever imports may die, or a member."""
    events = list(read_lines(content(exported).splitlines(keepends=True)))
    page = [(each.hash.encode(), each.raw) for each in events[:100]]
    with running_nodes(tmp_path, 3) as nodes:
        async with connected(nodes.cluster(deadline_seconds=30)) as cluster:
            handler = PatientHandler(ledger, cluster)
            begun = await cluster.import_events({"op": "begin"})
            assert begun.refused is None
            head: dict[str, str | int] = {"op": "take", "id": begun.id, "before": 0}
            assert (await cluster.import_events(head, page)).events == 100
            assert (await cluster.import_events(head, page)).events == 100, "a repeated call takes nothing twice"
            assert "another import" in str((await cluster.import_events({"op": "begin"})).refused)
            await until(lambda: str(cluster.state().problem).startswith("a log is being imported"))
            opened = AccountOpened(account_id=ids.new_id(), owner="new")
            with pytest.raises(PipelineUnavailable, match="a log is being imported"):
                await handler.handle_event(opened)
            with pytest.raises(RebuildRefused, match="a log is being imported"):
                await Rebuilds(cluster).start()
            nodes.nodes[0].member.kill()
            await cluster.import_events({"op": "undo", "id": begun.id})
            await cluster.wait_until_ready(PATIENCE_SECONDS)
            assert await ClusterLog(cluster).total() == 0
            assert (await cluster.import_events({"op": "end", "id": begun.id, "events": 100})).refused is not None
            result = await cli("import", str(exported), "--into-cluster", *at_nodes(nodes))
            assert result.output.splitlines()[-1] == "182 events imported, 0 were there already", result.output
            await cluster.wait_until_ready(PATIENCE_SECONDS)
            receipt = await handler.handle_event(MoneyPaidIn(account_id=ACCOUNT_IDS[1], amount=1))
            assert receipt.sequence == 7
            await handler.close()
            compared = await cli("diff", ACCOUNTS, *at_nodes(nodes))
            assert compared.exit_code == 0, compared.output
