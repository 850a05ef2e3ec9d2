"""`hazelgate show`: an entry as it is, and at any instant as it was then."""

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


async def show(stack: Stack, *arguments: str) -> Result:
    at = ("--cluster-name", stack.cluster_name, "--members", stack.address)
    return await asyncio.to_thread(CliRunner().invoke, main, ["show", *arguments, *at])


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
