"""What the pipeline does with an event, seen from the maps and topics. The real one and the fake one do the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from hazelgate import Catalog, CompletionStatus, WaitFor
from hazelgate.client.cluster import EVENT_STREAM, Admission, Cluster
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.client.submitting.submissions import DEFAULT_OPTIONS, Sealer
from hazelgate.sourcing import clock
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import (
    AGGREGATE_HEADS,
    COMPLETED_EVENTS,
    DEAD_LETTER_EVENTS,
    EVENT_IDS,
    EVENT_STORE,
    PENDING_EVENTS,
)
from hazelgate.sourcing.errors import EventDeadLettered, EventIdConflict, EventRejected, SequenceConflict
from hazelgate.sourcing.ids import new_id, pending_key
from tests.support.ledger import ACCOUNTS, OWNERS, POISON, AccountOpened, MoneyPaidIn
from tests.support.until import eventually, until

Json = dict[str, Any]


async def read(cluster: Cluster, map_name: str, key: str) -> Json | None:
    [entry] = await cluster.read(map_name, [key])
    return None if entry is None else msgspec.json.decode(entry, type=dict)


async def read_present(cluster: Cluster, map_name: str, key: str) -> Json:
    entry = await read(cluster, map_name, key)
    assert entry is not None, f"{map_name} has no {key}"
    return entry


def account(owner: str = "ann") -> AccountOpened:
    return AccountOpened(account_id=new_id(), owner=owner)


class Heard:
    """The messages of a topic, decoded."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def __call__(self, message: bytes) -> None:
        self.messages.append(msgspec.json.decode(message))

    def flat(self) -> list[Json]:
        return [item for message in self.messages for item in message]


@pytest.fixture
async def stream(cluster: Cluster) -> AsyncIterator[Heard]:
    heard = Heard()
    subscription = await cluster.listen(EVENT_STREAM, heard)
    yield heard
    await subscription.close()


async def test_a_stored_event_is_under_its_aggregate_and_sequence(cluster: Cluster, handler: EventHandler) -> None:
    event = account()
    receipt = await handler.handle_event(event, SubmitOptions(saga_id="s-1", step_number=2, metadata={"via": "test"}))
    record = await read_present(cluster, EVENT_STORE, f"Account:1@{event.account_id}")
    assert next(iter(record)) == "persistedAt"
    assert record["cursor"] == f"{record['position']:016d}-{record['lane']:05d}"
    expected = {
        "eventId": receipt.event_id,
        "eventType": "AccountOpened",
        "eventVersion": 1,
        "aggregateType": "Account",
        "aggregateId": event.account_id,
        "sequence": 1,
        "correlationId": receipt.event_id,
        "sagaId": "s-1",
        "stepNumber": 2,
        "source": "contract",
        "metadata": {"via": "test"},
        "data": {"accountId": event.account_id, "owner": "ann"},
    }
    assert {name: record[name] for name in expected} == expected


async def test_the_aggregates_head_and_the_id_point_to_the_record(cluster: Cluster, handler: EventHandler) -> None:
    event = account()
    receipt = await handler.handle_event(event)
    head = await read_present(cluster, AGGREGATE_HEADS, f"Account@{event.account_id}")
    id_record = await read_present(cluster, EVENT_IDS, receipt.event_id)
    assert head["_meta"]["version"] == 1
    assert id_record["key"] == f"Account:1@{event.account_id}"


async def test_what_a_guard_completed_is_stored(cluster: Cluster, handler: EventHandler) -> None:
    event = account(owner="bea")
    await handler.handle_events([Submission(event), Submission(MoneyPaidIn(account_id=event.account_id, amount=5))])
    record = await read_present(cluster, EVENT_STORE, f"Account:2@{event.account_id}")
    assert record["data"]["owner"] == "bea"


