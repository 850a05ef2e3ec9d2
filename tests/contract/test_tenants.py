"""Two tenants of one cluster with the same ids: each has its own, in memory as on a real member."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import hazelgate
from hazelgate import Catalog, Event, EventRejected, Gap, Hazelgate, StoredEvent, SubmitOptions
from hazelgate.client.cluster import Cluster
from hazelgate.client.operators.dead_letters import DeadLetters
from hazelgate.client.reading.queries import EntryQuery
from hazelgate.client.reads import ClusterReads
from hazelgate.client.submitting.submissions import MAX_TIMEOUT_SECONDS
from hazelgate.client.tenants.cluster import Tenants
from hazelgate.client.views import past
from hazelgate.sourcing.errors import EventDeadLettered, EventIdConflict, Forbidden, InvalidArgument
from hazelgate.sourcing.ids import new_id, prefix_of
from tests.support.ledger import POISON, Account, AccountOpened, MoneyPaidIn, Owner
from tests.support.until import PATIENCE_SECONDS

PATIENT = SubmitOptions(timeout_seconds=MAX_TIMEOUT_SECONDS)
Pair = tuple[Hazelgate, Hazelgate]


@pytest.fixture
async def both(ledger: Catalog, cluster: Cluster) -> AsyncIterator[Pair]:
    """The connections of two new tenants."""
    run = new_id()

    def connection(name: str) -> Hazelgate:
        return hazelgate.connect(
            catalog=ledger, cluster=cluster, ready_timeout_seconds=PATIENCE_SECONDS, tenant=f"{name}-{run}"
        )

    async with connection("acme") as acme, connection("globex") as globex:
        yield acme, globex


async def test_one_id_is_two_aggregates_and_two_entries(both: Pair) -> None:
    """Guards, keys of other entries, lists, history and the past see their own tenant's."""
    for hg, amount in zip(both, (5, 7), strict=True):
        await hg.handle_event(AccountOpened(account_id="a1", owner="ann"), PATIENT)
        receipt = await hg.handle_event(MoneyPaidIn(account_id="a1", amount=amount), PATIENT)
        assert (receipt.aggregate_id, receipt.sequence) == ("a1", 2)
        with pytest.raises(EventRejected, match="is open already"):
            await hg.handle_event(AccountOpened(account_id="a1", owner="ann"), PATIENT)
    for hg, amount in zip(both, (5, 7), strict=True):
        account = Account(account_id="a1", owner="ann", balance=amount, payments=1)
        assert await hg.view(Account).get("a1") == account
        assert list(await hg.view(Account).query(sort="-balance", total=True)) == [account]
        assert await hg.view(Account).count({"owner": {"eq": "ann"}}) == 1
        assert list(await hg.view(Owner).query()) == [Owner(owner="ann", total=amount)]
        assert [each.event for each in await hg.view(Owner).history("ann")] == [
            MoneyPaidIn(account_id="a1", amount=amount, owner="ann")
        ]
        assert await hg.view(Owner).as_of("ann", "2999-01-01T00:00:00Z") == Owner(owner="ann", total=amount)


async def test_an_event_id_is_its_tenants(both: Pair) -> None:
    """What is a conflict within a tenant is two events in two; the text of the conflict has the plain id."""
    acme, globex = both
    once = SubmitOptions(event_id="once", timeout_seconds=MAX_TIMEOUT_SECONDS)
    first = await acme.handle_event(AccountOpened(account_id="a1", owner="ann"), once)
    assert await globex.completion("once") is None
    await globex.handle_event(AccountOpened(account_id="a2", owner="bob"), once)
    assert (await acme.handle_event(AccountOpened(account_id="a1", owner="ann"), once)).sequence == first.sequence
    with pytest.raises(EventIdConflict) as conflict:
        await acme.handle_event(AccountOpened(account_id="a1", owner="cid"), once)
    assert "acme" not in str(conflict.value)
    completion = await acme.completion("once")
    assert completion is not None
    assert (completion.event_id, completion.aggregate_id) == ("once", "a1")


async def test_streams_and_their_cursors_are_a_tenants(both: Pair) -> None:
    """Who resumes hears its own events; a cursor of another tenant is one of another log."""
    acme, globex = both
    start, theirs = await acme.stream_cursor(), await globex.stream_cursor()
    for hg, account, owner in ((globex, "a1", "bob"), (acme, "a1", "ann"), (globex, "a2", "cid")):
        await hg.handle_event(AccountOpened(account_id=account, owner=owner), PATIENT)
    async with acme.events(after=start) as stream:
        events = aiter(stream)
        assert await following(events) == AccountOpened(account_id="a1", owner="ann")
        await globex.handle_event(AccountOpened(account_id="a3", owner="dan"), PATIENT)
        await acme.handle_event(AccountOpened(account_id="a3", owner="eve"), PATIENT)
        assert await following(events) == AccountOpened(account_id="a3", owner="eve")
    async with acme.events(after=theirs) as stream:
        gap = await anext(aiter(stream))
        assert isinstance(gap, Gap)
        assert "another log" in gap.reason


