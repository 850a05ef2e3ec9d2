"""Two pipelines on real members: one stands still while the other flows, and new code comes while writes wait."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hazelgate import Catalog, CompletionStatus
from hazelgate.client.figures.pipelines import DRAINED, PipelineState
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.replacement import Replacement
from hazelgate.client.submitting.handler import EventHandler, SubmitOptions
from hazelgate.client.submitting.submissions import MAX_TIMEOUT_SECONDS
from hazelgate.gateway.health import readiness
from hazelgate.operations.member import MemberOptions
from hazelgate.sourcing.errors import EventIdConflict, EventRejected, EventTimedOut, PipelineUnavailable
from hazelgate.sourcing.ids import new_id
from tests.support import ledger, ledger_next
from tests.support.connected import PatientHandler, handling
from tests.support.ledger import AccountOpened, MoneyPaidIn
from tests.support.notes import NoteLost, NoteTaken
from tests.support.processes import TEST_HEAP, Child, free_port, member_with, projector
from tests.support.until import PATIENCE_SECONDS, REST_SECONDS, eventually, until


@dataclass(frozen=True)
class Shop:
    """A member with the pipelines `money` and `notes`, each with a projector of its own."""

    cluster_name: str
    address: str
    money: Child
    notes: Child
    folder: Path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("pipelines")
    name, port, money_port, notes_port = f"test-{uuid.uuid4().hex[:12]}", free_port(), free_port(), free_port()
    money = projector(money_port, log=folder / "money.log", domain="tests.support.ledger")
    notes = projector(notes_port, log=folder / "notes.log", domain="tests.support.notes")
    options = MemberOptions(
        cluster_name=name,
        port=port,
        heap=TEST_HEAP,
        pipelines=(
            f"money=AccountOpened,MoneyPaidIn@127.0.0.1:{money_port}",
            f"notes=NoteTaken@127.0.0.1:{notes_port}",
        ),
    )
    runs = member_with(options, log=folder / "member.log")
    try:
        money.launch()
        notes.launch()
        runs.start()
        yield Shop(name, f"127.0.0.1:{port}", money, notes, folder)
    finally:
        runs.kill()
        money.stop()
        notes.stop()


@pytest.fixture
async def cluster(shop: Shop) -> AsyncIterator[HazelcastCluster]:
    cluster = HazelcastCluster(cluster_name=shop.cluster_name, members=[shop.address])
    await cluster.start()
    await until(lambda: cluster.state().connected and not cluster.state().warnings)
    await cluster.wait_until_ready(PATIENCE_SECONDS)
    yield cluster
    await cluster.close()


@pytest.fixture
async def handler(cluster: HazelcastCluster) -> AsyncIterator[EventHandler]:
    async with handling(Catalog.load("tests.support.ledger", "tests.support.notes"), cluster) as handler:
        yield handler


@pytest.fixture
def operator(cluster: HazelcastCluster) -> tuple[Replacement, list[str]]:
    said: list[str] = []
    return Replacement(cluster, PATIENCE_SECONDS, said.append), said


async def _money(cluster: HazelcastCluster) -> PipelineState:
    return (await cluster.stats()).pipelines[0]


async def test_each_event_goes_to_the_projector_of_its_pipeline(
    cluster: HazelcastCluster, handler: EventHandler
) -> None:
    note, account = NoteTaken(note_id=new_id()), AccountOpened(account_id=new_id(), owner="ann")
    receipts = [await handler.handle_event(note), await handler.handle_event(account)]
    assert {receipt.status for receipt in receipts} == {CompletionStatus.SUCCESS}
    [entry] = await cluster.read("note-view", [note.note_id])
    [other] = await cluster.read(ledger.ACCOUNTS, [account.account_id])
    assert entry is not None
    assert other is not None
    lanes = [int(next(iter(json.loads(each)["_meta"]["applied"]))) for each in (other, entry)]
    assert lanes[0] < 71 <= lanes[1], "no two pipelines have a lane in common"


async def nothing_is_pending(cluster: HazelcastCluster) -> bool:
    return (await cluster.stats()).pending == 0


async def test_an_event_that_no_pipeline_takes_is_refused(handler: EventHandler, cluster: HazelcastCluster) -> None:
    with pytest.raises(EventRejected, match="no pipeline takes the event type 'NoteLost'") as refused:
        await handler.handle_event(NoteLost(note_id=new_id()))
    assert refused.value.code == "UNKNOWN_EVENT_TYPE"
    await eventually(lambda: nothing_is_pending(cluster))  # others' events are answered before they are cleaned up


async def test_a_dead_projector_stops_its_pipeline_alone(
    shop: Shop, cluster: HazelcastCluster, handler: EventHandler
) -> None:
    shop.money.kill()
    try:
        await until(lambda: bool(cluster.state().warnings))
        with pytest.raises(PipelineUnavailable, match="pipeline money has none"):
            await handler.handle_event(AccountOpened(account_id=new_id(), owner="ann"))
        assert (await handler.handle_event(NoteTaken(note_id=new_id()))).status is CompletionStatus.SUCCESS
        status, said = readiness(cluster.state())
        assert status == 200
        assert any("of pipeline money is away" in warning for warning in said["warnings"])
    finally:
        shop.money.start()


async def test_writes_to_a_drained_pipeline_wait_and_are_done_in_order_after_the_start(
    cluster: HazelcastCluster, handler: EventHandler, operator: tuple[Replacement, list[str]]
) -> None:
    replacement, said = operator
    account = new_id()
    await handler.handle_event(AccountOpened(account_id=account, owner="ann"))
    await replacement.drain("money")
    await until(lambda: bool(cluster.state().warnings))
    assert cluster.state().problem is None, "it takes events in"
    with pytest.raises(EventTimedOut):
        await handler.handle_event(MoneyPaidIn(account_id=account, amount=1), SubmitOptions(timeout_seconds=2.0))
    waiting = []
    for amount in range(2, 6):
        waiting.append(asyncio.create_task(handler.handle_event(MoneyPaidIn(account_id=account, amount=amount))))
        await asyncio.sleep(0)
    await eventually(lambda: _pending(cluster, 5))
    assert (await handler.handle_event(NoteTaken(note_id=new_id()))).status is CompletionStatus.SUCCESS
    assert (await _money(cluster)).status == DRAINED
    await replacement.start("money")
    receipts = await asyncio.gather(*waiting)
    assert [receipt.sequence for receipt in receipts] == [3, 4, 5, 6], "behind the one that timed out"
    assert said == ["money is drained; 0 events wait", "money runs"]


async def _pending(cluster: HazelcastCluster, count: int) -> bool:
    return (await _money(cluster)).pending == count


async def test_new_code_replaces_the_old_under_load_and_reads_old_events(
    shop: Shop, cluster: HazelcastCluster, handler: EventHandler, operator: tuple[Replacement, list[str]]
) -> None:
    replacement, said = operator
    account = new_id()
    await handler.handle_event(AccountOpened(account_id=account, owner=new_id()))
    port, ended = free_port(), asyncio.Event()
    new_code = projector(port, log=shop.folder / "next.log", domain="tests.support.ledger_next")
    next_catalog = Catalog.load("tests.support.ledger_next")

    async def pay() -> int:
        paid = 0
        while not ended.is_set():
            patient = SubmitOptions(timeout_seconds=MAX_TIMEOUT_SECONDS)
            receipt = await handler.handle_event(MoneyPaidIn(account_id=account, amount=1), patient)
            assert receipt.status is CompletionStatus.SUCCESS
            paid += 1
            await asyncio.sleep(REST_SECONDS)
        return paid

    paying = [asyncio.create_task(pay()) for _ in range(8)]
    address_before = (await _money(cluster)).members[0].address
    try:
        new_code.start()
        await replacement.replace("money", (f"127.0.0.1:{port}",))
        next_handler = PatientHandler(next_catalog, cluster)
        online = ledger_next.MoneyPaidIn(account_id=account, amount=1, channel="online")
        receipt = await next_handler.handle_event(online, SubmitOptions(timeout_seconds=MAX_TIMEOUT_SECONDS))
        await next_handler.close()
        ended.set()
        paid = sum(await asyncio.gather(*paying)) + 1
        [entry] = await cluster.read(ledger.ACCOUNTS, [account])
        assert entry is not None
        assert json.loads(entry)["balance"] == paid, "each payment counts once"
        assert json.loads(entry)["lastChannel"] in ("online", "counter"), "folded by the new code"
        keys = [f"Account:{sequence}@{account}" for sequence in range(1, paid + 2)]
        records = [json.loads(record) for record in await cluster.read("event-store", keys) if record is not None]
        assert [record["sequence"] for record in records] == list(range(1, paid + 2))
        assert records[1]["eventVersion"] == 2, "the stored bytes are the old ones"
        old = next_catalog.decode("MoneyPaidIn", 2, json.dumps(records[1]["data"]).encode())
        assert isinstance(old, ledger_next.MoneyPaidIn)
        assert old.channel == "counter"
        assert records[(receipt.sequence or 0) - 1]["data"]["channel"] == "online"
        assert "writes waited" in said[-1]
    finally:
        ended.set()
        await asyncio.gather(*paying, return_exceptions=True)
        await replacement.replace("money", (address_before,))
        new_code.stop()


async def test_what_other_code_makes_of_the_same_command_has_the_first_result(
    shop: Shop, cluster: HazelcastCluster, handler: EventHandler, operator: tuple[Replacement, list[str]]
) -> None:
    """What is stored, refused or pending when a new version comes, and what a gateway of the old code sends later."""
    replacement, _ = operator
    account, port = new_id(), free_port()
    patient = {name: SubmitOptions(event_id=new_id(), timeout_seconds=MAX_TIMEOUT_SECONDS) for name in "abcd"}
    new_code = projector(port, log=shop.folder / "other-code.log", domain="tests.support.ledger_next")
    address_before = (await _money(cluster)).members[0].address
    await handler.handle_event(AccountOpened(account_id=account, owner=new_id()))
    stored = await handler.handle_event(MoneyPaidIn(account_id=account, amount=1), patient["a"])
    with pytest.raises(EventRejected):
        await handler.handle_event(MoneyPaidIn(account_id=account, amount=666), patient["b"])

    def of_today(amount: int, channel: str = "counter") -> ledger_next.MoneyPaidIn:
        return ledger_next.MoneyPaidIn(account_id=account, amount=amount, channel=channel)

    async with handling(Catalog.load("tests.support.ledger_next"), cluster) as next_handler:
        try:
            new_code.start()
            await replacement.drain("money")
            waiting = [
                asyncio.create_task(handler.handle_event(MoneyPaidIn(account_id=account, amount=3), patient["c"]))
            ]
            await eventually(lambda: _pending(cluster, 1))
            waiting += [asyncio.create_task(next_handler.handle_event(of_today(3), patient["c"])) for _ in range(2)]
            await eventually(lambda: _pending(cluster, 3))
            with pytest.raises(EventIdConflict):
                await next_handler.handle_event(of_today(4), patient["c"])
            await replacement.replace("money", (f"127.0.0.1:{port}",))
            assert {(await each).sequence for each in waiting} == {3}
            assert (await next_handler.handle_event(of_today(1), patient["a"])).sequence == stored.sequence
            with pytest.raises(EventRejected, match="is not wanted"):
                await next_handler.handle_event(of_today(666), patient["b"])
            with pytest.raises(EventIdConflict):
                await next_handler.handle_event(of_today(1, "online"), patient["a"])
            first = await next_handler.handle_event(of_today(5), patient["d"])
            again = await handler.handle_event(MoneyPaidIn(account_id=account, amount=5), patient["d"])
            assert (first.sequence, again.sequence) == (4, 4)
            [entry] = await cluster.read(ledger.ACCOUNTS, [account])
            assert entry is not None
            assert (json.loads(entry)["balance"], json.loads(entry)["payments"]) == (9, 3)
        finally:
            await replacement.replace("money", (address_before,))
            new_code.stop()


async def test_a_projector_that_does_not_answer_is_not_switched_to(
    cluster: HazelcastCluster, operator: tuple[Replacement, list[str]]
) -> None:
    with pytest.raises(PipelineUnavailable, match="it does not answer; nothing was changed"):
        await operator[0].replace("money", (f"127.0.0.1:{free_port()}",))
    assert (await _money(cluster)).status == "RUNNING"
