"""Many events at once, in batches that have nothing in common and in others that have: each has its turn, once."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence

from hazelgate import Catalog, CompletionStatus
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.ids import new_id
from tests.support.connected import PatientHandler
from tests.support.ledger import ACCOUNTS, OWNERS, AccountOpened, MoneyPaidIn

BATCH = 400
AT_ONCE = 4
PATIENT = SubmitOptions(timeout_seconds=60.0)


async def submit(handler: EventHandler, events: Sequence[Event]) -> list[Receipt]:
    """In batches, some under way at the same time: then one is projected while the one before it is written."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def batch(start: int) -> list[Receipt]:
        async with slots:
            outcomes = await handler.handle_events(
                [Submission(event, PATIENT) for event in events[start : start + BATCH]]
            )
        receipts = [each for each in outcomes if isinstance(each, Receipt)]
        assert len(receipts) == len(outcomes)
        return receipts

    batches = await asyncio.gather(*(batch(start) for start in range(0, len(events), BATCH)))
    receipts = [receipt for each in batches for receipt in each]
    assert {receipt.status for receipt in receipts} == {CompletionStatus.SUCCESS}
    return receipts


async def test_each_event_has_its_number_and_is_in_its_entries_once(
    ledger: Catalog, real_cluster: HazelcastCluster
) -> None:
    """Accounts that nobody shares anything with, payments into few accounts of few owners, and both mixed."""
    chance = random.Random(4)
    few = [new_id() for _ in range(60)]
    owners = {account: f"owner-{number % 7}-{few[0]}" for number, account in enumerate(few)}
    handler = PatientHandler(ledger, real_cluster)
    await handler.start()
    try:
        await submit(handler, [AccountOpened(account_id=each, owner=owners[each]) for each in few])
        paid: Counter[str] = Counter()
        payments: Counter[str] = Counter()
        numbers: dict[str, list[int]] = {}
        many: list[str] = []
        for share in (0.0, 1.0, 0.002, 0.5):
            events: list[Event] = []
            for _ in range(8 * BATCH):
                if chance.random() < share:
                    account = chance.choice(few)
                    amount = chance.randint(1, 9)
                    paid[account] += amount
                    payments[account] += 1
                    events.append(MoneyPaidIn(account_id=account, amount=amount))
                else:
                    many.append(new_id())
                    events.append(AccountOpened(account_id=many[-1], owner=many[-1]))
            for event, receipt in zip(events, await submit(handler, events), strict=True):
                assert receipt.sequence is not None
                numbers.setdefault(event.account_id, []).append(receipt.sequence)  # type: ignore[attr-defined]
    finally:
        await handler.close()

    assert all(numbers[account] == [1] for account in many)
    assert {account: sorted(numbers[account]) for account in few} == {
        account: list(range(2, payments[account] + 2)) for account in few
    }
    accounts = [json.loads(raw or b"null") for raw in await real_cluster.read(ACCOUNTS, few)]
    assert {each["accountId"]: each["balance"] for each in accounts} == {account: paid[account] for account in few}
    totals: Counter[str] = Counter()
    for account, amount in paid.items():
        totals[owners[account]] += amount
    found = await real_cluster.read(OWNERS, sorted(totals))
    assert {
        owner: json.loads(raw or b"null")["total"] for owner, raw in zip(sorted(totals), found, strict=True)
    } == dict(totals)
    opened = await real_cluster.read(ACCOUNTS, many)
    assert all(raw is not None for raw in opened)
