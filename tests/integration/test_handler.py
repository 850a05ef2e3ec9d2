"""`handle_event` through a real member and projector: how far it waits, and what it does when notices get lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from hazelgate import Catalog, CompletionStatus, WaitFor
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.sourcing.errors import EventIdConflict, SequenceConflict
from hazelgate.sourcing.ids import new_id
from tests.support.connected import PatientHandler
from tests.support.ledger import AccountOpened, MoneyPaidIn
from tests.support.lossy import LossyCluster
from tests.support.until import eventually


@pytest.fixture
def lossy(real_cluster: HazelcastCluster) -> LossyCluster:
    return LossyCluster(real_cluster)


@pytest.fixture
async def handler(ledger: Catalog, lossy: LossyCluster) -> AsyncIterator[EventHandler]:
    handler = PatientHandler(ledger, lossy)
    await handler.start()
    await handler.handle_events([Submission(account()) for _ in range(100)])
    lossy.reads.clear()
    yield handler
    await handler.close()


def account() -> AccountOpened:
    return AccountOpened(account_id=new_id(), owner="ann")


@pytest.mark.parametrize(
    ("wait_for", "status", "sequence"),
    [
        (WaitFor.ACCEPTED, CompletionStatus.ACCEPTED, None),
        (WaitFor.STORED, CompletionStatus.STORED, 1),
        (WaitFor.PROJECTED, CompletionStatus.SUCCESS, 1),
    ],
)
async def test_it_waits_as_far_as_it_is_told(
    handler: EventHandler, wait_for: WaitFor, status: CompletionStatus, sequence: int | None
) -> None:
    receipt = await handler.handle_event(account(), SubmitOptions(wait_for=wait_for))
    assert (receipt.status, receipt.sequence) == (status, sequence)

    async def succeeded() -> bool:
        completion = await handler.completion(receipt.event_id)
        return completion is not None and (completion.status, completion.sequence) == (CompletionStatus.SUCCESS, 1)

    await eventually(succeeded)


async def test_hardly_anything_is_polled_for_while_notices_flow(handler: EventHandler, lossy: LossyCluster) -> None:
    """Never for an event that is through within the grace period."""
    for _ in range(100):
        with lossy.submitting():
            await handler.handle_event(account())
    assert lossy.looks <= lossy.looks_due


@pytest.mark.parametrize("wait_for", [WaitFor.STORED, WaitFor.PROJECTED])
async def test_lost_notices_are_made_up_for_in_few_reads(
    handler: EventHandler, lossy: LossyCluster, wait_for: WaitFor
) -> None:
    lossy.loses = lambda message: True
    options = SubmitOptions(wait_for=wait_for)
    with lossy.submitting():
        outcomes = await handler.handle_events([Submission(account(), options) for _ in range(50)])
    assert {outcome.status for outcome in outcomes if isinstance(outcome, Receipt)} == {CompletionStatus.SUCCESS}
    assert 1 <= lossy.looks <= lossy.looks_due, "one look is for all of them"


async def test_a_lost_notice_does_not_hide_a_conflict(handler: EventHandler, lossy: LossyCluster) -> None:
    options = SubmitOptions(event_id=new_id())
    await handler.handle_event(account(), options)
    lossy.loses = lambda message: True
    with pytest.raises(EventIdConflict):
        await handler.handle_event(account(), options)


async def test_the_same_event_a_hundred_times_at_once_has_one_result(handler: EventHandler) -> None:
    event, options = account(), SubmitOptions(event_id=new_id())
    receipts = await asyncio.gather(*(handler.handle_event(event, options) for _ in range(100)))
    assert {(receipt.sequence, receipt.status) for receipt in receipts} == {(1, CompletionStatus.SUCCESS)}


async def test_one_of_fifty_writers_wins(handler: EventHandler) -> None:
    event = account()
    await handler.handle_event(event)
    payment = MoneyPaidIn(account_id=event.account_id, amount=1)
    outcomes = await asyncio.gather(
        *(handler.handle_event(payment, SubmitOptions(expected_sequence=1)) for _ in range(50)),
        return_exceptions=True,
    )
    assert [outcome.sequence for outcome in outcomes if isinstance(outcome, Receipt)] == [2]
    assert sum(isinstance(outcome, SequenceConflict) for outcome in outcomes) == 49


async def test_a_thousand_events_at_once_come_back_in_order(handler: EventHandler) -> None:
    accounts = [account() for _ in range(1_000)]
    outcomes = await handler.handle_events([Submission(each, SubmitOptions(timeout_seconds=60.0)) for each in accounts])
    assert [outcome.aggregate_id for outcome in outcomes if isinstance(outcome, Receipt)] == [
        each.account_id for each in accounts
    ]


async def test_a_flood_larger_than_what_the_pipeline_holds_at_once_comes_through(handler: EventHandler) -> None:
    """The engine takes 4,000 events off the journal at a time; it must not wait for itself when there are more."""
    options = SubmitOptions(timeout_seconds=60)
    floods = [[Submission(account(), options) for _ in range(3_000)] for _ in range(3)]
    outcomes = await asyncio.gather(*(handler.handle_events(flood) for flood in floods))
    assert {type(outcome) for flood in outcomes for outcome in flood} == {Receipt}
