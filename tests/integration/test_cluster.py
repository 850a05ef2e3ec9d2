"""Members and projectors that go away: calls fail fast and are bounded, nothing is lost, and all recovers by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from hazelgate import Catalog, Completion, CompletionStatus, WaitFor
from hazelgate.client.cluster import stream_topic
from hazelgate.client.event_stream import Heard, Mark
from hazelgate.client.following.feed import Feed
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.reading.queries import EntryQuery
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.sourcing.errors import EventTimedOut, PipelineOverloaded, PipelineUnavailable
from hazelgate.sourcing.ids import new_id
from tests.support.connected import PatientHandler, connected
from tests.support.ledger import ACCOUNTS, AccountOpened
from tests.support.lossy import LossyCluster
from tests.support.processes import free_port
from tests.support.stack import Stack, running_stack
from tests.support.until import PATIENCE_SECONDS, eventually, until

MAX_IN_FLIGHT = 200
DEADLINE_SECONDS = 2.0
HARDLY_EVER = 10 * PATIENCE_SECONDS
"""A deadline that no test sees: a call that ends before it did not wait for it."""


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that these tests hurt, and leave running."""
    with running_stack(tmp_path_factory.mktemp("fragile"), max_in_flight=MAX_IN_FLIGHT) as stack:
        yield stack


@pytest.fixture
async def cluster(fragile: Stack) -> AsyncIterator[HazelcastCluster]:
    """Its calls end at once, or hang longer than any test may."""
    async with connected(fragile.cluster(deadline_seconds=HARDLY_EVER)) as cluster:
        yield cluster


@pytest.fixture
def lossy(cluster: HazelcastCluster) -> LossyCluster:
    return LossyCluster(cluster)


@pytest.fixture
async def handler(ledger: Catalog, lossy: LossyCluster) -> AsyncIterator[EventHandler]:
    handler = PatientHandler(ledger, lossy)
    await handler.handle_event(account())
    yield handler
    await handler.close()


def account() -> AccountOpened:
    return AccountOpened(account_id=new_id(), owner="ann")


async def test_a_killed_member_is_said_at_once_and_comes_back(
    fragile: Stack, cluster: HazelcastCluster, lossy: LossyCluster, handler: EventHandler
) -> None:
    interruptions: list[float] = []
    await cluster.listen("event-stream", lambda message: None, interrupted=lambda: interruptions.append(time.time()))
    feed, marks = Feed(cluster, queue_size=10), Marks()
    await feed.start()
    await cluster.listen(stream_topic(cluster.gateway_id), marks)
    await eventually(lambda: marks.come(handler))
    fragile.member.kill()
    try:
        await until(lambda: not cluster.state().connected)
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises(PipelineUnavailable):
                await handler.handle_event(account())
            with pytest.raises(PipelineUnavailable):
                await cluster.read(ACCOUNTS, [new_id()])
            with pytest.raises(PipelineUnavailable):
                await cluster.query(EntryQuery(map_name=ACCOUNTS))
    finally:
        fragile.member.start()
    await cluster.wait_until_ready(PATIENCE_SECONDS)
    await eventually(lambda: _succeeds(handler))
    lossy.reads.clear()
    lossy.looks_due = 0
    for _ in range(20):
        with lossy.submitting():
            assert (await handler.handle_event(account())).status is CompletionStatus.SUCCESS
    assert lossy.looks <= lossy.looks_due, "notices flow again, so that no event is looked up without need"
    assert len(interruptions) == 1, "who listened is told that messages may be missing"
    marks.keys.clear()
    await eventually(lambda: marks.come(handler))  # so the member that has started anew knows that nothing is wanted
    await feed.close()