async def test_a_view_entry_says_where_it_stands(cluster: Cluster, handler: EventHandler, ledger: Catalog) -> None:
    event = account()
    _, paid = await handler.handle_events(
        [Submission(event), Submission(MoneyPaidIn(account_id=event.account_id, amount=5))]
    )
    assert isinstance(paid, Receipt)
    [raw] = await cluster.read(ACCOUNTS, [event.account_id])
    record = await read_present(cluster, EVENT_STORE, f"Account:2@{event.account_id}")
    assert raw is not None
    assert raw.startswith(b'{"_meta":{"version":2,')
    entry = msgspec.json.decode(raw)
    meta = entry.pop("_meta")
    assert entry == {"accountId": event.account_id, "owner": "ann", "balance": 5, "payments": 1}
    assert meta["causedBy"] == paid.event_id
    assert meta["applied"] == {str(record["lane"]): record["position"]}
    balance = ledger.views[ACCOUNTS].indexes["balance"].prefix([5])
    assert meta["keys"] == {"id": event.account_id, "balance": f"{balance}{event.account_id}"}


async def test_an_entry_that_several_aggregates_feed_loses_nothing(cluster: Cluster, handler: EventHandler) -> None:
    owner = new_id()
    accounts = [account(owner) for _ in range(20)]
    await handler.handle_events([Submission(each) for each in accounts])
    await asyncio.gather(
        *(
            handler.handle_event(MoneyPaidIn(account_id=each.account_id, amount=amount))
            for each in accounts
            for amount in (1, 2, 3)
        )
    )
    entry = await read_present(cluster, OWNERS, owner)
    assert (entry["total"], entry["_meta"]["version"]) == (120, 60)


async def test_nothing_stays_pending(cluster: Cluster, handler: EventHandler) -> None:
    event = account()
    receipt = await handler.handle_event(event)
    key = pending_key(receipt.event_id, event.account_id)
    await eventually(lambda: is_gone(cluster, PENDING_EVENTS, key))


async def is_gone(cluster: Cluster, map_name: str, key: str) -> bool:
    """Whether the map has no such entry."""
    return await read(cluster, map_name, key) is None


async def test_the_completion_is_kept(cluster: Cluster, handler: EventHandler) -> None:
    receipt = await handler.handle_event(account())
    completion = await read_present(cluster, COMPLETED_EVENTS, receipt.event_id)
    assert completion["status"] == "SUCCESS"
    stages = ["timestamp", "receivedAt", "persistedAt", "viewUpdatedAt", "publishedAt", "completedAt"]
    times = [completion[stage] for stage in stages]
    assert times == sorted(times)
    assert all(clock.instant(clock.moment(time)) == time for time in times)


async def shown(handler: EventHandler, event: Event, view: str, key: str, **options: Any) -> bytes:
    """The entry that comes with the word on an event whose submitter wants it."""
    [receipt] = await handler.handle_events([Submission(event, SubmitOptions(**options), show=f"{view}/{key}")])
    assert isinstance(receipt, Receipt)
    assert receipt.completion is not None
    return bytes(receipt.completion.entry)


async def test_an_entry_comes_with_the_completion(cluster: Cluster, handler: EventHandler) -> None:
    """It is what a read gives, and no map keeps it."""
    event = account()
    for each in (event, MoneyPaidIn(account_id=event.account_id, amount=5)):
        entry = await shown(handler, each, ACCOUNTS, event.account_id)
        assert [entry] == await cluster.read(ACCOUNTS, [event.account_id])
    [completion] = (await handler.handle_events([Submission(account(), show=f"{ACCOUNTS}/{event.account_id}")]))[:1]
    assert isinstance(completion, Receipt)
    assert completion.completion is not None
    assert not bytes(completion.completion.entry), "the event has not changed that entry"
    kept = await read_present(cluster, COMPLETED_EVENTS, completion.event_id)
    assert "entry" not in kept


async def test_no_entry_comes_with_the_word_that_an_event_is_stored(handler: EventHandler) -> None:
    event = account()
    assert await shown(handler, event, ACCOUNTS, event.account_id, wait_for=WaitFor.STORED) == b""


