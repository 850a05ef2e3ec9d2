"""Several members: they share the work, and none of them is missed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from sourcing import Catalog, CompletionStatus
from sourcing.errors import EventError, PipelineUnavailable
from sourcing.handler import EventHandler, Receipt, Submission, SubmitOptions
from sourcing.hazelcast_cluster import HazelcastCluster
from sourcing.ids import new_id
from sourcing.metrics import decode_stats
from sourcing.tasks import pipeline_stats
from tests.support.ledger import AccountOpened
from tests.support.many import Nodes, running_nodes
from tests.support.until import eventually, until

READY_SECONDS = 60.0
RECOVERY_SECONDS = 10.0


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Three members and their projectors, of which two are a quorum; each test leaves all of them running."""
    with running_nodes(tmp_path_factory.mktemp("nodes"), 3) as nodes:
        yield nodes


@pytest.fixture
async def cluster(nodes: Nodes) -> AsyncIterator[HazelcastCluster]:
    cluster = nodes.cluster(deadline_seconds=2.0)
    await cluster.start()
    await _whole(cluster, 3)
    yield cluster
    await cluster.close()


@pytest.fixture
async def handler(ledger: Catalog, cluster: HazelcastCluster) -> AsyncIterator[EventHandler]:
    handler = EventHandler(ledger, cluster)
    await handler.start()
    yield handler
    await handler.close()


async def _whole(cluster: HazelcastCluster, members: int) -> None:
    await until(
        lambda: cluster.state().problem is None and cluster.state().members == members, timeout_seconds=READY_SECONDS
    )


def account() -> AccountOpened:
    return AccountOpened(account_id=new_id(), owner="ann")


async def _open(handler: EventHandler, opened: AccountOpened, event_id: str) -> bool:
    """Send an event until it is answered: unknown is not success, and the same eventId is safe to send again."""
    try:
        receipt = await handler.handle_event(opened, SubmitOptions(event_id=event_id, timeout_seconds=2.0))
    except (EventError, PipelineUnavailable):
        return False
    return (receipt.status, receipt.sequence) == (CompletionStatus.SUCCESS, 1)


async def _through(handler: EventHandler, count: int) -> None:
    opened = [(account(), new_id()) for _ in range(count)]
    await asyncio.gather(
        *(
            eventually(lambda one=one: _open(handler, *one), timeout_seconds=READY_SECONDS)  # type: ignore[misc]
            for one in opened
        )
    )


async def test_members_share_the_work(handler: EventHandler, cluster: HazelcastCluster) -> None:
    async def shared() -> bool:
        outcomes = await handler.handle_events([Submission(account()) for _ in range(100)])
        assert {outcome.status for outcome in outcomes if isinstance(outcome, Receipt)} == {CompletionStatus.SUCCESS}
        shares = [decode_stats(answer) for answer in await cluster._ask_all(pipeline_stats())]
        return len(shares) == 3 and min(share.events_total for share in shares) > 0

    await eventually(shared, timeout_seconds=READY_SECONDS)


async def test_events_go_on_within_ten_seconds_of_a_kill(
    nodes: Nodes, handler: EventHandler, cluster: HazelcastCluster
) -> None:
    await _through(handler, 50)
    victim = nodes.nodes[1]
    victim.member.kill()
    began = time.monotonic()
    try:
        await _through(handler, 50)
        took = time.monotonic() - began
    finally:
        victim.member.start()
    await _whole(cluster, 3)
    assert took <= RECOVERY_SECONDS


async def test_a_paused_member_is_left_behind_and_comes_back(
    nodes: Nodes, handler: EventHandler, cluster: HazelcastCluster
) -> None:
    victim = nodes.nodes[2]
    victim.member.pause()
    try:
        await until(lambda: cluster.state().members < 3, timeout_seconds=RECOVERY_SECONDS)
        await _through(handler, 50)
    finally:
        victim.member.resume()
    await _whole(cluster, 3)
    await _through(handler, 50)


async def test_a_member_that_is_stopped_hands_over(
    nodes: Nodes, handler: EventHandler, cluster: HazelcastCluster
) -> None:
    sending = asyncio.create_task(_through(handler, 200))
    victim = nodes.nodes[0]
    await asyncio.to_thread(victim.member.stop)
    await sending
    victim.member.start()
    await _whole(cluster, 3)


async def test_below_the_quorum_nothing_is_taken(
    nodes: Nodes, handler: EventHandler, cluster: HazelcastCluster
) -> None:
    for node in nodes.nodes[1:]:
        node.member.kill()
    try:
        await until(lambda: cluster.state().problem is not None, timeout_seconds=RECOVERY_SECONDS)
        with pytest.raises(PipelineUnavailable):
            await handler.handle_event(account())
    finally:
        for node in nodes.nodes[1:]:
            node.member.start()
    await _whole(cluster, 3)
    await _through(handler, 20)