class Marks:
    """The marks that a gateway is sent."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def __call__(self, message: bytes) -> None:
        for each in msgspec.json.decode(message, type=list[Heard | Mark]):
            if isinstance(each, Mark):
                self.keys.append(each.key)

    async def come(self, handler: EventHandler) -> bool:
        """Whether there is one. One more event happens."""
        await handler.handle_event(account())
        return bool(self.keys)


async def _succeeds(handler: EventHandler) -> bool:
    try:
        return (await handler.handle_event(account())).status is CompletionStatus.SUCCESS
    except (PipelineUnavailable, EventTimedOut):
        return False


async def test_what_is_under_way_when_a_member_is_killed_is_bounded(
    fragile: Stack, cluster: HazelcastCluster, handler: EventHandler
) -> None:
    fragile.projector.pause()
    try:
        waiting = asyncio.create_task(handler.handle_event(account(), SubmitOptions(timeout_seconds=1.5)))
        await eventually(lambda: _pending(cluster))
        fragile.member.kill()
        with pytest.raises((EventTimedOut, PipelineUnavailable)):
            await asyncio.wait_for(waiting, timeout=PATIENCE_SECONDS)
    finally:
        fragile.projector.resume()
        fragile.member.start()


async def _pending(cluster: HazelcastCluster) -> bool:
    return (await cluster.stats()).pending > 0


async def test_a_member_that_hangs_is_noticed(fragile: Stack, cluster: HazelcastCluster) -> None:
    """A call ends at its deadline, while one with a later deadline still waits."""
    async with connected(fragile.cluster(deadline_seconds=DEADLINE_SECONDS)) as impatient:
        fragile.member.pause()
        try:
            patient = asyncio.create_task(cluster.read(ACCOUNTS, [new_id()]))
            with pytest.raises(PipelineUnavailable):
                await impatient.read(ACCOUNTS, [new_id()])
            assert not patient.done()
            await until(lambda: not cluster.state().connected)
        finally:
            fragile.member.resume()
        await asyncio.wait({patient}, timeout=PATIENCE_SECONDS)
        assert patient.done()
        await cluster.wait_until_ready(PATIENCE_SECONDS)


async def test_a_killed_projector_is_said_and_comes_back(
    fragile: Stack, cluster: HazelcastCluster, handler: EventHandler
) -> None:
    fragile.projector.kill()
    try:
        await until(lambda: cluster.state().projector == "AWAY")
        with pytest.raises(PipelineUnavailable, match=r"projector is away.*nothing was stored"):
            await handler.handle_event(account())
        assert await cluster.read(ACCOUNTS, [new_id()]) == [None], "reads go on"
    finally:
        fragile.projector.start()
    await cluster.wait_until_ready(PATIENCE_SECONDS)
    assert (await handler.handle_event(account())).status is CompletionStatus.SUCCESS


async def test_time_is_up_and_the_event_completes_later(fragile: Stack, handler: EventHandler) -> None:
    fragile.projector.pause()
    try:
        with pytest.raises(EventTimedOut) as late:
            await handler.handle_event(account(), SubmitOptions(timeout_seconds=2.0))
        event_id = late.value.event_id
        assert event_id is not None
        assert await handler.completion(event_id) is None
    finally:
        fragile.projector.resume()
    assert (await _completed(handler, event_id)).status is CompletionStatus.SUCCESS


async def test_a_full_pipeline_refuses_at_once_and_loses_nothing(
    fragile: Stack, cluster: HazelcastCluster, handler: EventHandler
) -> None:
    await cluster.wait_until_ready(PATIENCE_SECONDS)
    fragile.projector.pause()
    accepted = SubmitOptions(wait_for=WaitFor.ACCEPTED)
    try:
        outcomes = await handler.handle_events([Submission(account(), accepted) for _ in range(3 * MAX_IN_FLIGHT)])
        assert (await cluster.stats()).pending >= MAX_IN_FLIGHT, "nothing had to get through first"
    finally:
        fragile.projector.resume()
    refused = [outcome for outcome in outcomes if isinstance(outcome, PipelineOverloaded)]
    taken = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert len(taken) + len(refused) == 3 * MAX_IN_FLIGHT
    assert len(refused) >= MAX_IN_FLIGHT
    assert {50 <= outcome.retry_after_ms <= 5_000 for outcome in refused} == {True}
    completed = [await _completed(handler, receipt.event_id) for receipt in taken]
    assert {completion.status for completion in completed} == {CompletionStatus.SUCCESS}


async def _completed(handler: EventHandler, event_id: str) -> Completion:
    """The final word on an event; on the way there it may be STORED."""

    async def final() -> Completion | None:
        completion = await handler.completion(event_id)
        return None if completion is None or completion.status is CompletionStatus.STORED else completion

    return await eventually(final)


async def test_a_cluster_that_is_not_there_is_said_with_where_it_was_looked_for() -> None:
    address = f"127.0.0.1:{free_port()}"
    cluster = HazelcastCluster(cluster_name="nobody", members=[address])
    await cluster.start()
    with pytest.raises(PipelineUnavailable, match=address):
        await cluster.wait_until_ready(0.3)
    with pytest.raises(PipelineUnavailable):
        await cluster.submit([("1@a", b"{}")])
    await cluster.close()


async def test_a_listener_from_before_the_connection_hears_afterwards(fragile: Stack, handler: EventHandler) -> None:
    early = fragile.cluster()
    heard: list[bytes] = []
    interruptions: list[bool] = []
    await early.listen("event-stream", heard.append, interrupted=lambda: interruptions.append(True))
    await early.start()
    await early.wait_until_ready(PATIENCE_SECONDS)
    event = account()
    await handler.handle_event(event)
    await until(lambda: any(event.account_id.encode() in message for message in heard))
    await early.close()
    assert interruptions == [True], "what was published before it was connected is missing"
