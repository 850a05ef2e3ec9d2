"""`hazelgate show` and `history`: an entry as it is, at any instant as it was then, and what formed it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from click.testing import CliRunner, Result

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.operations.cli import main
from hazelgate.sourcing import clock, ids
from tests.support.connected import PatientHandler
from tests.support.ledger import ACCOUNTS, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.stack import Stack


async def ask(stack: Stack, *arguments: str) -> Result:
    at = ("--cluster-name", stack.cluster_name, "--members", stack.address)
    return await asyncio.to_thread(CliRunner().invoke, main, [*arguments, *at])


async def show(stack: Stack, *arguments: str) -> Result:
    return await ask(stack, "show", *arguments)


async def history(stack: Stack, *arguments: str) -> Result:
    return await ask(stack, "history", *arguments, "--domain", "tests.support.ledger")


def without_times(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry without what the pipeline alone knows."""
    meta = {name: entry["_meta"][name] for name in ("version", "causedBy")}
    return {**entry, "_meta": meta}


async def test_an_entry_is_shown_as_it_is_and_as_it_was(
    stack: Stack, real_cluster: HazelcastCluster, ledger: Catalog
) -> None:
    """One that is fed by its own aggregate, and one that the log has to be searched for."""
    handler = PatientHandler(ledger, real_cluster)
    owner, accounts = ids.new_id(), [ids.new_id(), ids.new_id()]
    then: list[tuple[str, list[Any]]] = []
    for event in (
        *(AccountOpened(account_id=each, owner=owner) for each in accounts),
        *(MoneyPaidIn(account_id=accounts[n % 2], amount=n) for n in range(1, 5)),
    ):
        await handler.handle_event(event)
        entries = [
            (await real_cluster.read(view, [key]))[0] for view, key in ((ACCOUNTS, accounts[0]), (OWNERS, owner))
        ]
        then.append((clock.now(), [None if raw is None else json.loads(raw) for raw in entries]))
    await handler.close()
    for at, found in then:
        for view, key, wanted in zip((ACCOUNTS, OWNERS), (accounts[0], owner), found, strict=True):
            result = await show(stack, view, key, "--as-of", at, "--domain", "tests.support.ledger")
            if wanted is None:
                assert (result.exit_code, result.stdout) == (1, ""), result.output
            else:
                assert without_times(json.loads(result.stdout)) == without_times(wanted)
    result = await show(stack, ACCOUNTS, accounts[0])
    assert json.loads(result.stdout) == then[-1][1][0]


async def test_what_is_not_there_is_said(stack: Stack, real_cluster: HazelcastCluster) -> None:
    result = await show(stack, "no-view", "x")
    assert result.exit_code == 2
    assert "there is no view no-view; there are" in result.output
    result = await show(stack, ACCOUNTS, ids.new_id())
    assert result.exit_code == 1
    result = await show(stack, ACCOUNTS, "x", "--as-of", "2026-11-25T17:45:00")
    assert "write it like" in result.output


async def test_the_events_that_formed_an_entry_are_listed_with_what_each_changed(
    stack: Stack, real_cluster: HazelcastCluster, ledger: Catalog
) -> None:
    """Of an entry with its aggregate's key, and of one that payments into two accounts feed."""
    handler = PatientHandler(ledger, real_cluster)
    owner, accounts = ids.new_id(), [ids.new_id(), ids.new_id()]
    receipts = [await handler.handle_event(AccountOpened(account_id=each, owner=owner)) for each in accounts]
    receipts += [await handler.handle_event(MoneyPaidIn(account_id=each, amount=4)) for each in accounts]
    await handler.close()
    said = await history(stack, ACCOUNTS, accounts[0], "--json")
    assert said.exit_code == 0, said.output
    opened, paid = map(json.loads, said.stdout.splitlines())
    assert (opened["eventType"], opened["eventId"]) == ("AccountOpened", receipts[0].event_id)
    assert (opened["aggregateId"], opened["sequence"]) == (accounts[0], 1)
    assert opened["changes"][0]["path"] == ""
    assert (paid["eventType"], paid["sequence"], paid["version"]) == ("MoneyPaidIn", 2, 2)
    assert {"path": "balance", "before": 0, "after": 4} in paid["changes"]
    of_owner = [json.loads(line) for line in (await history(stack, OWNERS, owner, "--json")).stdout.splitlines()]
    assert [each["eventId"] for each in of_owner] == [each.event_id for each in receipts[2:]]
    table = await history(stack, ACCOUNTS, accounts[0], "--limit", "1")
    assert "1 older events are not shown" in table.stderr
    assert "MoneyPaidIn" in table.stdout
    assert "AccountOpened" not in table.stdout


async def test_a_history_of_what_is_not_there_is_said(stack: Stack, real_cluster: HazelcastCluster) -> None:
    unknown_view = await history(stack, "no-view", "x")
    assert (unknown_view.exit_code, unknown_view.stdout) == (2, "")
    assert "no view no-view" in unknown_view.stderr
    unknown_key = await history(stack, ACCOUNTS, ids.new_id())
    assert (unknown_key.exit_code, unknown_key.stdout) == (1, "")
