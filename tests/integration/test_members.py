"""Several members: they share the work, and none of them is missed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
from hazelcast.core import HazelcastJsonValue

from hazelgate import Catalog, CompletionStatus, Event
from hazelgate.client.figures.metrics import decode_stats
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.hazelcast.task_codec import pipeline_stats
from hazelgate.client.operators.dead_letters import DeadLetters
from hazelgate.client.reading.queries import AggregateQuery, EntryQuery
from hazelgate.client.submitting.handler import EventHandler, Receipt, SubmitOptions
from hazelgate.client.submitting.submissions import MAX_TIMEOUT_SECONDS
from hazelgate.sourcing.envelope import EVENT_STORE
from hazelgate.sourcing.errors import DeadLetterBusy, EventDeadLettered, EventError, EventTimedOut, PipelineUnavailable
from hazelgate.sourcing.ids import new_id, store_key
from tests.support.connected import connected, handling
from tests.support.ledger import ACCOUNTS, ALWAYS_FAILS, MOODY, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.many import Nodes, running_nodes
from tests.support.until import eventually, until

PAUSE_SECONDS = 15.0


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Three members and their projectors, of which two are a quorum; each test leaves all of them running."""
    with running_nodes(tmp_path_factory.mktemp("nodes"), 3) as nodes:
        yield nodes


@pytest.fixture
async def cluster(nodes: Nodes) -> AsyncIterator[HazelcastCluster]:
    async with connected(nodes.cluster(deadline_seconds=2.0)) as cluster:
        await _whole(cluster, 3)
        yield cluster


@pytest.fixture
async def handler(ledger: Catalog, cluster: HazelcastCluster) -> AsyncIterator[EventHandler]:
    async with handling(ledger, cluster) as handler:
        yield handler


async def _whole(cluster: HazelcastCluster, members: int) -> None:
    await until(lambda: cluster.state().problem is None and cluster.state().members == members)


def account() -> AccountOpened:
    return AccountOpened(account_id=new_id(), owner="ann")


async def _open(handler: EventHandler, opened: AccountOpened, event_id: str) -> bool:
    """Send an event until it is answered: unknown is not success, and the same eventId is safe to send again."""
    try:
        receipt = await handler.handle_event(opened, SubmitOptions(event_id=event_id, timeout_seconds=2.0))
    except (EventError, PipelineUnavailable):
        return False
    return (receipt.status, receipt.sequence) == (CompletionStatus.SUCCESS, 1)


async def _answered(handler: EventHandler, event: Event, event_id: str) -> Receipt | None:
    """The answer to an event that is sent again while members come back; None where there is none yet."""
    try:
        return await handler.handle_event(event, SubmitOptions(event_id=event_id, timeout_seconds=MAX_TIMEOUT_SECONDS))
    except (EventTimedOut, PipelineUnavailable):
        return None


async def _through(handler: EventHandler, count: int) -> None:
    opened = [(account(), new_id()) for _ in range(count)]
    await asyncio.gather(
        *(
            eventually(lambda one=one: _open(handler, *one))  # type: ignore[misc]
            for one in opened
        )
    )


async def test_members_share_the_work(handler: EventHandler, cluster: HazelcastCluster) -> None:
    async def shared() -> bool:
        await _through(handler, 100)
        shares = [decode_stats(answer) for answer in await cluster._ask_all(pipeline_stats())]
        return len(shares) == 3 and min(share.events_total for share in shares) > 0

    await eventually(shared)


async def test_events_go_on_when_a_member_is_killed(
    nodes: Nodes, handler: EventHandler, cluster: HazelcastCluster
) -> None:
    await _through(handler, 50)
    victim = nodes.nodes[1]
    victim.member.kill()
    try:
        await _through(handler, 50)
    finally:
        victim.member.start()
    await _whole(cluster, 3)


