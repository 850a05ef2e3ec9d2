"""Everything goes away but PostgreSQL, or PostgreSQL does: what was acknowledged is committed, and comes through."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hazelgate import Catalog
from hazelgate.client.operators.dead_letters import DeadLetters
from hazelgate.client.reading.queries import EntryQuery
from hazelgate.client.submitting.handler import SubmitOptions
from hazelgate.sourcing import ids
from hazelgate.sourcing.envelope import EVENT_STORE
from hazelgate.sourcing.errors import (
    EventTimedOut,
    PipelineUnavailable,
)
from tests.support.connected import connected
from tests.support.durable import entry, opened, submit_all, submitting
from tests.support.ledger import ACCOUNTS, ALWAYS_FAILS, MOODY, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.postgres import Postgres, rows, running_postgres
from tests.support.stack import running_stack
from tests.support.until import REST_SECONDS, until


async def test_all_is_there_again_after_everything_was_killed(
    ledger: Catalog, postgres: Postgres, tmp_path: Path
) -> None:
    """Events, views, dead letters, what was decided, the results of old ids: nothing but PostgreSQL was left of it."""
    dsn = postgres.new_database()
    moody = [AccountOpened(account_id=ids.new_id(), owner=f"{MOODY}{ids.new_id()}") for _ in range(2)]
    accounts = [opened() for _ in range(40)]
    with running_stack(tmp_path, postgres_dsn=dsn) as before:
        async with (
            submitting(ledger, before) as handler,
            connected(before.cluster()) as cluster,
        ):
            receipts = await submit_all(handler, accounts)
            for _ in range(3):
                await submit_all(handler, [MoneyPaidIn(account_id=each.account_id, amount=7) for each in accounts])
            await submit_all(handler, moody)
            for amount in (ALWAYS_FAILS, 5, 6):
                dead = await submit_all(handler, [MoneyPaidIn(account_id=e.account_id, amount=amount) for e in moody])
            letter_ids = [each.dead_letter_id for each in dead]
            await DeadLetters(cluster).discard(letter_ids[0], "fraud")
            views = await cluster.read(ACCOUNTS, [each.account_id for each in accounts])
            log = await cluster.query(EntryQuery(map_name=EVENT_STORE, index="cursor", limit=1_000))
        before.member.kill()
        before.projector.kill()
    with running_stack(tmp_path, postgres_dsn=dsn) as after:
        async with (
            submitting(ledger, after) as handler,
            connected(after.cluster()) as cluster,
        ):
            assert [_fields(raw) for raw in await cluster.read(ACCOUNTS, [each.account_id for each in accounts])] == [
                _fields(raw) for raw in views
            ]
            restored = await cluster.query(EntryQuery(map_name=EVENT_STORE, index="cursor", limit=1_000))
            assert [bytes(e.entry) for e in restored.entries] == [bytes(e.entry) for e in log.entries]
            letters = DeadLetters(cluster)
            assert [each.id async for each in letters.find()] == letter_ids[1:]
            waiting = [each.key for each in (await letters.one(letter_ids[1])).waiting]
            assert waiting == [ids.store_key("Account", number, moody[1].account_id) for number in (3, 4)]
            assert (await entry(cluster, OWNERS, moody[0].owner))["total"] == 5 + 6
            await letters.discard(letter_ids[1], "fraud, too")
            assert (await entry(cluster, OWNERS, moody[1].owner))["total"] == 5 + 6
            assert len(rows(dsn, "SELECT 1 FROM dead_letter_decisions")) == 2
            again = await handler.handle_event(accounts[0], SubmitOptions(event_id=receipts[0].event_id))
            assert (again.status, again.sequence) == ("SUCCESS", 1)
            more = await handler.handle_event(MoneyPaidIn(account_id=accounts[0].account_id, amount=1))
            assert more.sequence == 5
            assert (await entry(cluster, ACCOUNTS, accounts[0].account_id))["balance"] == 22


def _fields(raw: bytes | None) -> Any:
    """A view entry without when it was last written."""
    assert raw is not None
    value = json.loads(raw)
    del value["_meta"]["updatedAt"]
    return value


@pytest.mark.parametrize("how", ["kill", "stop", "pause"])
async def test_postgres_goes_away_under_load_and_nothing_is_lost(ledger: Catalog, tmp_path: Path, how: str) -> None:
    """Events wait, readiness says why, and what was acknowledged is committed; then all of it comes through."""
    with running_postgres() as postgres:
        dsn = postgres.new_database()
        with running_stack(tmp_path, postgres_dsn=dsn) as stack:
            async with (
                submitting(ledger, stack) as handler,
                connected(stack.cluster()) as cluster,
            ):
                ledger_of: dict[str, int] = {}
                over = asyncio.Event()

                async def pay(account: AccountOpened) -> None:
                    await handler.handle_event(account, SubmitOptions(timeout_seconds=60.0))
                    ledger_of[account.account_id] = 0
                    while not over.is_set():
                        event_id = ids.new_id()
                        while True:
                            try:
                                await handler.handle_event(
                                    MoneyPaidIn(account_id=account.account_id, amount=1),
                                    SubmitOptions(event_id=event_id, timeout_seconds=2.0),
                                )
                                break
                            except (EventTimedOut, PipelineUnavailable):
                                await asyncio.sleep(0.05)
                        ledger_of[account.account_id] += 1
                        await asyncio.sleep(REST_SECONDS)

                load = [asyncio.create_task(pay(opened())) for _ in range(20)]
                await until(lambda: sum(ledger_of.values()) > 200)
                getattr(postgres, how)()
                await until(lambda: "PostgreSQL is away" in str(cluster.state().problem))
                acknowledged = sum(ledger_of.values())
                await asyncio.sleep(0.5)
                # What was committed just before may be said now: one payment a writer, and no more.
                assert sum(ledger_of.values()) <= acknowledged + len(load)
                postgres.resume() if how == "pause" else postgres.start()
                await until(lambda: cluster.state().problem is None)
                await until(lambda: sum(ledger_of.values()) > acknowledged + 200)
                over.set()
                await asyncio.gather(*load)
                stored = dict(rows(dsn, "SELECT aggregate_id, count(*) - 1 FROM event_store GROUP BY aggregate_id"))
                assert stored == ledger_of
                for account_id, payments in ledger_of.items():
                    account = await entry(cluster, ACCOUNTS, account_id)
                    assert (account["payments"], account["balance"]) == (payments, payments)
                gaps = "SELECT 1 FROM event_store GROUP BY aggregate_id HAVING max(aggregate_sequence) <> count(*)"
                assert rows(dsn, gaps) == []
