"""Accounts of the ledger on a real cluster, and what a fold as naive as can be makes of the log."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.sourcing.envelope import EVENT_STORE
from hazelgate.sourcing.ids import new_id
from tests.support.ledger import ACCOUNTS, MOODY, OWNERS, POISON, AccountOpened, MoneyPaidIn

PATIENT = SubmitOptions(timeout_seconds=60.0)
"""Two members that have just met are slow at first."""


async def open_accounts(handler: EventHandler, count: int, payments: int = 3, owner: str = "ann") -> list[str]:
    """So many accounts with so many payments of 1; their ids."""
    ids = [new_id() for _ in range(count)]
    submissions = [Submission(AccountOpened(account_id=each, owner=owner), PATIENT) for each in ids]
    submissions += [
        Submission(MoneyPaidIn(account_id=each, amount=1), PATIENT) for _ in range(payments) for each in ids
    ]
    outcomes = await handler.handle_events(submissions)
    failed = [outcome for outcome in outcomes if not isinstance(outcome, Receipt)]
    assert not failed or owner == POISON, failed[:3]
    return ids


async def log_of(cluster: HazelcastCluster) -> list[dict[str, Any]]:
    """Every stored event, in order."""
    events: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = await cluster.query(
            EntryQuery(map_name=EVENT_STORE, index="cursor", ranges=(KeyRange(after and f"{after}\0"),), limit=2_000)
        )
        events += [msgspec.json.decode(each.entry) for each in page.entries]
        if len(page.entries) < 2_000:
            return events
        after = page.entries[-1].index_value


async def entries_of(cluster: HazelcastCluster, view: str, field: str) -> dict[str, Any]:
    """A field of every entry of a view, by key."""
    found: dict[str, Any] = {}
    after: str | None = None
    while True:
        page = await cluster.query(
            EntryQuery(map_name=view, index="id", ranges=(KeyRange(after and f"{after}\0"),), limit=2_000)
        )
        for each in page.entries:
            found[each.index_value] = msgspec.json.decode(each.entry)[field]
        if len(page.entries) < 2_000:
            return found
        after = page.entries[-1].index_value


async def check_balances(cluster: HazelcastCluster) -> None:
    """
    The views are what a fold as naive as can be makes of the log.

    Moody owners are left out: operators decide about their events, and who made them says what their totals are.
    """
    balances: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for record in await log_of(cluster):
        data = record["data"]
        balances[data["accountId"]] += data.get("amount", 0)
        owner = data.get("owner")
        if owner not in (None, POISON) and not owner.startswith(MOODY) and "amount" in data:
            totals[owner] += data["amount"]
    assert await entries_of(cluster, ACCOUNTS, "balance") == dict(balances)
    live = await entries_of(cluster, OWNERS, "total")
    assert {owner: total for owner, total in live.items() if not owner.startswith(MOODY)} == dict(totals)