async def test_no_entry_comes_with_an_event_that_is_submitted_again(handler: EventHandler) -> None:
    event, event_id = account(), new_id()
    assert await shown(handler, event, ACCOUNTS, event.account_id, event_id=event_id)
    assert await shown(handler, event, ACCOUNTS, event.account_id, event_id=event_id) == b""


async def test_events_submitted_side_by_side_keep_their_order(cluster: Cluster, handler: EventHandler) -> None:
    event = account()
    await handler.handle_event(event)
    payments = [MoneyPaidIn(account_id=event.account_id, amount=amount) for amount in range(1, 41)]
    receipts = await asyncio.gather(*(handler.handle_event(payment) for payment in payments))
    assert [receipt.sequence for receipt in receipts] == list(range(2, 42))
    records = await cluster.read(EVENT_STORE, [f"Account:{n}@{event.account_id}" for n in range(2, 42)])
    assert [msgspec.json.decode(record or b"null")["data"]["amount"] for record in records] == list(range(1, 41))


async def test_the_stream_has_each_event_once_and_in_order(
    cluster: Cluster, handler: EventHandler, stream: Heard
) -> None:
    event = account()
    submissions = [Submission(event)] + [
        Submission(MoneyPaidIn(account_id=event.account_id, amount=amount)) for amount in (1, 2, 3)
    ]
    await handler.handle_events(submissions)

    def ours() -> list[int]:
        return [record["sequence"] for record in stream.flat() if record["aggregateId"] == event.account_id]

    await until(lambda: len(ours()) == 4)
    assert ours() == [1, 2, 3, 4]


async def test_an_events_topic_has_its_record(cluster: Cluster, handler: EventHandler) -> None:
    heard = Heard()
    subscription = await cluster.listen("events.AccountOpened", heard)
    event = account()
    await handler.handle_event(event)
    await until(lambda: any(message["aggregateId"] == event.account_id for message in heard.messages))
    await subscription.close()
    record = await read(cluster, EVENT_STORE, f"Account:1@{event.account_id}")
    assert record in heard.messages


async def test_a_closed_listener_hears_no_more(cluster: Cluster, handler: EventHandler, stream: Heard) -> None:
    heard = Heard()
    subscription = await cluster.listen(EVENT_STREAM, heard)
    await subscription.close()
    event = account()
    await handler.handle_event(event)
    await until(lambda: any(record["aggregateId"] == event.account_id for record in stream.flat()))
    assert heard.messages == []


# ---------------------------------------------------------------------- what is refused


async def test_a_rejected_event_is_not_stored(cluster: Cluster, handler: EventHandler) -> None:
    payment = MoneyPaidIn(account_id=new_id(), amount=1)
    with pytest.raises(EventRejected) as refused:
        await handler.handle_event(payment)
    assert [(problem.path, problem.message) for problem in refused.value.problems] == [
        (("accountId",), "is no account")
    ]
    assert await read(cluster, EVENT_STORE, f"Account:1@{payment.account_id}") is None
    assert refused.value.event_id is not None
    assert (await read_present(cluster, COMPLETED_EVENTS, refused.value.event_id))["status"] == "REJECTED"


async def test_a_rejection_is_remembered(handler: EventHandler) -> None:
    event, options = account(), SubmitOptions(event_id=new_id())
    payment = MoneyPaidIn(account_id=event.account_id, amount=1)
    with pytest.raises(EventRejected):
        await handler.handle_event(payment, options)
    await handler.handle_event(event)
    with pytest.raises(EventRejected):
        await handler.handle_event(payment, options)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"event_type": "NeverHeardOf"}, "UNKNOWN_EVENT_TYPE"),
        ({"event_version": 99}, "UNKNOWN_EVENT_TYPE"),
        ({"data": msgspec.Raw(b'{"owner":5}')}, "INVALID_EVENT"),
        ({"data": msgspec.Raw(b"[]")}, "INVALID_EVENT"),
    ],
)
async def test_what_the_catalog_does_not_know_is_refused_with_a_code(
    ledger: Catalog, cluster: Cluster, changes: Json, code: str
) -> None:
    event = account()
    sealer = Sealer(ledger, source="contract", reply_to=cluster.gateway_id)
    envelope, _ = sealer.seal(event, DEFAULT_OPTIONS, clock.now())
    envelope = msgspec.structs.replace(envelope, **changes)
    taken = await cluster.submit([(pending_key(envelope.event_id, event.account_id), msgspec.json.encode(envelope))])
    assert list(taken) == [Admission.TAKEN]
    completion = await eventually(lambda: read(cluster, COMPLETED_EVENTS, envelope.event_id))
    assert (completion["status"], completion["error"]["code"]) == ("REJECTED", code)


