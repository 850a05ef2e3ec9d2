"""The pipeline in memory survives a crash before any of its steps, and members that get in each other's way."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazelgate import Catalog
from hazelgate.client.cluster import Admission
from hazelgate.client.submitting.submissions import Sealer, SubmitOptions
from hazelgate.projector.process import Processor
from hazelgate.sourcing import clock
from hazelgate.sourcing.envelope import COMPLETED_EVENTS, EVENT_STORE, PENDING_EVENTS
from hazelgate.sourcing.ids import new_id, pending_key
from hazelgate.testing.memory import MemoryEngine
from hazelgate.testing.memory.engine import Maps, lane_of
from hazelgate.testing.memory.streaming import version_of
from tests.support.ledger import ACCOUNTS, OWNERS, AccountOpened, MoneyPaidIn

Events = list[tuple[str, bytes]]
Step = str

CATALOG = Catalog.load("tests.support.ledger")
PROCESSOR = Processor(CATALOG)
ACCOUNT_IDS = ["a-1", "a-2", "a-3"]
PAYMENTS = (1, 2, 4)


def engine(maps: Maps | None = None, member: int = 0, members: int = 1) -> MemoryEngine:
    return MemoryEngine(
        PROCESSOR.process,
        lambda topic, message: None,
        maps=maps,
        takes=lambda lane: lane % members == member,
        max_batch=2,
    )


def submissions() -> Events:
    """Three accounts of one owner; on each is paid in thrice, and the first payment is sent twice."""
    sealer = Sealer(CATALOG, source="test", reply_to="")
    events: Events = []
    for account_id in ACCOUNT_IDS:
        payments = [(MoneyPaidIn(account_id=account_id, amount=amount), new_id()) for amount in PAYMENTS]
        opened = [(AccountOpened(account_id=account_id, owner="ann"), new_id())]
        for event, event_id in [*opened, *payments, payments[0]]:
            _, encoded = sealer.seal(event, SubmitOptions(event_id=event_id), clock.now())
            events.append((pending_key(event_id, account_id), encoded))
    return events


def finish(*engines: MemoryEngine) -> None:
    for each in engines:
        while not each.idle:
            for _ in each.run_batch():
                pass


def decoded(maps: Maps, name: str) -> dict[str, dict[str, Any]]:
    return {key: msgspec.json.decode(value) for key, value in maps.get(name, {}).items()}


def assert_each_event_counted_once(maps: Maps) -> None:
    store = decoded(maps, EVENT_STORE)
    assert sorted(store) == sorted(f"Account:{n}@{account_id}" for account_id in ACCOUNT_IDS for n in (1, 2, 3, 4))
    assert len({record["eventId"] for record in store.values()}) == 12
    accounts = decoded(maps, ACCOUNTS)
    assert sorted(accounts) == sorted(ACCOUNT_IDS)
    for account_id, account in accounts.items():
        assert (account["balance"], account["payments"], account["_meta"]["version"]) == (7, 3, 4), account_id
    owner = decoded(maps, OWNERS)["ann"]
    assert (owner["total"], owner["_meta"]["version"]) == (21, 9)
    assert {completion["status"] for completion in decoded(maps, COMPLETED_EVENTS).values()} == {"SUCCESS"}
    assert maps[PENDING_EVENTS] == {}


def test_without_a_crash_each_event_counts_once() -> None:
    one = engine()
    one.submit(submissions())
    finish(one)
    assert_each_event_counted_once(one.maps)


def run_until_crash(one: MemoryEngine, crash_before: int) -> Step | None:
    """Run that many steps, then crash before the next. The step before which it crashed; None when all was done."""
    taken = 0
    while not one.idle:
        for step in one.run_batch():
            if taken == crash_before:
                one.restart()
                return step
            taken += 1
    return None


def test_a_crash_before_any_step_changes_nothing_in_the_end() -> None:
    crashed_before: set[str] = set()
    crash_before = 0
    while True:
        one = engine()
        one.submit(submissions())
        step = run_until_crash(one, crash_before)
        finish(one)
        assert_each_event_counted_once(one.maps)
        if step is None:
            break
        crashed_before.add(step.split()[0])
        crash_before += 1
    assert crashed_before == {
        "plan",
        "load",
        "id",
        "store",
        "notify",
        "write",
        "publish",
        "complete",
        "remove",
    }


@settings(max_examples=60)
@given(st.lists(st.integers(min_value=0, max_value=60), min_size=1, max_size=6))
def test_crash_upon_crash_changes_nothing_in_the_end(crashes: list[int]) -> None:
    one = engine()
    one.submit(submissions())
    for crash_before in crashes:
        run_until_crash(one, crash_before)
    finish(one)
    assert_each_event_counted_once(one.maps)


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_members_that_feed_one_entry_lose_nothing_of_one_another(random: Any) -> None:
    maps: Maps = {}
    members = [engine(maps, member, 3) for member in range(3)]
    for key, envelope in submissions():
        members[lane_of(key) % 3].submit([(key, envelope)])
    running = {index: member.run_batch() for index, member in enumerate(members)}
    while running:
        index = random.choice(sorted(running))
        if next(running[index], None) is None:
            if members[index].idle:
                del running[index]
            else:
                running[index] = members[index].run_batch()
    assert_each_event_counted_once(maps)


def test_accounts_of_the_scenario_lie_with_different_members() -> None:
    assert len({lane_of(f"x@{account_id}") % 3 for account_id in ACCOUNT_IDS}) > 1


def test_a_full_pipeline_takes_in_what_it_can() -> None:
    one = MemoryEngine(PROCESSOR.process, lambda topic, message: None, max_in_flight=2)
    assert one.submit([("1@a", b"{}"), ("2@a", b"{}"), ("3@a", b"{}")]) == [
        Admission.TAKEN,
        Admission.TAKEN,
        Admission.FULL,
    ]


@pytest.mark.parametrize(
    ("entry", "version"),
    [
        (None, 0),
        (b'{"_meta":{"version":12,"causedBy":"x"}}', 12),
        (b'{"_meta":{"version":3}}', 3),
        (b'{"hash":"x"}', 0),
    ],
)
def test_a_version_is_read_without_parsing(entry: bytes | None, version: int) -> None:
    assert version_of(entry) == version
