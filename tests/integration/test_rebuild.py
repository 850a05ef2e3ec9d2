"""Views built anew on a real member: while events come in, through crashes, and back again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from hazelcast.asyncio import HazelcastClient
from hazelcast.core import HazelcastJsonValue

from hazelgate import Catalog, CompletionStatus
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.dead_letters import DeadLetters
from hazelgate.client.operators.rebuilds import Rebuild, Rebuilds, RebuildStatus, ViewStatus
from hazelgate.client.reading.queries import EntryQuery
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.operations.cli import main
from hazelgate.operations.member import MemberOptions
from hazelgate.sourcing.errors import DeadLetterBusy, EventDeadLettered, RebuildRefused
from hazelgate.sourcing.ids import new_id
from tests.support.accounts import PATIENT, check_balances, entries_of, open_accounts
from tests.support.connected import PatientHandler, connected, handling
from tests.support.ledger import (
    ACCOUNTS,
    ALWAYS_FAILS,
    FAILS_AT_FIRST,
    MOODY,
    OWNERS,
    POISON,
    AccountOpened,
    MoneyPaidIn,
    mend,
)
from tests.support.ledger_with_payments import PAYMENTS
from tests.support.processes import TEST_HEAP, Child, free_port, member, member_with, projector
from tests.support.stack import Stack, running_stack
from tests.support.until import PATIENCE_SECONDS, REST_SECONDS, eventually, until

BOTH = (ACCOUNTS, OWNERS)
WITH_PAYMENTS = "tests.support.ledger,tests.support.ledger_with_payments"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose views these tests build anew."""
    with running_stack(tmp_path_factory.mktemp("rebuild")) as stack:
        yield stack


@pytest.fixture
async def cluster(own: Stack) -> AsyncIterator[HazelcastCluster]:
    async with connected(own.cluster()) as cluster:
        yield cluster


@pytest.fixture
def rebuilds(cluster: HazelcastCluster) -> Rebuilds:
    return Rebuilds(cluster)


@pytest.fixture
async def handler(ledger: Catalog, cluster: HazelcastCluster) -> AsyncIterator[EventHandler]:
    async with handling(ledger, cluster) as handler:
        yield handler


async def view_status(rebuilds: Rebuilds, view: str) -> ViewStatus:
    return next(each for each in (await rebuilds.report()).views if each.view == view)


async def ended(rebuilds: Rebuilds, rebuild_id: str) -> Rebuild:
    async with asyncio.timeout(PATIENCE_SECONDS):
        rebuild = await rebuilds.wait(rebuild_id)
    assert rebuild.status is RebuildStatus.DONE, rebuild
    return rebuild


async def test_a_rebuild_during_writes_shows_readers_nothing_but_whole_views(
    cluster: HazelcastCluster, handler: EventHandler, rebuilds: Rebuilds
) -> None:
    ids = await open_accounts(handler, 300)
    stop = asyncio.Event()
    written = seen = 0

    async def write() -> None:
        nonlocal written
        while not stop.is_set():
            batch = [Submission(MoneyPaidIn(account_id=each, amount=2), PATIENT) for each in ids[written % 7 :: 7]]
            assert all(isinstance(each, Receipt) for each in await handler.handle_events(batch))
            written += 1
            await asyncio.sleep(REST_SECONDS)

    async def read() -> None:
        nonlocal seen
        least = 3
        while not stop.is_set():
            page = await cluster.query(EntryQuery(map_name=ACCOUNTS, index="id", limit=1_000, count=True))
            assert page.count is not None
            assert page.count >= len(ids)
            assert len(page.entries) >= len(ids)
            (entry,) = await cluster.read(ACCOUNTS, [ids[0]])
            balance = msgspec.json.decode(entry or b"null")["balance"]
            assert balance >= least
            least = balance
            seen += 1
            await asyncio.sleep(REST_SECONDS)

    at_work = [asyncio.create_task(write()), asyncio.create_task(read())]
    try:
        before = (await view_status(rebuilds, ACCOUNTS)).live
        first = await ended(rebuilds, await rebuilds.start())
        second = await ended(rebuilds, await rebuilds.start([ACCOUNTS]))
        await until(lambda: seen > 10 and written > 5)
    finally:
        stop.set()
        await asyncio.gather(*at_work)
    assert second.events > first.events >= 1_200
    assert (await view_status(rebuilds, ACCOUNTS)).live not in (before, ACCOUNTS)
    await check_balances(cluster)
    assert (await ended(rebuilds, await rebuilds.compare(BOTH))).differences == 0


