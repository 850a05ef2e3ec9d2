"""Positions of the engine in memory: the order of a lane that no crash may turn around."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec

from hazelgate import Catalog
from hazelgate.client.submitting.submissions import Sealer, SubmitOptions
from hazelgate.projector.process import Processor
from hazelgate.sourcing import clock
from hazelgate.sourcing.envelope import EVENT_STORE, PENDING_EVENTS
from hazelgate.sourcing.ids import pending_key
from hazelgate.testing.memory import MemoryEngine
from hazelgate.testing.memory.engine import lane_of, take_all
from tests.support.ledger import ACCOUNTS, AccountOpened, MoneyPaidIn

CATALOG = Catalog.load("tests.support.ledger")
NOW_MICROS = 1_000_000_000


def put(engine: MemoryEngine, event_id: str, event: AccountOpened | MoneyPaidIn) -> None:
    encoded = Sealer(CATALOG, source="test", reply_to="").seal(event, SubmitOptions(event_id=event_id), clock.now())[1]
    engine.put(pending_key(event_id, event.account_id), encoded)


def run_and_crash(engine: MemoryEngine, before: str) -> None:
    """One batch up to the first step of this name, which is not taken."""
    steps: Generator[str, None, Any] = engine.run_batch()
    assert any(step.startswith(before) for step in steps), f"there is no step {before!r}"
    steps.close()
    engine.restart()


def engine_ahead_of_its_clock() -> MemoryEngine:
    """It has crashed twice within a second: the lane of account a is two seconds ahead, the others are not."""
    engine = MemoryEngine(
        Processor(CATALOG).process, lambda topic, message: None, max_batch=1, clock_micros=lambda: NOW_MICROS
    )
    put(engine, "open-a", AccountOpened(account_id="a", owner="ann"))
    run_and_crash(engine, "load")
    run_and_crash(engine, "load")
    take_all(engine.run_batch())
    engine.restart()
    put(engine, "open-b", AccountOpened(account_id="b", owner="bob"))
    put(engine, "pay-a", MoneyPaidIn(account_id="a", amount=5))
    take_all(engine.run_batch())
    return engine


def records(engine: MemoryEngine) -> dict[str, Any]:
    """What is stored, by event."""
    stored = map(msgspec.json.decode, engine.map(EVENT_STORE).values())
    return {record["eventId"]: record for record in stored}


def test_the_two_accounts_are_in_two_lanes() -> None:
    assert lane_of("@a") != lane_of("@b")


def test_after_a_restart_no_lane_goes_back_whichever_has_an_event_first() -> None:
    engine = engine_ahead_of_its_clock()
    take_all(engine.run_batch())
    stored = records(engine)
    assert stored["pay-a"]["position"] > stored["open-a"]["position"]


def test_a_stored_event_that_a_crash_kept_from_its_view_gets_there_after_restarts() -> None:
    """At a position that has gone back it would be taken for one that the entry has."""
    engine = engine_ahead_of_its_clock()
    run_and_crash(engine, f"write {ACCOUNTS}")
    take_all(engine.run_batch())
    assert not engine.map(PENDING_EVENTS)
    assert msgspec.json.decode(engine.map(ACCOUNTS)["a"])["balance"] == 5