async def test_a_member_paused_in_the_middle_of_a_batch_does_nothing_twice(
    nodes: Nodes, handler: EventHandler, cluster: HazelcastCluster
) -> None:
    """
    When it goes on, others have its lanes, and have done what it was about to do.

    An entry that is wrong by then, for whatever reason, is mended from the store once the member is back.
    """
    owner = new_id()
    wrong, spoiled_by = new_id(), new_id()
    await eventually(lambda: _open(handler, AccountOpened(account_id=wrong, owner=owner), spoiled_by))
    await _spoil(cluster, wrong)
    accounts = [new_id() for _ in range(30)]
    opened = [(AccountOpened(account_id=each, owner=owner), new_id()) for each in accounts]
    await asyncio.gather(
        *(
            eventually(lambda one=one: _open(handler, *one))  # type: ignore[misc]
            for one in opened
        )
    )
    victim = nodes.nodes[2]
    victim.projector.pause()
    payments = [(MoneyPaidIn(account_id=each, amount=1), new_id()) for each in accounts for _ in range(3)]
    paying = asyncio.gather(
        *(
            eventually(lambda one=one: _pay(handler, *one))  # type: ignore[misc]
            for one in payments
        )
    )
    try:
        await asyncio.sleep(0.2)
        victim.member.pause()
        victim.projector.resume()
        await asyncio.wait({paying}, timeout=PAUSE_SECONDS)
    finally:
        victim.projector.resume()
        victim.member.resume()
    await paying
    await _whole(cluster, 3)
    await _through(handler, 50)
    [entry] = await cluster.read(OWNERS, [owner])
    assert entry is not None
    assert msgspec.json.decode(entry)["total"] == len(payments)
    for each in accounts:
        keys = [store_key("Account", sequence, each) for sequence in range(1, 6)]
        records = await cluster.read(EVENT_STORE, keys)
        stored = [msgspec.json.decode(record) for record in records if record is not None]
        assert [record["sequence"] for record in stored] == [1, 2, 3, 4]
        assert len({record["eventId"] for record in stored}) == 4
        positions = [record["position"] for record in stored]
        assert positions == sorted(positions)

    async def mended() -> bool:
        [entry] = await cluster.read(ACCOUNTS, [wrong])
        return entry is not None and msgspec.json.decode(entry)["balance"] == 0

    await eventually(mended)


async def _spoil(cluster: HazelcastCluster, account_id: str) -> None:
    [entry] = await cluster.read(ACCOUNTS, [account_id])
    assert entry is not None
    client = cluster._client
    assert client is not None
    accounts: Any = await client.get_map(ACCOUNTS)
    await accounts.set(account_id, HazelcastJsonValue(entry.decode().replace('"balance":0', '"balance":999')))


async def _pay(handler: EventHandler, payment: MoneyPaidIn, event_id: str) -> bool:
    try:
        receipt = await handler.handle_event(payment, SubmitOptions(event_id=event_id, timeout_seconds=2.0))
    except (EventError, PipelineUnavailable):
        return False
    return receipt.status is CompletionStatus.SUCCESS


async def test_dead_letters_and_what_waits_outlive_projectors_and_a_member(
    nodes: Nodes, handler: EventHandler, cluster: HazelcastCluster
) -> None:
    """All projectors are killed, and a member: what waits stays in its order, more comes behind it, and all follows."""
    moody = [AccountOpened(account_id=new_id(), owner=f"{MOODY}{new_id()}") for _ in range(8)]
    letters = DeadLetters(cluster)

    async def waits_behind(event: MoneyPaidIn, event_id: str) -> bool:
        """Sent again under its id while members come and go."""
        try:
            await handler.handle_event(event, SubmitOptions(event_id=event_id, timeout_seconds=4.0))
        except EventDeadLettered:
            return True
        except (EventError, PipelineUnavailable):
            return False
        raise AssertionError("it passed what is before it")

    async def pay(amount: int) -> None:
        sent = [(MoneyPaidIn(account_id=one.account_id, amount=amount), new_id()) for one in moody]
        await asyncio.gather(
            *(
                eventually(lambda one=one: waits_behind(*one))  # type: ignore[misc]
                for one in sent
            )
        )

    async def show(wanted: dict[str, list[str]]) -> bool:
        try:
            found = [each async for each in letters.find() if each.entry_key in wanted]
        except PipelineUnavailable:
            return False
        return {each.entry_key: [waiting.key for waiting in each.waiting] for each in found} == wanted

    async def discarded(letter_id: str) -> bool:
        try:
            return (await letters.discard(letter_id, "is not liked")).outcome == "RESOLVED"
        except (DeadLetterBusy, PipelineUnavailable):
            return False

    def behind(*numbers: int) -> dict[str, list[str]]:
        return {one.owner: [store_key("Account", number, one.account_id) for number in numbers] for one in moody}

    await asyncio.gather(
        *(
            eventually(lambda one=one: _open(handler, *one))  # type: ignore[misc]
            for one in [(one, new_id()) for one in moody]
        )
    )
    for amount in (ALWAYS_FAILS, 5, 6):
        await pay(amount)
    assert await show(behind(3, 4))
    for node in nodes.nodes:
        node.projector.kill()
    nodes.nodes[1].member.kill()
    for node in nodes.nodes:
        node.projector.start()
    nodes.nodes[1].member.start()
    await eventually(lambda: show(behind(3, 4)))
    await pay(7)
    await _whole(cluster, 3)
    assert await show(behind(3, 4, 5))
    # A member that has not heard of its projector yet calls no letter unknown: the others are asked.
    nodes.nodes[1].projector.kill()
    nodes.nodes[1].member.kill()
    await until(lambda: cluster.state().members == 2)
    nodes.nodes[1].member.start()
    await until(lambda: cluster.state().members == 3)
    for each in [each async for each in letters.find() if each.entry_key in behind()]:
        await eventually(lambda letter_id=each.id: discarded(letter_id))  # type: ignore[misc]
    nodes.nodes[1].projector.start()
    for one in moody:
        last = (MoneyPaidIn(account_id=one.account_id, amount=8), new_id())
        receipt = await eventually(lambda last=last: _answered(handler, *last))  # type: ignore[misc]
        assert (receipt.status, receipt.sequence) == (CompletionStatus.SUCCESS, 6)
    entries = await cluster.read(OWNERS, [one.owner for one in moody])
    assert [msgspec.json.decode(entry or b"{}")["total"] for entry in entries] == [5 + 6 + 7 + 8] * len(moody)