async def following(events: AsyncIterator[StoredEvent | Gap]) -> Event:
    """The next event of a stream without a gap."""
    told = await anext(events)
    assert isinstance(told, StoredEvent), told
    return told.event


async def test_what_follows_from_an_event_stays_in_its_tenant(both: Pair) -> None:
    """A program that answers each new account with a first payment, as a saga does."""
    acme, globex = both
    await globex.handle_event(AccountOpened(account_id="a1", owner="bob"), PATIENT)
    start = await acme.stream_cursor()
    await acme.handle_event(AccountOpened(account_id="a1", owner="ann"), PATIENT)
    async with acme.events(AccountOpened, after=start) as stream:
        opened = await anext(aiter(stream))
        assert isinstance(opened, StoredEvent)
        assert isinstance(opened.event, AccountOpened)
        options = SubmitOptions(
            causation_id=opened.record.event_id, saga_id="welcome", timeout_seconds=MAX_TIMEOUT_SECONDS
        )
        await acme.handle_event(MoneyPaidIn(account_id=opened.event.account_id, amount=1), options)
    balances = [entry.balance for hg in both if (entry := await hg.view(Account).get("a1")) is not None]
    assert balances == [1, 0]


async def test_a_dead_letter_is_its_tenants_and_operators_of_all_mend_it(both: Pair, cluster: Cluster) -> None:
    """The submitter hears the letter's plain id; the letter blocks one tenant's entry alone."""
    acme, globex = both
    for hg in both:
        await hg.handle_event(AccountOpened(account_id="a1", owner=POISON), PATIENT)
    with pytest.raises(EventDeadLettered) as caught:
        await acme.handle_event(MoneyPaidIn(account_id="a1", amount=3), PATIENT)
    letter_id = caught.value.dead_letter_id
    assert letter_id.startswith("dl-")
    found = [each async for each in DeadLetters(cluster).find() if each.id.endswith(letter_id)]
    assert [each.entry_key.partition("!")[2] for each in found] == [POISON]
    assert found[0].id.startswith("acme-")
    await DeadLetters(cluster).discard(found[0].id, "it was a test")
    assert await globex.view(Owner).history(POISON) is not None
    assert list(await acme.view(Owner).query()) == []


async def test_what_is_about_all_tenants_is_refused(cluster: Cluster, ledger: Catalog) -> None:
    """Maps of the cluster's own, its figures, its topics, its dead letters as a whole, and ids with a prefix."""
    tenants = Tenants(cluster, ledger.views)
    acme = tenants.cluster_of("acme")
    for asked in (
        lambda: acme.stats(),
        lambda: acme.maintain_views(b"{}"),
        lambda: acme.resolve_dead_letters([]),
        lambda: acme.read("rebuilds", ["x"]),
        lambda: acme.select("rebuilds", ["x"], "[]"),
        lambda: acme.listen("events.AccountOpened", lambda message: None),
        lambda: DeadLetters(acme).find().__anext__(),
    ):
        with pytest.raises(Forbidden):
            await asked()
    assert await acme.select(next(iter(ledger.views)), ["x"], "[]") is None, "ids in an entry are made plain first"
    with pytest.raises(InvalidArgument, match="tenant"):
        hazelgate.connect(catalog=ledger, cluster=cluster, tenant="a!b")


async def test_no_id_leads_out_of_a_tenant(both: Pair) -> None:
    """A key with another tenant's prefix is none."""
    acme, _ = both
    with pytest.raises(InvalidArgument):
        await acme.view(Account).get("globex!a1")
    with pytest.raises(EventRejected):
        await acme.handle_event(AccountOpened(account_id="globex!a1", owner="ann"), PATIENT)
    with pytest.raises(EventRejected):
        await acme.handle_event(
            AccountOpened(account_id="a9", owner="ann"), SubmitOptions(event_id="globex!e1", timeout_seconds=5.0)
        )


async def test_operators_look_into_a_tenants_past_by_stored_keys(both: Pair, cluster: Cluster, ledger: Catalog) -> None:
    """As `hazelgate show` does: an entry that other aggregates feed, folded again, is the tenant's."""
    for hg, amount in zip(both, (5, 7), strict=True):
        await hg.handle_event(AccountOpened(account_id="a1", owner="ann"), PATIENT)
        await hg.handle_event(MoneyPaidIn(account_id="a1", amount=amount), PATIENT)
    reads, view = ClusterReads(cluster, max_scanned_entries=100_000), ledger.views["owner-view"]
    page = await cluster.query(EntryQuery(map_name=view.name, index="id", limit=1_000))
    assert page.entries
    for prefix in {prefix_of(each.index_value.removeprefix("!!")) for each in page.entries} - {""}:
        [stored] = await cluster.read(view.name, [f"{prefix}ann"])
        if stored is None:
            continue
        then = await past.as_it_was(reads, ledger, view, f"{prefix}ann", "2999-01-01T00:00:00.000000Z")
        assert then is not None
        assert then.value == view.decode(stored)