async def test_a_request_that_comes_twice_begins_one_rebuild(cluster: HazelcastCluster, rebuilds: Rebuilds) -> None:
    """A client that hears nothing in time asks another member: that one has to know the request."""
    request = {"op": "diff", "request": new_id(), "views": [ACCOUNTS], "eventsPerSecond": 1}
    first, second = [msgspec.json.decode(await cluster.maintain_views(msgspec.json.encode(request))) for _ in range(2)]
    assert first == second
    await rebuilds.cancel(first["id"])


async def test_a_cancelled_rebuild_leaves_the_live_view_alone(
    cluster: HazelcastCluster, handler: EventHandler, rebuilds: Rebuilds
) -> None:
    await open_accounts(handler, 50)
    before = await view_status(rebuilds, ACCOUNTS)
    rebuild_id = await rebuilds.start([ACCOUNTS], events_per_second=20)
    with pytest.raises(RebuildRefused, match="is running"):
        await rebuilds.start([ACCOUNTS])
    assert await rebuilds.cancel(rebuild_id)
    assert not await rebuilds.cancel(rebuild_id)
    assert (await rebuilds.find(rebuild_id)).status is RebuildStatus.CANCELLED
    assert await view_status(rebuilds, ACCOUNTS) == before
    await check_balances(cluster)


async def test_a_rollback_makes_the_earlier_generation_live_with_all_that_came_since(
    cluster: HazelcastCluster, handler: EventHandler, rebuilds: Rebuilds
) -> None:
    await open_accounts(handler, 20)
    await ended(rebuilds, await rebuilds.start([ACCOUNTS]))
    switched = await view_status(rebuilds, ACCOUNTS)
    await open_accounts(handler, 20)
    await ended(rebuilds, await rebuilds.roll_back(ACCOUNTS))
    back = await view_status(rebuilds, ACCOUNTS)
    assert (back.live, back.previous) == (switched.previous, switched.live)
    await open_accounts(handler, 5)
    await check_balances(cluster)
    assert await rebuilds.drop_previous(ACCOUNTS)
    with pytest.raises(RebuildRefused, match="no earlier generation"):
        await rebuilds.roll_back(ACCOUNTS)


async def test_a_rollback_has_the_events_whose_letters_were_resolved_after_the_switch(
    cluster: HazelcastCluster, handler: EventHandler, rebuilds: Rebuilds
) -> None:
    """One letter goes at the switch, one is discarded later, one stays: all block the generation that is left."""
    passes, discarded, stays = [
        await Moody(cluster, handler).pay(amount) for amount in (FAILS_AT_FIRST, ALWAYS_FAILS, ALWAYS_FAILS)
    ]
    mend(passes.owner)
    await ended(rebuilds, await rebuilds.start([OWNERS]))
    await discarded.letters.discard(discarded.letter, "fraud")
    assert [await passes.total(), await discarded.total()] == [FAILS_AT_FIRST + 5, 5]
    for moody in (passes, discarded):
        await handler.handle_event(MoneyPaidIn(account_id=moody.account, amount=7))
    with pytest.raises(EventDeadLettered):
        await handler.handle_event(MoneyPaidIn(account_id=stays.account, amount=7))
    await ended(rebuilds, await rebuilds.roll_back(OWNERS))

    owners = [moody.owner for moody in (passes, discarded, stays)]

    async def all_is_there() -> bool:
        """A letter goes after what it stood for is in the entry."""
        totals = [await passes.total(), await discarded.total(), await stays.total()]
        waiting = {
            each.entry_key: each.blocked_count async for each in stays.letters.find() if each.entry_key in owners
        }
        return totals == [FAILS_AT_FIRST + 5 + 7, 5 + 7, None] and waiting == {stays.owner: 2}

    await eventually(all_is_there)
    await stays.letters.discard(stays.letter, "the same")
    assert await stays.total() == 5 + 7
    assert (await ended(rebuilds, await rebuilds.compare([OWNERS]))).differences == 0


async def test_a_view_that_nobody_knows_is_refused(rebuilds: Rebuilds) -> None:
    with pytest.raises(RebuildRefused, match="there is no view nonsense"):
        await rebuilds.start(["nonsense"])