async def test_the_first_of_two_writers_wins(handler: EventHandler) -> None:
    event = account()
    await handler.handle_event(event)
    outcomes = await handler.handle_events(
        [
            Submission(MoneyPaidIn(account_id=event.account_id, amount=amount), SubmitOptions(expected_sequence=1))
            for amount in (1, 2)
        ]
    )
    assert isinstance(outcomes[0], Receipt)
    assert isinstance(outcomes[1], SequenceConflict)
    assert (outcomes[1].expected_sequence, outcomes[1].actual_sequence) == (1, 2)


async def test_the_same_event_again_has_no_second_effect(cluster: Cluster, handler: EventHandler) -> None:
    event = account()
    await handler.handle_event(event)
    payment, options = MoneyPaidIn(account_id=event.account_id, amount=7), SubmitOptions(event_id=new_id())
    receipts = await asyncio.gather(*(handler.handle_event(payment, options) for _ in range(10)))
    receipts.append(await handler.handle_event(payment, options))
    assert {(receipt.sequence, receipt.status) for receipt in receipts} == {(2, CompletionStatus.SUCCESS)}
    assert (await read_present(cluster, ACCOUNTS, event.account_id))["balance"] == 7


async def test_the_same_id_with_another_payload_is_a_conflict(handler: EventHandler) -> None:
    options = SubmitOptions(event_id=new_id())
    await handler.handle_event(account(), options)
    with pytest.raises(EventIdConflict):
        await handler.handle_event(account(), options)


async def test_what_is_pending_is_not_overwritten_by_another_payload(cluster: Cluster, handler: EventHandler) -> None:
    """A hundred at once under one id: one payload is in, each submission of it has that result, the others conflict."""
    event = account()
    await handler.handle_event(event)
    options = SubmitOptions(event_id=new_id())
    amounts = [amount for _ in range(25) for amount in (1, 2, 3, 4)]
    payments = [MoneyPaidIn(account_id=event.account_id, amount=amount) for amount in amounts]
    outcomes = await asyncio.gather(
        *(handler.handle_event(payment, options) for payment in payments[:50]),
        handler.handle_events([Submission(payment, options) for payment in payments[50:]]),
        return_exceptions=True,
    )
    rest = outcomes.pop()
    assert isinstance(rest, list)
    answers = list(zip(amounts, [*outcomes, *rest], strict=True))
    entry = await read_present(cluster, ACCOUNTS, event.account_id)
    assert entry["payments"] == 1
    in_store = (await read_present(cluster, EVENT_STORE, f"Account:2@{event.account_id}"))["data"]["amount"]
    assert entry["balance"] == in_store
    for amount, answer in answers:
        assert isinstance(answer, Receipt if amount == in_store else EventIdConflict), (amount, in_store, answer)
    assert {answer.sequence for _, answer in answers if isinstance(answer, Receipt)} == {2}


async def test_a_submission_is_refused_where_its_id_is_pending_with_another_payload(
    ledger: Catalog, cluster: Cluster
) -> None:
    event = account()
    sealer = Sealer(ledger, source="contract", reply_to=cluster.gateway_id)
    options = SubmitOptions(event_id=new_id())
    key = pending_key(options.event_id or "", event.account_id)
    payments = [MoneyPaidIn(account_id=event.account_id, amount=amount) for amount in (1, 2, 1, 2)]
    envelopes = [(key, sealer.seal(payment, options, clock.now())[1]) for payment in payments]
    taken, other = Admission.TAKEN, Admission.CONFLICT
    assert list(await cluster.submit(envelopes)) == [taken, other, taken, other]


