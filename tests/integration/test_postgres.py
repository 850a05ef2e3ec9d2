"""Events in PostgreSQL: committed before they are acknowledged, and all there again after everything was killed."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.dead_letters import DeadLetters
from hazelgate.client.reading.filters import condition
from hazelgate.client.reading.queries import EntryPage, EntryQuery, KeyRange
from hazelgate.client.submitting.handler import EventHandler, Submission, SubmitOptions
from hazelgate.operations.postgres.connecting import connect
from hazelgate.sourcing import ids
from hazelgate.sourcing.envelope import (
    DEAD_LETTER_DECISIONS,
    EVENT_IDS,
    EVENT_STORE,
    Decision,
    DecisionAction,
    WaitFor,
    encode_json,
)
from hazelgate.sourcing.errors import (
    DeadLetterBusy,
    EventDeadLettered,
    EventIdConflict,
    EventRejected,
)
from hazelgate.sourcing.ids import new_id
from tests.support.connected import connected
from tests.support.durable import entry, opened, submit_all, submitting
from tests.support.ledger import ACCOUNTS, ALWAYS_FAILS, MOODY, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.postgres import Postgres, rows
from tests.support.stack import Stack, running_stack
from tests.support.until import PATIENCE_SECONDS, until

RECENT = 50


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> str:
    """A database for the stack of this module."""
    return postgres.new_database()


@pytest.fixture(scope="module")
def durable_stack(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that keeps few events in memory, and all of them in PostgreSQL."""
    with running_stack(tmp_path_factory.mktemp("durable"), postgres_dsn=dsn, recent_events=RECENT) as stack:
        yield stack


async def test_stored_means_committed(ledger: Catalog, durable_stack: Stack, dsn: str) -> None:
    """The row is there when STORED is said, and holds the record byte for byte."""
    async with submitting(ledger, durable_stack) as handler:
        event = opened()
        receipt = await handler.handle_event(event, SubmitOptions(wait_for=WaitFor.STORED))
        [row] = rows(
            dsn,
            "SELECT event_type, aggregate_sequence, event_data ->> 'owner', correlation_id, record "
            f"FROM event_store WHERE event_id = '{receipt.event_id}'",
        )
        assert row[:4] == ("AccountOpened", 1, event.owner, receipt.correlation_id)
        async with connected(durable_stack.cluster()) as cluster:
            assert await cluster.read(EVENT_STORE, [f"Account:1@{event.account_id}"]) == [row[4].encode()]


async def test_an_event_too_old_for_the_maps_is_found_everywhere(ledger: Catalog, durable_stack: Stack) -> None:
    """By its key, by its id, in the whole log, and by what it is about; and the maps stay small."""
    async with (
        submitting(ledger, durable_stack) as handler,
        connected(durable_stack.cluster()) as cluster,
    ):
        event = opened()
        [receipt] = await submit_all(handler, [event])
        await submit_all(handler, [opened() for _ in range(2 * RECENT)])
        key = f"Account:1@{event.account_id}"

        await forgotten(cluster, key, left=RECENT)
        assert (await entry(cluster, EVENT_STORE, key))["eventId"] == receipt.event_id
        assert (await entry(cluster, EVENT_IDS, receipt.event_id))["key"] == key
        found = await cluster.query(
            EntryQuery(
                map_name=EVENT_STORE,
                index="cursor",
                count=True,
                filter={
                    "and": [
                        condition(["correlationId"], "eq", receipt.correlation_id),
                        condition(["eventType"], "in", ["AccountOpened", "MoneyPaidIn"]),
                    ]
                },
            )
        )
        assert [json.loads(bytes(each.entry))["eventId"] for each in found.entries] == [receipt.event_id]
        assert found.count == 1
        last = await cluster.query(EntryQuery(map_name=EVENT_STORE, index="cursor", descending=True, limit=3))
        assert [each.index_value for each in last.entries] == sorted(
            (e.index_value for e in last.entries), reverse=True
        )
        assert len(last.entries) == 3


