"""`hazelgate.connect`: a program sees the same on the real cluster and on the one in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

import hazelgate
from hazelgate import Catalog, Change, ChangeKind, EventRejected, Hazelgate, StoredEvent, SubmitOptions
from hazelgate.client.cluster import Cluster
from hazelgate.client.submitting.submissions import MAX_TIMEOUT_SECONDS, Submission
from hazelgate.sourcing.ids import new_id
from tests.support.ledger import Account, AccountOpened, MoneyPaidIn, Owner
from tests.support.stack import Stack
from tests.support.until import PATIENCE_SECONDS

PATIENT = SubmitOptions(timeout_seconds=MAX_TIMEOUT_SECONDS)


@pytest.fixture(params=[None, "acme"], ids=["whole", "tenant"])
async def hg(request: pytest.FixtureRequest, ledger: Catalog, cluster: Cluster) -> AsyncIterator[Hazelgate]:
    """Of the whole cluster, and of one tenant: neither the one nor the other shows in anything."""
    connection = hazelgate.connect(
        catalog=ledger, cluster=cluster, ready_timeout_seconds=PATIENCE_SECONDS, tenant=request.param
    )
    async with connection as hg:
        yield hg


async def test_what_is_written_is_read_in_every_way(hg: Hazelgate) -> None:
    run = new_id()
    first, second, owner = f"{run}-a", f"{run}-b", f"{run}-ann"
    await hg.handle_events(
        [Submission(AccountOpened(account_id=account, owner=owner), PATIENT) for account in (first, second)]
    )
    await hg.handle_event(MoneyPaidIn(account_id=first, amount=5), PATIENT)
    then = datetime.now(UTC)
    await hg.handle_event(MoneyPaidIn(account_id=second, amount=7), PATIENT)
    with pytest.raises(EventRejected, match="is open already"):
        await hg.handle_event(AccountOpened(account_id=first, owner=owner), PATIENT)

    accounts, owners = hg.view(Account), hg.view(Owner)
    expected = [Account(account_id=first, owner=owner, balance=5, payments=1)]
    expected.append(Account(account_id=second, owner=owner, balance=7, payments=1))
    assert await accounts.get(first) == expected[0]
    assert await accounts.get_many([second, run, first]) == [expected[1], None, expected[0]]

    mine = {"owner": {"eq_ignore_case": owner.upper()}}
    page = await accounts.query(mine, "-balance", first=1, total=True)
    assert (list(page), page.has_next, page.total) == ([expected[1]], True, 2)
    assert list(await accounts.query(mine, "-balance", after=page.end_cursor)) == [expected[0]]
    assert await accounts.count({**mine, "balance": {"gt": 5}}) == 1
    assert [each async for each in accounts.each(mine, "balance", page_size=1)] == expected

    assert await owners.get(owner) == Owner(owner=owner, total=12)
    assert await owners.as_of(owner, then) == Owner(owner=owner, total=5)
    history = await owners.history(owner)
    assert [each.event for each in history] == [
        MoneyPaidIn(account_id=first, amount=5, owner=owner),
        MoneyPaidIn(account_id=second, amount=7, owner=owner),
    ]


async def test_what_happens_is_followed(hg: Hazelgate) -> None:
    account = new_id()
    async with hg.view(Account).changes(account) as changes, hg.events(aggregate_id=account) as events:
        seen, happened = aiter(changes), aiter(events)
        for each in (AccountOpened(account_id=account, owner="ann"), MoneyPaidIn(account_id=account, amount=3)):
            receipt = await hg.handle_event(each, PATIENT)
            change, stored = await anext(seen), await anext(happened)
            assert isinstance(change, Change)
            assert isinstance(stored, StoredEvent)
            assert change.kind is ChangeKind.CHANGED
            assert change.entry is not None
            assert change.entry.payments + 1 == receipt.sequence
            assert change.caused_by.record.event_id == stored.record.event_id == receipt.event_id
            assert change.cursor == stored.cursor
            assert isinstance(stored.event, type(each))


async def test_a_program_finds_the_cluster_by_the_settings_of_a_gateway(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAZELGATE_CLUSTER_NAME", stack.cluster_name)
    monkeypatch.setenv("HAZELGATE_MEMBERS", stack.address)
    monkeypatch.setenv("HAZELGATE_DOMAIN", "tests.support.ledger")
    account = new_id()
    async with hazelgate.connect(ready_timeout_seconds=PATIENCE_SECONDS, operation_timeout_seconds=30) as hg:
        await hg.handle_event(AccountOpened(account_id=account, owner="ann"), PATIENT)
        found = await hg.view(Account).get(account)
    assert found == Account(account_id=account, owner="ann", balance=0, payments=0)
    assert hg.problem is not None


async def test_a_cluster_that_is_nowhere_is_an_error_that_says_where_it_was_looked_for(stack: Stack) -> None:
    hg = hazelgate.connect(
        domain="tests.support.ledger", cluster_name="another", members=[stack.address], ready_timeout_seconds=0.5
    )
    with pytest.raises(hazelgate.PipelineUnavailable, match=f"cluster 'another' at {stack.address}"):
        await hg.start()