# ---------------------------------------------------------------------- what fails


async def test_a_projection_that_fails_blocks_its_entry_only(cluster: Cluster, handler: EventHandler) -> None:
    poisoned = account(owner=POISON)
    payment = MoneyPaidIn(account_id=poisoned.account_id, amount=3)
    await handler.handle_event(poisoned)
    with pytest.raises(EventDeadLettered) as dead:
        await handler.handle_event(payment)
    assert (await read_present(cluster, ACCOUNTS, poisoned.account_id))["balance"] == 3
    letter = await read_present(cluster, DEAD_LETTER_EVENTS, dead.value.dead_letter_id)
    assert (letter["projection"], letter["entryKey"]) == (OWNERS, POISON)


# ---------------------------------------------------------------------- notices


async def test_stored_is_told_first_and_the_end_afterwards(
    ledger: Catalog, cluster: Cluster, handler: EventHandler
) -> None:
    gateway_id = f"{cluster.gateway_id}-{new_id()}"
    heard = Heard()
    subscription = await cluster.listen(f"completions.{gateway_id}", heard)
    event = account()
    sealer = Sealer(ledger, source="contract", reply_to=gateway_id)
    envelope, encoded = sealer.seal(event, SubmitOptions(wait_for=WaitFor.STORED), clock.now())
    await cluster.submit([(pending_key(envelope.event_id, event.account_id), encoded)])
    await until(lambda: len(heard.flat()) == 2)
    await subscription.close()
    assert [(each["submissionId"], each["status"]) for each in heard.flat()] == [
        (envelope.submission_id, "STORED"),
        (envelope.submission_id, "SUCCESS"),
    ]


async def test_no_entry_comes_with_the_word_that_a_view_could_not_take_an_event_or_that_it_was_refused(
    ledger: Catalog, cluster: Cluster, handler: EventHandler
) -> None:
    gateway_id = f"{cluster.gateway_id}-{new_id()}"
    heard = Heard()
    subscription = await cluster.listen(f"completions.{gateway_id}", heard)
    poisoned, opened = account(owner=POISON), account()
    await handler.handle_events([Submission(poisoned), Submission(opened)])
    sealer = Sealer(ledger, source="contract", reply_to=gateway_id)
    for name, options in (
        (poisoned.account_id, SubmitOptions()),
        (opened.account_id, SubmitOptions(expected_sequence=7)),
        (opened.account_id, SubmitOptions()),
    ):
        event = MoneyPaidIn(account_id=name, amount=3)
        envelope, encoded = sealer.seal(event, options, clock.now(), show=f"{ACCOUNTS}/{name}")
        await cluster.submit([(pending_key(envelope.event_id, name), encoded)])
    await until(lambda: len(heard.flat()) == 3)
    await subscription.close()
    assert {each["status"]: each.get("entry", {}).get("balance") for each in heard.flat()} == {
        "DEAD_LETTERED": None,
        "REJECTED": None,
        "SUCCESS": 3,
    }


async def test_figures_count_what_went_through(cluster: Cluster, handler: EventHandler) -> None:
    before = await cluster.stats()
    await handler.handle_events([Submission(account()) for _ in range(25)])
    with pytest.raises(EventRejected):
        await handler.handle_event(MoneyPaidIn(account_id=new_id(), amount=1))

    async def counted() -> bool:
        after = await cluster.stats()
        return (
            after.events_total - before.events_total == 25
            and after.rejected_total - before.rejected_total == 1
            and after.all.total.count - before.all.total.count == 25
        )

    await eventually(counted)
    figures = await cluster.stats()
    assert 0 < figures.recent.total.quantile(0.5) <= figures.recent.total.max_ms
    assert (figures.projector, figures.job) == ("READY", "RUNNING")
