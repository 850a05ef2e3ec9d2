"""`handle_event` against the cluster in memory: receipts, errors, time-outs, and what lost notices cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from hazelgate import Catalog, CompletionStatus, WaitFor
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.projector.process import Processor
from hazelgate.sourcing import clock
from hazelgate.sourcing.envelope import COMPLETED_EVENTS, EVENT_STORE, PENDING_EVENTS
from hazelgate.sourcing.errors import (
    EventDeadLettered,
    EventIdConflict,
    EventRejected,
    EventTimedOut,
    PipelineOverloaded,
    PipelineUnavailable,
    SequenceConflict,
)
from hazelgate.sourcing.ids import new_id, pending_key
from hazelgate.testing.memory import MemoryCluster
from hazelgate.testing.scenarios import envelope_of
from tests.support.ledger import POISON, AccountOpened, MoneyPaidIn
from tests.support.lossy import LossyCluster
from tests.support.until import eventually, until


@pytest.fixture
async def cluster(ledger: Catalog) -> AsyncIterator[MemoryCluster]:
    cluster = MemoryCluster(Processor(ledger))
    await cluster.start()
    yield cluster
    await cluster.close()


@pytest.fixture
def lossy(cluster: MemoryCluster) -> LossyCluster:
    return LossyCluster(cluster)


@pytest.fixture
async def handler(ledger: Catalog, lossy: LossyCluster) -> AsyncIterator[EventHandler]:
    handler = EventHandler(ledger, lossy)
    yield handler
    await handler.close()


def opened(account_id: str | None = None, owner: str = "ann") -> AccountOpened:
    return AccountOpened(account_id=account_id or new_id(), owner=owner)


async def test_a_receipt_tells_what_became_of_the_event(handler: EventHandler) -> None:
    event = opened()
    receipt = await handler.handle_event(event)
    assert (receipt.event_type, receipt.aggregate_id, receipt.sequence, receipt.status) == (
        "AccountOpened",
        event.account_id,
        1,
        CompletionStatus.SUCCESS,
    )
    assert receipt.correlation_id == receipt.event_id


async def test_the_completion_has_every_stage(handler: EventHandler) -> None:
    completion = (await handler.handle_event(opened())).completion
    assert completion is not None
    stages = completion.stages
    times = [
        stages.timestamp,
        stages.received_at,
        stages.persisted_at,
        stages.view_updated_at,
        stages.published_at,
        stages.completed_at,
    ]
    assert times == sorted(time for time in times if time is not None)


async def test_sequences_follow_the_order_of_submission(handler: EventHandler) -> None:
    account = opened()
    submissions = [Submission(account)] + [
        Submission(MoneyPaidIn(account_id=account.account_id, amount=1)) for _ in range(9)
    ]
    outcomes = await handler.handle_events(submissions)
    assert [outcome.sequence for outcome in outcomes if isinstance(outcome, Receipt)] == list(range(1, 11))


async def test_accepted_does_not_wait(handler: EventHandler, cluster: MemoryCluster) -> None:
    cluster.hold()
    receipt = await handler.handle_event(opened(), SubmitOptions(wait_for=WaitFor.ACCEPTED))
    assert (receipt.status, receipt.sequence, receipt.completion) == (CompletionStatus.ACCEPTED, None, None)
    assert len(cluster.engine.map(PENDING_EVENTS)) == 1


async def test_stored_is_told_before_the_views_are_updated(handler: EventHandler, lossy: LossyCluster) -> None:
    statuses: list[int] = []
    lossy.loses = lambda message: statuses.append(message.count(b'"STORED"')) is not None  # type: ignore[func-returns-value]
    receipt = await handler.handle_event(opened(), SubmitOptions(wait_for=WaitFor.STORED))
    assert receipt.status is CompletionStatus.STORED
    assert receipt.sequence == 1
    assert receipt.completion is not None
    assert receipt.completion.view_updated_at is None


async def test_a_guard_that_says_no_names_the_field(handler: EventHandler, cluster: MemoryCluster) -> None:
    account = opened()
    await handler.handle_event(account)
    with pytest.raises(EventRejected) as refused:
        await handler.handle_event(MoneyPaidIn(account_id=account.account_id, amount=666))
    assert [problem.path for problem in refused.value.problems] == [("amount",)]
    assert len(cluster.engine.map(EVENT_STORE)) == 1


@pytest.mark.parametrize(
    ("event", "options", "field"),
    [
        (AccountOpened(account_id="a@b", owner="ann"), SubmitOptions(), "accountId"),
        (opened(), SubmitOptions(event_id="a b"), "eventId"),
        (opened(), SubmitOptions(correlation_id="x" * 201), "correlationId"),
        (opened(), SubmitOptions(saga_type="\ud800"), "sagaType"),
        (opened(), SubmitOptions(expected_sequence=-1), "expectedSequence"),
        (opened(), SubmitOptions(step_number=2**40), "stepNumber"),
        (opened(), SubmitOptions(metadata={"at": object()}), "metadata"),
        (opened(), SubmitOptions(timeout_seconds=0), "timeoutMs"),
        (opened(), SubmitOptions(timeout_seconds=61), "timeoutMs"),
    ],
)
async def test_what_is_not_fit_to_be_sent_is_not_sent(
    handler: EventHandler, cluster: MemoryCluster, event: AccountOpened, options: SubmitOptions, field: str
) -> None:
    with pytest.raises(EventRejected) as refused:
        await handler.handle_event(event, options)
    assert [problem.path for problem in refused.value.problems] == [(field,)]
    assert cluster.engine.map(PENDING_EVENTS) == {}


async def test_one_unfit_event_does_not_keep_the_others_back(handler: EventHandler) -> None:
    first, unfit, last = await handler.handle_events(
        [Submission(opened()), Submission(opened("no id")), Submission(opened())]
    )
    assert isinstance(first, Receipt)
    assert isinstance(unfit, EventRejected)
    assert isinstance(last, Receipt)


async def test_the_same_event_again_gives_the_first_result(handler: EventHandler, cluster: MemoryCluster) -> None:
    event, options = opened(), SubmitOptions(event_id=new_id())
    first = await handler.handle_event(event, options)
    again = await handler.handle_event(event, options)
    assert (again.event_id, again.sequence, again.status) == (first.event_id, 1, CompletionStatus.SUCCESS)
    assert len(cluster.engine.map(EVENT_STORE)) == 1


async def test_the_same_event_twice_at_once_has_one_effect(handler: EventHandler, cluster: MemoryCluster) -> None:
    event, options = opened(), SubmitOptions(event_id=new_id())
    receipts = await asyncio.gather(*(handler.handle_event(event, options) for _ in range(20)))
    assert {(receipt.sequence, receipt.status) for receipt in receipts} == {(1, CompletionStatus.SUCCESS)}
    assert len(cluster.engine.map(EVENT_STORE)) == 1


async def test_the_same_id_with_another_payload_is_a_conflict(handler: EventHandler) -> None:
    options = SubmitOptions(event_id=new_id())
    await handler.handle_event(opened(), options)
    with pytest.raises(EventIdConflict) as conflict:
        await handler.handle_event(opened(), options)
    assert conflict.value.event_id == options.event_id


async def test_another_writer_came_first(handler: EventHandler) -> None:
    account = opened()
    await handler.handle_event(account, SubmitOptions(expected_sequence=0))
    with pytest.raises(SequenceConflict) as conflict:
        await handler.handle_event(
            MoneyPaidIn(account_id=account.account_id, amount=1), SubmitOptions(expected_sequence=0)
        )
    assert (conflict.value.expected_sequence, conflict.value.actual_sequence) == (0, 1)


async def test_a_projection_that_fails_leaves_a_dead_letter(handler: EventHandler) -> None:
    account = opened(owner=POISON)
    await handler.handle_event(account)
    with pytest.raises(EventDeadLettered) as dead:
        await handler.handle_event(MoneyPaidIn(account_id=account.account_id, amount=1))
    assert dead.value.dead_letter_id


async def test_a_full_pipeline_says_when_to_come_again(ledger: Catalog) -> None:
    cluster = MemoryCluster(Processor(ledger), max_in_flight=2)
    await cluster.start()
    cluster.hold()
    handler = EventHandler(ledger, cluster)
    accepted = SubmitOptions(wait_for=WaitFor.ACCEPTED)
    outcomes = await handler.handle_events([Submission(opened(), accepted) for _ in range(3)])
    assert [type(outcome) for outcome in outcomes] == [Receipt, Receipt, PipelineOverloaded]
    assert isinstance(outcomes[2], PipelineOverloaded)
    assert 50 <= outcomes[2].retry_after_ms <= 5_000


@pytest.mark.parametrize(
    ("disturb", "what"),
    [(MemoryCluster.disconnect, "member"), (MemoryCluster.projector_away, "projector")],
)
async def test_what_is_away_is_said_at_once(
    handler: EventHandler, cluster: MemoryCluster, disturb: Callable[[MemoryCluster], None], what: str
) -> None:
    disturb(cluster)
    with pytest.raises(PipelineUnavailable, match=what):
        await handler.handle_event(opened())
    assert cluster.engine.map(PENDING_EVENTS) == {}
    cluster.connect()
    assert (await handler.handle_event(opened())).status is CompletionStatus.SUCCESS


async def test_a_projector_that_fails_for_a_moment_costs_no_event(ledger: Catalog) -> None:
    class Stumbling(Processor):
        stumbles = 2

        def process(self, request: bytes) -> bytes:
            if self.stumbles:
                self.stumbles -= 1
                raise RuntimeError("out of step")
            return super().process(request)

    cluster = MemoryCluster(Stumbling(ledger))
    await cluster.start()
    handler = EventHandler(ledger, cluster)
    assert (await handler.handle_event(opened())).status is CompletionStatus.SUCCESS


async def test_a_crash_is_not_noticed_by_who_waits(handler: EventHandler, cluster: MemoryCluster) -> None:
    steps = iter(["plan", "store", "write", "complete", "notify", "remove"])
    next_crash = next(steps)

    def crash(step: str) -> bool:
        nonlocal next_crash
        if not step.startswith(next_crash):
            return False
        next_crash = next(steps, "never")
        return True

    cluster.crash_before = crash
    assert (await handler.handle_event(opened())).status is CompletionStatus.SUCCESS
    assert next_crash == "never"


# ---------------------------------------------------------------------- time


async def test_time_is_up_and_the_event_completes_later(handler: EventHandler, cluster: MemoryCluster) -> None:
    cluster.hold()
    with pytest.raises(EventTimedOut) as late:
        await handler.handle_event(opened(), SubmitOptions(timeout_seconds=0.05))
    cluster.release()
    event_id = late.value.event_id
    assert event_id is not None
    completion = await eventually(lambda: handler.completion(event_id))
    assert completion.status is CompletionStatus.SUCCESS


async def test_each_event_of_a_batch_has_its_own_time(handler: EventHandler, cluster: MemoryCluster) -> None:
    cluster.hold()
    asyncio.get_running_loop().call_later(0.2, cluster.release)
    outcomes = await handler.handle_events(
        [
            Submission(opened(), SubmitOptions(timeout_seconds=0.05)),
            Submission(opened(), SubmitOptions(timeout_seconds=5)),
        ]
    )
    assert [type(outcome) for outcome in outcomes] == [EventTimedOut, Receipt]


async def test_who_waits_no_more_leaves_nothing_behind(handler: EventHandler, cluster: MemoryCluster) -> None:
    cluster.hold()
    waiting = asyncio.create_task(handler.handle_event(opened()))
    await until(lambda: len(cluster.engine.map(PENDING_EVENTS)) == 1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert handler._completions._waiting == {}
    assert handler._completions._batches == {}


# ---------------------------------------------------------------------- lost notices


async def test_nothing_is_polled_while_notices_flow(handler: EventHandler, lossy: LossyCluster) -> None:
    for _ in range(50):
        await handler.handle_event(opened())
    await handler.handle_events([Submission(opened()) for _ in range(500)])
    assert lossy.reads[COMPLETED_EVENTS] == 0


async def test_a_slow_event_is_not_polled_for_while_others_are_answered_in_turn(
    handler: EventHandler, cluster: MemoryCluster, lossy: LossyCluster
) -> None:
    await handler.start()
    loop = asyncio.get_running_loop()
    cluster.hold()
    waiting = asyncio.create_task(handler.handle_event(opened()))
    await until(lambda: len(cluster.engine.map(PENDING_EVENTS)) == 1)
    until_then = loop.time() + 0.8
    while loop.time() < until_then:
        cluster._publish(f"completions.{cluster.gateway_id}", b"[]")
        await asyncio.sleep(0.02)
    assert lossy.reads[COMPLETED_EVENTS] == 0
    cluster.release()
    assert (await waiting).status is CompletionStatus.SUCCESS


async def test_events_whose_notices_are_lost_are_found_together(handler: EventHandler, lossy: LossyCluster) -> None:
    lossy.loses = lambda message: True
    outcomes = await asyncio.gather(
        handler.handle_events([Submission(opened()) for _ in range(300)]), handler.handle_event(opened())
    )
    assert all(isinstance(outcome, Receipt) for outcome in outcomes[0])
    assert lossy.reads[COMPLETED_EVENTS] <= 3


async def test_one_lost_notice_among_many_is_noticed(handler: EventHandler, lossy: LossyCluster) -> None:
    account = opened()
    lossy.loses = lambda message: account.account_id.encode() in message
    waiting = asyncio.create_task(handler.handle_event(account, SubmitOptions(timeout_seconds=5)))
    while not waiting.done():
        await handler.handle_event(opened())
        await asyncio.sleep(0.005)
    assert (await waiting).status is CompletionStatus.SUCCESS
    assert lossy.reads[COMPLETED_EVENTS] <= 3


async def test_looking_up_backs_off(handler: EventHandler, cluster: MemoryCluster, lossy: LossyCluster) -> None:
    cluster.hold()
    with pytest.raises(EventTimedOut):
        await handler.handle_event(opened(), SubmitOptions(timeout_seconds=2.4))
    assert 2 <= lossy.reads[COMPLETED_EVENTS] <= 3, "after about 0.25, 0.75 and 1.75 s"


async def test_an_interruption_makes_it_look_at_once(
    handler: EventHandler, cluster: MemoryCluster, lossy: LossyCluster
) -> None:
    lossy.loses = lambda message: True
    waiting = asyncio.create_task(handler.handle_event(opened()))
    await until(lambda: len(cluster.engine.map(COMPLETED_EVENTS)) == 1)
    cluster.disconnect()
    cluster.connect()
    assert (await waiting).status is CompletionStatus.SUCCESS
    assert lossy.reads[COMPLETED_EVENTS] <= 3


async def test_the_fallback_takes_another_submission_of_the_same_event(
    handler: EventHandler, lossy: LossyCluster
) -> None:
    event, options = opened(), SubmitOptions(event_id=new_id())
    await handler.handle_event(event, options)
    lossy.loses = lambda message: True
    assert (await handler.handle_event(event, options)).sequence == 1


async def test_the_fallback_does_not_take_another_payload_for_ours(handler: EventHandler, lossy: LossyCluster) -> None:
    options = SubmitOptions(event_id=new_id())
    await handler.handle_event(opened(), options)
    lossy.loses = lambda message: True
    with pytest.raises(EventIdConflict):
        await handler.handle_event(opened(), options)


# ---------------------------------------------------------------------- made by other code


def by_old_code(ledger: Catalog, event: MoneyPaidIn, event_id: str, version: int = 1) -> tuple[str, bytes]:
    """As a gateway of the first version submits it, or of one that is not written yet."""
    envelope = envelope_of(ledger, event, event_id=event_id, at=clock.now())
    data = msgspec.Raw(b'{"accountId":"%b","sum":%d}' % (event.account_id.encode(), event.amount))
    old = msgspec.structs.replace(envelope, event_version=version, data=data)
    return pending_key(event_id, event.account_id), msgspec.json.encode(old)


async def test_what_old_code_left_pending_has_one_result_for_both(
    handler: EventHandler, cluster: MemoryCluster, ledger: Catalog
) -> None:
    """New code has got the command again while the pipeline was drained; another payload is refused there and then."""
    account, options = opened(), SubmitOptions(event_id=new_id())
    await handler.handle_event(account)
    cluster.hold()
    payment = MoneyPaidIn(account_id=account.account_id, amount=7)
    await cluster.submit([by_old_code(ledger, payment, options.event_id or "")])
    waiting = [asyncio.create_task(handler.handle_event(payment, options)) for _ in range(3)]
    await until(lambda: len(cluster.engine.map(PENDING_EVENTS)) == 4)
    with pytest.raises(EventIdConflict):
        await handler.handle_event(MoneyPaidIn(account_id=account.account_id, amount=8), options)
    cluster.release()
    assert [(await each).sequence for each in waiting] == [2, 2, 2]
    assert len(cluster.engine.map(EVENT_STORE)) == 2
    await until(lambda: not cluster.engine.map(PENDING_EVENTS))


async def test_what_is_pending_and_cant_be_read_is_left_to_the_projector(
    handler: EventHandler, cluster: MemoryCluster, ledger: Catalog
) -> None:
    """A gateway of old code, where one of new code has submitted already. Here the projector is of old code, too."""
    account, options = opened(), SubmitOptions(event_id=new_id())
    await handler.handle_event(account)
    cluster.hold()
    payment = MoneyPaidIn(account_id=account.account_id, amount=7)
    await cluster.submit([by_old_code(ledger, payment, options.event_id or "", version=3)])
    waiting = asyncio.create_task(handler.handle_event(payment, options))
    await until(lambda: len(cluster.engine.map(PENDING_EVENTS)) == 2)
    cluster.release()
    with pytest.raises(EventIdConflict):
        await waiting
    assert len(cluster.engine.map(EVENT_STORE)) == 1


async def test_what_is_through_before_it_could_be_read_is_submitted_again(
    ledger: Catalog, cluster: MemoryCluster, lossy: LossyCluster, handler: EventHandler
) -> None:
    account, options = opened(), SubmitOptions(event_id=new_id())
    await handler.handle_event(account)
    cluster.hold()
    payment = MoneyPaidIn(account_id=account.account_id, amount=7)
    await cluster.submit([by_old_code(ledger, payment, options.event_id or "")])

    async def then_let_it_through() -> None:
        cluster.release()
        await until(lambda: not cluster.engine.map(PENDING_EVENTS))

    lossy.before_read[PENDING_EVENTS] = then_let_it_through
    assert (await handler.handle_event(payment, options)).sequence == 2


@pytest.mark.parametrize("amount", [7, 8])
async def test_the_fallback_judges_what_other_code_submitted(
    ledger: Catalog, cluster: MemoryCluster, lossy: LossyCluster, handler: EventHandler, amount: int
) -> None:
    account, options = opened(), SubmitOptions(event_id=new_id())
    await handler.handle_event(account)
    payment = MoneyPaidIn(account_id=account.account_id, amount=7)
    await cluster.submit([by_old_code(ledger, payment, options.event_id or "")])
    await until(lambda: options.event_id in cluster.engine.map(COMPLETED_EVENTS))
    lossy.loses = lambda message: True
    again = handler.handle_event(MoneyPaidIn(account_id=account.account_id, amount=amount), options)
    if amount == 7:
        assert (await again).sequence == 2
    else:
        with pytest.raises(EventIdConflict):
            await again


# ---------------------------------------------------------------------- completions of earlier events


async def test_a_completion_is_known_after_completed_events_forgot_it(
    handler: EventHandler, cluster: MemoryCluster
) -> None:
    receipt = await handler.handle_event(opened())
    cluster.engine.map(COMPLETED_EVENTS).clear()
    completion = await handler.completion(receipt.event_id)
    assert completion is not None
    assert (completion.status, completion.sequence) == (CompletionStatus.STORED, 1)


async def test_an_event_that_never_was_has_no_completion(handler: EventHandler) -> None:
    assert await handler.completion(new_id()) is None
    assert await handler.completion("no id at all") is None
