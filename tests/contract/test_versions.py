"""Events of an older version: those that somebody still sends, those that are stored, those that come again."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from hazelgate import Catalog
from hazelgate.client.cluster import Admission, Cluster
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.client.submitting.submissions import DEFAULT_OPTIONS, Sealer, SubmitOptions
from hazelgate.sourcing import clock
from hazelgate.sourcing.envelope import (
    AGGREGATE_HEADS,
    COMPLETED_EVENTS,
    EVENT_IDS,
    EVENT_STORE,
    PENDING_EVENTS,
    Envelope,
    IdRecord,
)
from hazelgate.sourcing.errors import EventIdConflict, EventRejected
from hazelgate.sourcing.ids import new_id, pending_key
from hazelgate.sourcing.repetition import payload_hash
from tests.contract.test_pipeline import Heard, account, is_gone, read, read_present
from tests.support.ledger import ACCOUNTS, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.raw import put
from tests.support.until import eventually


def old_payment(
    ledger: Catalog, cluster: Cluster, account_id: str, options: SubmitOptions = DEFAULT_OPTIONS, **data: object
) -> tuple[str, bytes]:
    """An envelope as a gateway of the first version sent it, and its event's id."""
    sealer = Sealer(ledger, source="contract", reply_to=cluster.gateway_id)
    envelope, _ = sealer.seal(MoneyPaidIn(account_id=account_id, amount=1), options, clock.now())
    raw = msgspec.Raw(msgspec.json.encode({"accountId": account_id, **data}))
    old = msgspec.structs.replace(envelope, event_version=1, data=raw)
    return old.event_id, msgspec.json.encode(old)


async def test_an_event_sent_in_an_old_version_is_stored_in_todays(
    ledger: Catalog, cluster: Cluster, handler: EventHandler
) -> None:
    event = account(owner=new_id())
    await handler.handle_event(event)
    event_id, envelope = old_payment(ledger, cluster, event.account_id, sum=7)
    await cluster.submit([(pending_key(event_id, event.account_id), envelope)])
    completion = await eventually(lambda: read(cluster, COMPLETED_EVENTS, event_id))
    assert completion["status"] == "SUCCESS"
    record = await read_present(cluster, EVENT_STORE, f"Account:2@{event.account_id}")
    assert (record["eventVersion"], record["data"]["amount"], record["data"].get("sum")) == (2, 7, None)


async def test_a_stored_event_of_an_old_version_is_folded_as_todays_and_its_bytes_stay(
    ledger: Catalog, cluster: Cluster, handler: EventHandler
) -> None:
    """A release of version 1 stored it and was killed before it got into the views."""
    event: AccountOpened = account(owner=new_id())
    await handler.handle_event(event)
    opened = await read_present(cluster, EVENT_STORE, f"Account:1@{event.account_id}")
    event_id, envelope = old_payment(ledger, cluster, event.account_id, sum=7)
    key = f"Account:2@{event.account_id}"
    position = opened["position"] + 1
    old = opened | {
        "cursor": f"{position:016d}-{opened['lane']:05d}",
        "position": position,
        "eventId": event_id,
        "eventType": "MoneyPaidIn",
        "eventVersion": 1,
        "sequence": 2,
        "data": {"accountId": event.account_id, "sum": 7, "owner": event.owner},
    }
    stored = msgspec.json.encode(old)
    sent = bytes(msgspec.json.decode(envelope, type=dict[str, msgspec.Raw])["data"])
    digest = payload_hash("MoneyPaidIn", 1, event.account_id, sent)
    await put(cluster, EVENT_STORE, key, stored)
    await put(cluster, EVENT_IDS, event_id, msgspec.json.encode(IdRecord(hash=digest, key=key)))

    await cluster.submit([(pending_key(event_id, event.account_id), envelope)])
    await eventually(lambda: read(cluster, COMPLETED_EVENTS, event_id))

    assert (await read_present(cluster, ACCOUNTS, event.account_id))["balance"] == 7
    assert (await read_present(cluster, OWNERS, event.owner))["total"] == 7
    assert (await read_present(cluster, AGGREGATE_HEADS, f"Account@{event.account_id}"))["_meta"]["version"] == 2
    assert await cluster.read(EVENT_STORE, [key]) == [stored]


# ---------------------------------------------------------------------- the same command, made into an event anew


async def sent_by_old_code(
    ledger: Catalog, cluster: Cluster, account_id: str, options: SubmitOptions, **data: object
) -> dict[str, Any]:
    """What the completion says of an event that a gateway of the first version submits, when it is answered itself."""
    heard = Heard()
    event_id, envelope = old_payment(ledger, cluster, account_id, options, **data)
    submission_id = msgspec.json.decode(envelope)["submissionId"]
    subscription = await cluster.listen(f"completions.{cluster.gateway_id}", heard)
    [admission] = await cluster.submit([(pending_key(event_id, account_id), envelope)])
    if admission is Admission.CONFLICT:  # that code can't tell what is pending there: the projector can
        await cluster.submit([(pending_key(event_id, account_id, submission_id), envelope)])

    async def ours() -> dict[str, Any] | None:
        return next((each for each in heard.flat() if each["submissionId"] == submission_id), None)

    answer = await eventually(ours)
    await subscription.close()
    return answer