async def test_the_log_is_searched_as_any_other_map(ledger: Catalog, durable_stack: Stack) -> None:
    """By what has a column and by what has none, in several ranges, in both directions, and up to a bound."""
    async with (
        submitting(ledger, durable_stack) as handler,
        connected(durable_stack.cluster()) as cluster,
    ):
        events = [opened() for _ in range(5)]
        await submit_all(handler, events)
        ids = [event.account_id for event in events]
        of_ours = condition(["aggregateId"], "in", [*ids, "with a \0"])

        async def search(**what: Any) -> EntryPage:
            return await cluster.query(
                EntryQuery(**{"map_name": EVENT_STORE, "index": "cursor", "filter": of_ours, **what})
            )

        def found(page: EntryPage) -> list[str]:
            return [json.loads(bytes(each.entry))["aggregateId"] for each in page.entries]

        stored = await search(count=True)
        ordered, cursors = found(stored), [each.index_value for each in stored.entries]
        assert (sorted(ordered), stored.count, cursors) == (sorted(ids), 5, sorted(cursors))
        two = [
            condition(["data", "accountId"], "eq", ids[1]),
            condition(["data", "owner"], "contains", events[3].owner),
        ]
        by_data = await search(filter={"and": [of_ours, {"or": two}]}, count=True)
        assert (sorted(found(by_data)), by_data.count, by_data.scanned) == (sorted([ids[1], ids[3]]), 2, 5)
        not_one = await search(filter={"and": [of_ours, {"not": condition(["aggregateId"], "eq", ids[0])}]})
        assert sorted(found(not_one)) == sorted(ids[1:])
        exceeded = await search(filter={"and": [of_ours, {"or": two}]}, max_scanned=4)
        assert (exceeded.entries, exceeded.exceeded) == ([], True)
        ranges = (KeyRange(None, cursors[1]), KeyRange.behind(cursors[2]))
        assert found(await search(ranges=ranges)) == [ordered[0], *ordered[3:]]
        back = await search(ranges=ranges, descending=True, limit=2, count=True)
        assert (found(back), back.count) == (ordered[:2:-1], 3)
        assert (await search(ranges=())).entries == []


async def forgotten(cluster: HazelcastCluster, key: str, *, left: int) -> None:
    """Return when the map has no such record, and no more than so many others."""
    assert cluster._client is not None
    records: Any = await cluster._client.get_map(EVENT_STORE)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while int(await records.size()) > left or await records.contains_key(key):
            await asyncio.sleep(0.05)


async def test_an_event_leaves_the_maps_when_it_is_so_old(ledger: Catalog, postgres: Postgres, tmp_path: Path) -> None:
    """Though there is room for many more; and is found as before."""
    with running_stack(tmp_path, postgres_dsn=postgres.new_database(), recent_seconds=1) as stack:
        async with (
            submitting(ledger, stack) as handler,
            connected(stack.cluster()) as cluster,
        ):
            event = opened()
            await submit_all(handler, [event, opened()])
            key = f"Account:1@{event.account_id}"
            await forgotten(cluster, key, left=0)
            assert (await entry(cluster, EVENT_STORE, key))["data"]["accountId"] == event.account_id


async def test_a_letter_of_events_too_old_for_the_maps_is_resolved(ledger: Catalog, durable_stack: Stack) -> None:
    async with (
        submitting(ledger, durable_stack) as handler,
        connected(durable_stack.cluster()) as cluster,
    ):
        account = AccountOpened(account_id=ids.new_id(), owner=f"{MOODY}{ids.new_id()}")
        await handler.handle_event(account)
        for amount in (ALWAYS_FAILS, 5):
            with pytest.raises(EventDeadLettered) as dead:
                await handler.handle_event(MoneyPaidIn(account_id=account.account_id, amount=amount))
        for number in (2, 3):
            await (await cluster._client.get_map(EVENT_STORE)).delete(  # type: ignore[union-attr]
                f"Account:{number}@{account.account_id}"  # type: ignore[arg-type]
            )
        await DeadLetters(cluster).discard(dead.value.dead_letter_id, "fraud")
        assert (await entry(cluster, OWNERS, account.owner))["total"] == 5