async def test_a_comparison_finds_what_was_planted(
    own: Stack, cluster: HazelcastCluster, handler: EventHandler, rebuilds: Rebuilds
) -> None:
    wrong, surplus = (await open_accounts(handler, 3))[0], new_id()
    live = (await view_status(rebuilds, ACCOUNTS)).live
    client = await HazelcastClient.create_and_start(cluster_name=own.cluster_name, cluster_members=[own.address])
    entries: Any = await client.get_map(live)
    (right,) = await cluster.read(ACCOUNTS, [wrong])
    assert right is not None
    await entries.set(wrong, HazelcastJsonValue(right.decode().replace('"balance":3', '"balance":4')))
    await entries.set(surplus, HazelcastJsonValue(right.decode().replace(wrong, surplus)))
    try:
        at = ["diff", ACCOUNTS, "--cluster-name", own.cluster_name, "--members", own.address]
        result = await asyncio.to_thread(CliRunner().invoke, main, [*at, "--json"])
        assert result.exit_code == 1, result.output
        lines = {line["key"]: line["fields"] for line in map(msgspec.json.decode, result.stdout.splitlines())}
        assert lines[wrong] == [{"path": "balance", "stored": 4, "expected": 3}]
        [whole] = lines.pop(surplus)
        assert (whole["path"], whole["stored"]["balance"], "expected" in whole) == ("", 3, False)
        assert list(lines) == [wrong]
        one = await asyncio.to_thread(CliRunner().invoke, main, [*at, "--limit", "1"])
        head, row = one.stdout.splitlines()
        assert head.split() == ["KEY", "FIELD", "STORED", "EXPECTED"]
        assert row.split()[0] == min(wrong, surplus)
        assert "1 more entries differ" in one.stderr
    finally:
        await ended(rebuilds, await rebuilds.start([ACCOUNTS]))
        await client.shutdown()
    assert (await ended(rebuilds, await rebuilds.compare([ACCOUNTS]))).differences == 0


async def test_a_fold_that_fails_waits_in_its_letter_in_the_new_generation_too(
    cluster: HazelcastCluster, handler: EventHandler, rebuilds: Rebuilds
) -> None:
    await open_accounts(handler, 1, payments=2, owner=POISON)
    (before,) = await cluster.read(OWNERS, [POISON])
    await ended(rebuilds, await rebuilds.start([OWNERS]))
    (after,) = await cluster.read(OWNERS, [POISON])
    blocked = [msgspec.json.decode(each or b"null")["_meta"]["blocked"] for each in (before, after)]
    assert blocked[0] == blocked[1]
    (letter,) = await cluster.read("dead-letter-events", list(blocked[0].values()))
    assert len(msgspec.json.decode(letter or b"null")["waiting"]) == 1


class Moody:
    """An owner's account, and a payment that his entry can't take, with one of 5 behind it."""

    def __init__(self, cluster: HazelcastCluster, handler: EventHandler) -> None:
        self.letters = DeadLetters(cluster)
        self.owner, self.account, self.letter, self.event_id = f"{MOODY}{new_id()}", new_id(), "", new_id()
        self._cluster, self._handler = cluster, handler

    async def pay(self, amount: int) -> Moody:
        await self._handler.handle_event(AccountOpened(account_id=self.account, owner=self.owner))
        for each, options in ((amount, SubmitOptions(event_id=self.event_id)), (5, SubmitOptions())):
            with pytest.raises(EventDeadLettered) as dead:
                await self._handler.handle_event(MoneyPaidIn(account_id=self.account, amount=each), options)
            self.letter = dead.value.dead_letter_id
        return self

    async def total(self) -> int | None:
        (raw,) = await self._cluster.read(OWNERS, [self.owner])
        total: int | None = msgspec.json.decode(raw or b"{}").get("total")
        return total


async def test_what_operators_decided_holds_in_the_new_generation(
    cluster: HazelcastCluster, handler: EventHandler, rebuilds: Rebuilds
) -> None:
    edited, discarded = [await Moody(cluster, handler).pay(ALWAYS_FAILS) for _ in range(2)]
    data = {"accountId": edited.account, "owner": edited.owner, "amount": 2}
    await edited.letters.edit(edited.letter, msgspec.json.encode(data))
    await discarded.letters.discard(discarded.letter, "fraud")
    assert (await ended(rebuilds, await rebuilds.compare([OWNERS]))).differences == 0
    await ended(rebuilds, await rebuilds.start([OWNERS]))
    assert (await edited.total(), await discarded.total()) == (2 + 5, 5)
    assert [each async for each in edited.letters.find() if each.entry_key in (edited.owner, discarded.owner)] == []


async def test_nothing_is_decided_about_a_view_while_it_is_built(
    cluster: HazelcastCluster, handler: EventHandler, rebuilds: Rebuilds
) -> None:
    moody = await Moody(cluster, handler).pay(ALWAYS_FAILS)
    slow = await rebuilds.start([OWNERS], events_per_second=1)
    with pytest.raises(DeadLetterBusy, match=f"rebuild {slow} folds events by what was decided"):
        await moody.letters.discard(moody.letter, "fraud")
    await rebuilds.cancel(slow)
    await moody.letters.discard(moody.letter, "fraud")
    assert await moody.total() == 5