async def test_what_old_code_submitted_has_its_first_result_when_new_code_submits_it(
    ledger: Catalog, cluster: Cluster, handler: EventHandler
) -> None:
    """A guard has completed the first: what counts is what was submitted."""
    event, options = account(owner=new_id()), SubmitOptions(event_id=new_id())
    await handler.handle_event(event)
    first = await sent_by_old_code(ledger, cluster, event.account_id, options, sum=7)
    receipt = await handler.handle_event(MoneyPaidIn(account_id=event.account_id, amount=7), options)
    assert (receipt.sequence, receipt.status) == (first["sequence"], "SUCCESS")
    assert (await read_present(cluster, ACCOUNTS, event.account_id))["balance"] == 7
    for other in (
        MoneyPaidIn(account_id=event.account_id, amount=8),
        MoneyPaidIn(account_id=event.account_id, amount=7, owner=event.owner),
    ):
        with pytest.raises(EventIdConflict):
            await handler.handle_event(other, options)


async def test_what_new_code_submitted_has_its_first_result_when_old_code_submits_it(
    ledger: Catalog, cluster: Cluster, handler: EventHandler
) -> None:
    event, options = account(owner=new_id()), SubmitOptions(event_id=new_id())
    await handler.handle_event(event)
    first = await handler.handle_event(MoneyPaidIn(account_id=event.account_id, amount=7), options)
    again = await sent_by_old_code(ledger, cluster, event.account_id, options, sum=7)
    assert (again["status"], again["sequence"]) == ("SUCCESS", first.sequence)
    other = await sent_by_old_code(ledger, cluster, event.account_id, options, sum=8)
    assert other["error"]["code"] == "EVENT_ID_CONFLICT"
    assert (await read_present(cluster, ACCOUNTS, event.account_id))["balance"] == 7


async def test_what_was_refused_stays_refused_when_other_code_submits_it(
    ledger: Catalog, cluster: Cluster, handler: EventHandler
) -> None:
    event, old_first, new_first = account(), SubmitOptions(event_id=new_id()), SubmitOptions(event_id=new_id())
    payment = MoneyPaidIn(account_id=event.account_id, amount=7)
    first = await sent_by_old_code(ledger, cluster, event.account_id, old_first, sum=7)
    assert first["error"]["message"] == "accountId: is no account"
    with pytest.raises(EventRejected):
        await handler.handle_event(payment, new_first)
    await handler.handle_event(event)
    with pytest.raises(EventRejected, match="is no account"):
        await handler.handle_event(payment, old_first)
    again = await sent_by_old_code(ledger, cluster, event.account_id, new_first, sum=7)
    assert again["error"]["message"] == "accountId: is no account"
    with pytest.raises(EventIdConflict):
        await handler.handle_event(MoneyPaidIn(account_id=event.account_id, amount=8), old_first)
    assert (await read_present(cluster, ACCOUNTS, event.account_id))["balance"] == 0


async def test_one_of_many_that_old_and_new_code_submit_at_once_is_stored(
    ledger: Catalog, cluster: Cluster, handler: EventHandler
) -> None:
    event, options = account(owner=new_id()), SubmitOptions(event_id=new_id())
    await handler.handle_event(event)
    payment = MoneyPaidIn(account_id=event.account_id, amount=7)

    async def sequence(by_old_code: bool) -> Any:
        if by_old_code:
            return (await sent_by_old_code(ledger, cluster, event.account_id, options, sum=7))["sequence"]
        return (await handler.handle_event(payment, options)).sequence

    assert set(await asyncio.gather(*(sequence(number % 2 == 0) for number in range(20)))) == {2}
    assert (await read_present(cluster, ACCOUNTS, event.account_id))["balance"] == 7


async def test_an_id_that_waits_for_its_record_is_judged_with_its_event(
    ledger: Catalog, cluster: Cluster, handler: EventHandler
) -> None:
    """The crash came after the id of what old code sent was written: that event is pending, and so is new code's."""
    event, options = account(owner=new_id()), SubmitOptions(event_id=new_id())
    await handler.handle_event(event)
    event_id, envelope = old_payment(ledger, cluster, event.account_id, options, sum=7)
    old = msgspec.json.decode(envelope, type=Envelope)
    digest = payload_hash("MoneyPaidIn", 1, event.account_id, bytes(old.data))
    key = f"Account:9@{event.account_id}"
    await put(cluster, EVENT_IDS, event_id, msgspec.json.encode(IdRecord(hash=digest, key=key)))
    sealer = Sealer(ledger, source="contract", reply_to=cluster.gateway_id)
    new, encoded = sealer.seal(MoneyPaidIn(account_id=event.account_id, amount=7), options, clock.now())
    heard = Heard()
    subscription = await cluster.listen(f"completions.{cluster.gateway_id}", heard)
    await cluster.submit(
        [
            (pending_key(event_id, event.account_id), envelope),
            (pending_key(event_id, event.account_id, new.submission_id), encoded),
        ]
    )

    async def both() -> dict[str, Any] | None:
        found = {each["submissionId"]: each for each in heard.flat()}
        return found if {old.submission_id, new.submission_id} <= set(found) else None

    found = await eventually(both)
    await subscription.close()
    assert [found[each.submission_id]["sequence"] for each in (old, new)] == [2, 2]
    await eventually(lambda: is_gone(cluster, PENDING_EVENTS, pending_key(event_id, event.account_id)))
    beside = pending_key(event_id, event.account_id, new.submission_id)
    await eventually(lambda: is_gone(cluster, PENDING_EVENTS, beside))
    assert (await read_present(cluster, ACCOUNTS, event.account_id))["balance"] == 7