async def a_letter(handler: EventHandler) -> tuple[str, str]:
    """Of a payment that no projection can ever take: its id, and the account."""
    account = AccountOpened(account_id=ids.new_id(), owner=f"{MOODY}{ids.new_id()}")
    await handler.handle_event(account)
    with pytest.raises(EventDeadLettered) as dead:
        await handler.handle_event(MoneyPaidIn(account_id=account.account_id, amount=ALWAYS_FAILS))
    return dead.value.dead_letter_id, account.owner


async def test_who_has_lost_the_turn_at_a_letter_decides_nothing_in_the_log(
    ledger: Catalog, durable_stack: Stack, dsn: str
) -> None:
    """
    The statement itself looks whose turn it is.

    Here the table is locked, so that a decision is on its way for long: meanwhile its turn is taken away, as if its
    member were dead, and another operator is done with the letter.
    """
    async with (
        submitting(ledger, durable_stack) as handler,
        connected(durable_stack.cluster()) as cluster,
    ):
        letter, _ = await a_letter(handler)
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock' AND query LIKE '%INTO dead_letter_decisions%'"
        )
        with connect(dsn) as other:
            other.execute("LOCK TABLE dead_letter_decisions IN EXCLUSIVE MODE")
            discarding = asyncio.create_task(DeadLetters(cluster).discard(letter, "fraud"))
            await until(lambda: rows(dsn, waiting) == [(1,)])
            await (await cluster._client.get_map("turns")).clear()  # type: ignore[union-attr]
            [retried] = await DeadLetters(cluster).retry([letter])
            assert retried.outcome == "FAILED"
            other.commit()
        with pytest.raises(DeadLetterBusy):
            await discarding
        assert rows(dsn, f"SELECT decision FROM dead_letter_decisions WHERE dead_letter_id = '{letter}'") == []
        assert await entry(cluster, DEAD_LETTER_DECISIONS, letter) is None


async def test_a_decision_that_got_no_further_than_the_log_counts(
    ledger: Catalog, durable_stack: Stack, dsn: str
) -> None:
    """Its member died at once: whoever resolves the letter goes on with that, as the views after a restart would."""
    async with (
        submitting(ledger, durable_stack) as handler,
        connected(durable_stack.cluster()) as cluster,
    ):
        letter, owner = await a_letter(handler)
        there = await DeadLetters(cluster).one(letter)
        decision = Decision(
            id=letter,
            event_id=there.event_id,
            projection=there.projection,
            entry_key=there.entry_key,
            action=DecisionAction.DISCARDED,
            at=there.first_failed_at,
            reason="fraud",
        )
        with connect(dsn, autocommit=True) as other:
            added = "INSERT INTO dead_letter_decisions (dead_letter_id, decision) VALUES (%s, %s)"
            other.execute(added, [letter, encode_json(decision).decode()])
        [retried] = await DeadLetters(cluster).retry([letter])
        assert retried.outcome == "RESOLVED"
        assert (await entry(cluster, OWNERS, owner)).get("total", 0) == 0
        assert (await entry(cluster, DEAD_LETTER_DECISIONS, letter))["reason"] == "fraud"


