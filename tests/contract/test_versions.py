"""Events of an older version: those that somebody still sends, and those that are stored."""

from __future__ import annotations

import msgspec

from sourcing import Catalog, clock
from sourcing.cluster import Cluster
from sourcing.envelope import AGGREGATE_HEADS, COMPLETED_EVENTS, EVENT_IDS, EVENT_STORE, IdRecord
from sourcing.handler import EventHandler
from sourcing.ids import new_id, pending_key
from sourcing.projector.intake import payload_hash
from sourcing.submissions import DEFAULT_OPTIONS, Sealer
from tests.contract.test_pipeline import account, read, read_present
from tests.support.ledger import ACCOUNTS, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.raw import put
from tests.support.until import eventually


def old_payment(ledger: Catalog, cluster: Cluster, account_id: str, **data: object) -> tuple[str, bytes]:
    """An envelope as a gateway of the first version sent it, and its event's id."""
    sealer = Sealer(ledger, source="contract", reply_to=cluster.gateway_id)
    envelope, _ = sealer.seal(MoneyPaidIn(account_id=account_id, amount=1), DEFAULT_OPTIONS, clock.now())
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
