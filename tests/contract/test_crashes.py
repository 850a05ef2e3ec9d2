"""What a crash between two steps leaves in the maps, and what the pipeline makes of it afterwards."""

from __future__ import annotations

from typing import Any

import msgspec

from hazelgate import Catalog
from hazelgate.client.cluster import EVENT_STREAM, Cluster
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.client.submitting.submissions import DEFAULT_OPTIONS, Sealer
from hazelgate.sourcing import clock
from hazelgate.sourcing.envelope import (
    AGGREGATE_HEADS,
    COMPLETED_EVENTS,
    EVENT_IDS,
    EVENT_STORE,
    Completion,
    CompletionError,
    CompletionStatus,
    IdRecord,
)
from hazelgate.sourcing.ids import new_id, pending_key
from hazelgate.sourcing.repetition import payload_hash
from tests.contract.test_pipeline import Heard, account, read, read_present
from tests.support.ledger import ACCOUNTS, OWNERS, MoneyPaidIn
from tests.support.raw import put
from tests.support.until import eventually, until


async def test_a_refusal_without_its_completion_gets_one(ledger: Catalog, cluster: Cluster) -> None:
    """The crash came after the id was written and before the completion was."""
    payment = MoneyPaidIn(account_id=new_id(), amount=1)
    sealer = Sealer(ledger, source="contract", reply_to=cluster.gateway_id)
    envelope, encoded = sealer.seal(payment, DEFAULT_OPTIONS, clock.now())
    digest = payload_hash(envelope.event_type, envelope.event_version, payment.account_id, bytes(envelope.data))
    refusal = Completion(
        event_id=envelope.event_id,
        event_type=envelope.event_type,
        aggregate_type="Account",
        aggregate_id=payment.account_id,
        correlation_id=envelope.event_id,
        submission_id="an earlier one",
        status=CompletionStatus.REJECTED,
        error=CompletionError(code="REJECTED", message="said before"),
        timestamp=clock.now(),
    )
    await put(cluster, EVENT_IDS, envelope.event_id, msgspec.json.encode(IdRecord(hash=digest, completion=refusal)))
    await cluster.submit([(pending_key(envelope.event_id, payment.account_id), encoded)])
    completion = await eventually(lambda: read(cluster, COMPLETED_EVENTS, envelope.event_id))
    assert (completion["status"], completion["error"]["message"]) == ("REJECTED", "said before")
    assert "completedAt" in completion


async def test_a_place_in_the_store_that_is_taken_is_left_and_its_event_applied_and_published_first(
    cluster: Cluster, handler: EventHandler
) -> None:
    """The crash came after a record was stored, and before head and views were written."""
    stream, payments = Heard(), Heard()
    subscriptions = [
        await cluster.listen(EVENT_STREAM, stream),
        await cluster.listen("events.MoneyPaidIn", payments),
    ]
    event = account(owner=new_id())
    await handler.handle_event(event)
    opened = await read_present(cluster, EVENT_STORE, f"Account:1@{event.account_id}")
    position = opened["position"] + 1
    left = opened | {
        "cursor": f"{position:016d}-{opened['lane']:05d}",
        "position": position,
        "eventId": new_id(),
        "eventType": "MoneyPaidIn",
        "eventVersion": 2,
        "sequence": 2,
        "data": {"accountId": event.account_id, "amount": 5, "owner": event.owner},
    }
    stored = msgspec.json.encode(left)
    await put(cluster, EVENT_STORE, f"Account:2@{event.account_id}", stored)

    receipt = await handler.handle_event(MoneyPaidIn(account_id=event.account_id, amount=7))

    assert receipt.sequence == 3
    assert await cluster.read(EVENT_STORE, [f"Account:2@{event.account_id}"]) == [stored]
    entry = await read_present(cluster, ACCOUNTS, event.account_id)
    assert (entry["balance"], entry["_meta"]["version"]) == (12, 3)
    assert (await read_present(cluster, OWNERS, event.owner))["total"] == 12
    assert (await read_present(cluster, AGGREGATE_HEADS, f"Account@{event.account_id}"))["_meta"]["version"] == 3

    def ours(heard: list[Any]) -> list[int]:
        return [record["sequence"] for record in heard if record["aggregateId"] == event.account_id]

    await until(lambda: len(ours(stream.flat())) == 3 and len(ours(payments.messages)) == 2)
    assert (ours(stream.flat()), ours(payments.messages)) == ([1, 2, 3], [2, 3])
    for subscription in subscriptions:
        await subscription.close()


async def test_an_id_whose_record_was_never_stored_is_still_free(
    ledger: Catalog, cluster: Cluster, handler: EventHandler
) -> None:
    """The crash came after the id was written and before the record was: another event is in its place by now."""
    event = account(owner=new_id())
    await handler.handle_event(event)
    payment = MoneyPaidIn(account_id=event.account_id, amount=4)
    sealer = Sealer(ledger, source="contract", reply_to=cluster.gateway_id)
    envelope, encoded = sealer.seal(payment, DEFAULT_OPTIONS, clock.now())
    digest = payload_hash(envelope.event_type, envelope.event_version, payment.account_id, bytes(envelope.data))
    key = f"Account:1@{event.account_id}"
    await put(cluster, EVENT_IDS, envelope.event_id, msgspec.json.encode(IdRecord(hash=digest, key=key)))
    await cluster.submit([(pending_key(envelope.event_id, event.account_id), encoded)])
    completion = await eventually(lambda: read(cluster, COMPLETED_EVENTS, envelope.event_id))
    assert (completion["status"], completion["sequence"]) == ("SUCCESS", 2)
    assert (await read_present(cluster, ACCOUNTS, event.account_id))["balance"] == 4