async def test_an_old_event_sent_again_has_its_first_result(ledger: Catalog, durable_stack: Stack) -> None:
    """Although neither map nor completed-events need know it, and a guard would refuse it today."""
    async with (
        submitting(ledger, durable_stack) as handler,
        connected(durable_stack.cluster()) as cluster,
    ):
        event = opened()
        first = await handler.handle_event(event)
        payment = MoneyPaidIn(account_id=event.account_id, amount=5)
        paid = await handler.handle_event(payment)
        await forget(cluster, first.event_id, f"Account:1@{event.account_id}")
        await forget(cluster, paid.event_id, f"Account:2@{event.account_id}")
        again = await handler.handle_event(event, SubmitOptions(event_id=first.event_id))
        paid_again = await handler.handle_event(payment, SubmitOptions(event_id=paid.event_id))
        assert (again.status, again.sequence) == (first.status, 1)
        assert (paid_again.status, paid_again.sequence) == (paid.status, 2)
        await forget(cluster, paid.event_id, f"Account:2@{event.account_id}")
        with pytest.raises(EventIdConflict):
            await handler.handle_event(
                MoneyPaidIn(account_id=event.account_id, amount=6), SubmitOptions(event_id=paid.event_id)
            )
        account = await entry(cluster, ACCOUNTS, event.account_id)
        assert (account["balance"], account["payments"]) == (5, 1)
        with pytest.raises(EventRejected):
            await handler.handle_event(event)


async def forget(cluster: HazelcastCluster, event_id: str, key: str) -> None:
    """As if the event were too old for the maps."""
    client = cluster._client
    assert client is not None
    for name, each in ((EVENT_IDS, event_id), (EVENT_STORE, key), ("completed-events", event_id)):
        await (await client.get_map(name)).delete(each)  # type: ignore[arg-type]


async def test_a_batch_is_refused_in_the_log_when_its_lane_is_taken_over_meanwhile(
    ledger: Catalog, durable_stack: Stack, dsn: str
) -> None:
    """
    The INSERT itself looks whose lane it is, and waits for whoever is about to take it.

    Here somebody else takes it for a moment, while a batch is on its way. The member has to notice, and to own it again
    before it stores anything.
    """
    async with submitting(ledger, durable_stack) as handler:
        event = opened()
        await handler.handle_event(event)
        owner = (
            f"SELECT lane, run FROM event_store JOIN lane_owners USING (lane) WHERE aggregate_id = '{event.account_id}'"
        )
        [(lane, run)] = rows(dsn, owner)
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'hazelgate' AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO event_store%'"
        )
        with connect(dsn) as other:
            other.execute("UPDATE lane_owners SET run = gen_random_uuid() WHERE lane = %s", [lane])
            payment = MoneyPaidIn(account_id=event.account_id, amount=5)
            paying = asyncio.create_task(handler.handle_event(payment, SubmitOptions(timeout_seconds=60.0)))
            await until(lambda: rows(dsn, waiting) == [(1,)])
            other.commit()
        assert (await paying).sequence == 2
        assert set(rows(dsn, owner)) == {(lane, run)}
        stored = f"SELECT aggregate_sequence FROM event_store WHERE aggregate_id = '{event.account_id}' ORDER BY 1"
        assert rows(dsn, stored) == [(1,), (2,)]


def uuid_made_of(event_id: str) -> str:
    """By which the table knows an event whose id is no UUID."""
    return str(uuid.uuid5(uuid.UUID("5d4b26a4-6f0c-5ba0-9d2b-0f3f6f1c6a57"), event_id))


async def test_an_id_that_is_the_uuid_made_of_another_ones_is_taken(ledger: Catalog, durable_stack: Stack) -> None:
    """Whether the other is stored before, or comes in the same call; and all others go on."""
    async with submitting(ledger, durable_stack) as handler:
        first = f"order-{new_id()}"
        await handler.handle_event(opened(), SubmitOptions(event_id=first))
        with pytest.raises(EventIdConflict):
            await handler.handle_event(opened(), SubmitOptions(event_id=uuid_made_of(first)))
        second = f"order-{new_id()}"
        options = [SubmitOptions(event_id=each) for each in (second, uuid_made_of(second))]
        outcomes = await handler.handle_events([Submission(opened(), each) for each in options])
        assert sorted(type(each).__name__ for each in outcomes) == ["EventIdConflict", "Receipt"]
        await submit_all(handler, [opened() for _ in range(10)])