async def test_a_letter_that_the_new_generation_has_no_use_for_is_resolved(
    cluster: HazelcastCluster, handler: EventHandler, rebuilds: Rebuilds
) -> None:
    moody = await Moody(cluster, handler).pay(FAILS_AT_FIRST)
    mend(moody.owner)
    await ended(rebuilds, await rebuilds.start([OWNERS]))
    assert await moody.total() == FAILS_AT_FIRST + 5

    async def told() -> bool:
        completion = await handler.completion(moody.event_id)
        return completion is not None and completion.status is CompletionStatus.SUCCESS

    await eventually(told)
    assert [each async for each in moody.letters.find() if each.entry_key == moody.owner] == []


async def test_a_rebuild_waits_for_a_projector_that_died_half_way(
    own: Stack, cluster: HazelcastCluster, handler: EventHandler, rebuilds: Rebuilds
) -> None:
    await open_accounts(handler, 100)
    rebuild_id = await rebuilds.start([ACCOUNTS], events_per_second=800)

    async def is_under_way() -> bool:
        return (await rebuilds.find(rebuild_id)).events > 0

    await eventually(is_under_way)
    own.projector.kill()
    own.projector.start()
    await ended(rebuilds, rebuild_id)
    await cluster.wait_until_ready(PATIENCE_SECONDS)
    await check_balances(cluster)


async def test_a_rebuild_goes_on_when_a_member_dies_half_way(ledger: Catalog, tmp_path: Path) -> None:
    name, projector_port = f"pair-{new_id()[:8]}", free_port()
    ports = (free_port(), free_port())
    folds = projector(projector_port, log=tmp_path / "projector.log")
    pair = [one_of(ports, port, name, projector_port, tmp_path / f"member-{port}.log") for port in ports]
    try:
        folds.launch()
        for each in pair:
            each.start()
        folds.wait_until_up()
        real = HazelcastCluster(cluster_name=name, members=[f"127.0.0.1:{ports[0]}"])
        async with connected(real) as cluster:
            handler, rebuilds = PatientHandler(ledger, cluster), Rebuilds(cluster)
            await open_accounts(handler, 300)
            rebuild_id = await rebuilds.start(events_per_second=600)

            async def is_half_way() -> bool:
                return (await rebuilds.find(rebuild_id)).events > 300

            await eventually(is_half_way)
            pair[1].kill()
            rebuild = await ended(rebuilds, rebuild_id)
            assert rebuild.events == 1_200
            await cluster.wait_until_ready(PATIENCE_SECONDS)
            await check_balances(cluster)
            await handler.close()
    finally:
        for each in pair:
            each.stop()
        folds.stop()


def one_of(ports: tuple[int, ...], port: int, name: str, projector_port: int, log: Path) -> Child:
    """A member of several; not yet started."""
    options = MemberOptions(
        cluster_name=name,
        port=port,
        members=tuple(f"127.0.0.1:{each}" for each in ports),
        projector=f"127.0.0.1:{projector_port}",
        heap=TEST_HEAP,
    )
    return member_with(options, log=log)


async def test_a_new_projection_over_an_old_log_is_built_by_a_rebuild(ledger: Catalog, tmp_path: Path) -> None:
    name, projector_port, port = f"late-{new_id()[:8]}", free_port(), free_port()
    before = projector(projector_port, log=tmp_path / "before.log")
    after = projector(projector_port, log=tmp_path / "after.log", domain=WITH_PAYMENTS)
    runs = member(port, cluster_name=name, projector_port=projector_port, log=tmp_path / "member.log")
    try:
        before.launch()
        runs.start()
        real = HazelcastCluster(cluster_name=name, members=[f"127.0.0.1:{port}"])
        async with connected(real) as cluster:
            handler, rebuilds = PatientHandler(ledger, cluster), Rebuilds(cluster)
            ids = await open_accounts(handler, 10)
            before.stop()
            after.start()

            async def is_known() -> bool:
                return any(each.view == PAYMENTS and each.incomplete for each in (await rebuilds.report()).views)

            await eventually(is_known)
            assert not (await view_status(rebuilds, ACCOUNTS)).incomplete
            await ended(rebuilds, await rebuilds.start([PAYMENTS]))
            assert not (await view_status(rebuilds, PAYMENTS)).incomplete
            assert await entries_of(cluster, PAYMENTS, "payments") == dict.fromkeys(ids, 3)
            await handler.close()
    finally:
        runs.stop()
        before.stop()
        after.stop()