async def test_a_member_that_is_stopped_hands_over(
    nodes: Nodes, handler: EventHandler, cluster: HazelcastCluster
) -> None:
    sending = asyncio.create_task(_through(handler, 200))
    victim = nodes.nodes[0]
    await asyncio.to_thread(victim.member.stop)
    await sending
    victim.member.start()
    await _whole(cluster, 3)


async def test_a_page_is_whole_while_partitions_move(
    nodes: Nodes, handler: EventHandler, cluster: HazelcastCluster
) -> None:
    """Each member answers for its partitions: one that moves meanwhile is in one of the answers, not in none or two."""
    await _through(handler, 300)
    everything = EntryQuery(map_name=EVENT_STORE, index="cursor", limit=100_000, count=True)
    wanted = [each.index_value for each in (await cluster.query(everything)).entries]
    assert wanted
    assert len(wanted) == len(set(wanted))
    whole, wrong, moving = 0, list[str](), True

    async def look() -> None:
        nonlocal whole
        while moving:
            with contextlib.suppress(PipelineUnavailable):
                page = await cluster.query(everything)
                found = [each.index_value for each in page.entries]
                counted = await cluster.aggregate(AggregateQuery(map_name=EVENT_STORE, index="cursor"))
                total = sum(group.count for group in counted.groups)
                if (found, page.count, total) == (wanted, len(wanted), len(wanted)):
                    whole += 1
                else:
                    wrong.append(f"{len(found)}, of them {len(set(found))}; counts {page.count} and {total}")

    looking = [asyncio.create_task(look()) for _ in range(2)]
    victim = nodes.nodes[2].member
    for leave in (victim.stop, victim.kill):
        await asyncio.to_thread(leave)
        await until(lambda: cluster.state().members == 2)
        await asyncio.to_thread(victim.start)
        await _whole(cluster, 3)
    seen = whole
    await until(lambda: whole > seen)
    moving = False
    await asyncio.gather(*looking)
    assert wrong == []


async def test_a_page_that_members_select_has_whole_entries_where_one_of_them_is_otherwise(
    cluster: HazelcastCluster,
) -> None:
    """The member of the odd one gives whole entries, the others would not: all are asked for them."""
    client = cluster._client
    assert client is not None
    name = f"things-{new_id()}"
    things: Any = await client.get_map(name)
    query = EntryQuery(map_name=name, limit=30, selection='[["text","text",false]]')
    for number in range(30):
        text = f'{{"_meta":{{"version":1}},"number":{number},"text":"{number}"}}'
        await things.set(f"k{number:02}", HazelcastJsonValue(text))
    selected = await cluster.query(query)
    assert selected.selected
    assert [msgspec.json.decode(each.entry) for each in selected.entries] == [{"text": f"{n}"} for n in range(30)]
    await things.set("k07", HazelcastJsonValue('{"_meta":{"version":2},"number":7,"text":7}'))
    whole = await cluster.query(query)
    assert not whole.selected
    assert [msgspec.json.decode(each.entry)["number"] for each in whole.entries] == list(range(30))


async def test_below_the_quorum_nothing_is_taken(
    nodes: Nodes, handler: EventHandler, cluster: HazelcastCluster
) -> None:
    for node in nodes.nodes[1:]:
        node.member.kill()
    try:
        await until(lambda: cluster.state().problem is not None)
        with pytest.raises(PipelineUnavailable):
            await handler.handle_event(account())
    finally:
        for node in nodes.nodes[1:]:
            node.member.start()
    await _whole(cluster, 3)
    await _through(handler, 20)
