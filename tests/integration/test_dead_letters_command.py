"""`hazelgate dead-letters` on a real cluster."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.operations import cli
from hazelgate.sourcing.errors import EventDeadLettered
from hazelgate.sourcing.ids import new_id
from tests.support.connected import PatientHandler
from tests.support.ledger import ALWAYS_FAILS, MOODY, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.stack import Stack
from tests.support.until import PATIENCE_SECONDS


def run(stack: Stack, *arguments: str, stdin: str | None = None) -> Result:
    """In a thread's own loop: the command makes a client of its own."""
    connection = ["--cluster-name", stack.cluster_name, "--members", stack.address]
    return CliRunner().invoke(cli.main, ["dead-letters", arguments[0], *connection, *arguments[1:]], input=stdin)


class Poisoned:
    """An owner whose first payment ended in a letter, with one of 5 behind it."""

    def __init__(self) -> None:
        self.owner, self.account, self.letter = f"{MOODY}{new_id()}", new_id(), ""

    def data(self, amount: int) -> str:
        return json.dumps({"accountId": self.account, "owner": self.owner, "amount": amount})


@pytest.fixture
async def poisoned(ledger: Catalog, real_cluster: HazelcastCluster) -> Poisoned:
    handler, made = PatientHandler(ledger, real_cluster), Poisoned()
    await handler.handle_event(AccountOpened(account_id=made.account, owner=made.owner))
    for amount in (ALWAYS_FAILS, 5):
        with pytest.raises(EventDeadLettered) as dead:
            await handler.handle_event(MoneyPaidIn(account_id=made.account, amount=amount))
        made.letter = dead.value.dead_letter_id
    await handler.close()
    return made


def total(stack: Stack, owner: str) -> Any:
    """As a command of an operator sees it, too: over a client of its own."""
    import asyncio

    async def read() -> Any:
        cluster = stack.cluster()
        await cluster.start()
        await cluster.wait_until_ready(PATIENCE_SECONDS)
        [entry] = await cluster.read(OWNERS, [owner])
        await cluster.close()
        return json.loads(entry or b"{}").get("total")

    return asyncio.run(read())


def test_letters_are_listed_and_shown(stack: Stack, poisoned: Poisoned) -> None:
    listed = run(stack, "list", "--projection", OWNERS)
    assert listed.exit_code == 0, listed.output
    assert listed.output.splitlines()[0].split()[:3] == ["ID", "PROJECTION", "ENTRY"]
    [line] = [line for line in listed.output.splitlines() if poisoned.letter in line]
    assert "ValueError: 13 is not liked" in line
    letters = json.loads(run(stack, "list", "--json").output)
    [letter] = [each for each in letters if each["id"] == poisoned.letter]
    assert (letter["entryKey"], letter["blockedCount"]) == (poisoned.owner, 1)
    shown = run(stack, "show", poisoned.letter)
    assert "13 is not liked" in shown.output
    assert f'"accountId": "{poisoned.account}"' in shown.output


def test_a_retry_that_fails_again_has_status_1(stack: Stack, poisoned: Poisoned) -> None:
    result = run(stack, "retry", poisoned.letter)
    assert (result.exit_code, "FAILED" in result.output) == (1, True)


def test_an_edit_from_stdin_lets_those_behind_follow(stack: Stack, poisoned: Poisoned) -> None:
    result = run(stack, "retry", poisoned.letter, "--data", "-", "--reason", "typo", stdin=poisoned.data(12))
    assert (result.exit_code, "SUCCESS" in result.output) == (0, True), result.output
    assert total(stack, poisoned.owner) == 17


def test_an_edit_that_does_not_fit_is_said(stack: Stack, poisoned: Poisoned) -> None:
    result = run(stack, "retry", poisoned.letter, "--data", "-", stdin=poisoned.data(0))
    assert result.exit_code == 2
    assert "amount" in result.output


def test_one_is_discarded_with_a_reason(stack: Stack, poisoned: Poisoned) -> None:
    assert run(stack, "discard", poisoned.letter).exit_code == 2, "the reason is required"
    result = run(stack, "discard", poisoned.letter, "--reason", "fraud", "--json")
    assert [each["outcome"] for each in json.loads(result.output)] == ["RESOLVED"]
    assert total(stack, poisoned.owner) == 5


def test_an_unknown_id_is_one_line_and_status_2(stack: Stack) -> None:
    for arguments in (["show", "nonsense"], ["discard", "nonsense", "--reason", "x"]):
        result = run(stack, *arguments)
        assert result.exit_code == 2
        assert result.output.startswith("Error: there is no dead letter nonsense")


def test_which_has_to_be_said(stack: Stack) -> None:
    result = run(stack, "retry")
    assert result.exit_code == 2
    assert "say which" in result.output
