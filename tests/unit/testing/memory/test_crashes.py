"""
Crashes between any two steps, on three members in memory: tests/support/crash_machine.py has the rules and the checks.

HAZELGATE_CRASH_EXAMPLES=5000 makes it a long run.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from hazelgate.client.cluster import EVENT_STREAM
from hazelgate.client.submitting.handler import EventHandler, Receipt, SubmitOptions
from hazelgate.projector import process
from hazelgate.projector.core import intake
from hazelgate.projector.core.messages import (
    Delivery,
    Kind,
    Outcome,
    Request,
    Write,
    decode_request,
    decode_resolve_response,
    encode,
)
from hazelgate.projector.process import Processor
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, EVENT_IDS, EVENT_STORE
from hazelgate.sourcing.errors import EventError, EventRejected
from hazelgate.testing.memory import MemoryCluster, MemoryEngine
from hazelgate.testing.memory.engine import ANY_VERSION, Received, Steps
from tests.support.crash_machine import CATALOG, CrashMachine
from tests.support.ledger import ACCOUNTS, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.until import until

pytestmark = pytest.mark.exhaustive

EXAMPLES = int(os.environ.get("HAZELGATE_CRASH_EXAMPLES", "60"))
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def test_whatever_crashes_when_the_views_are_the_fold_of_the_log() -> None:
    run_state_machine_as_test(
        CrashMachine,
        settings=settings(max_examples=EXAMPLES, stateful_step_count=60, suppress_health_check=QUIET),
    )


# ---------------------------------------------------------------------- faults that it has to find


class PublishesFirst(MemoryEngine):
    """Subscribers hear of an event that is not stored yet."""

    def persist(
        self, events: Sequence[Received], outcomes: Sequence[Outcome], inputs: Sequence[Delivery], persisted_at: str
    ) -> Steps[list[bytes | None]]:
        for outcome in outcomes:
            if outcome.kind == Kind.ACCEPTED and outcome.record is not None:
                self._publish(EVENT_STREAM, b"[%b]" % outcome.record)
        return (yield from super().persist(events, outcomes, inputs, persisted_at))


class Overwrites(MemoryEngine):
    """Views are written whatever is there."""

    def write(self, writes: Iterable[Write]) -> Steps[list[Write]]:
        return (
            yield from super().write(msgspec.structs.replace(each, expected_version=ANY_VERSION) for each in writes)
        )


class ForgetsIds(MemoryEngine):
    """An event that comes again is taken for a new one."""

    def persist(
        self, events: Sequence[Received], outcomes: Sequence[Outcome], inputs: Sequence[Delivery], persisted_at: str
    ) -> Steps[list[bytes | None]]:
        records = yield from super().persist(events, outcomes, inputs, persisted_at)
        self.map(EVENT_IDS).clear()
        return records


class SkipsTheStore(MemoryEngine):
    """A record is lost now and then, and acknowledged."""

    def persist(
        self, events: Sequence[Received], outcomes: Sequence[Outcome], inputs: Sequence[Delivery], persisted_at: str
    ) -> Steps[list[bytes | None]]:
        records = yield from super().persist(events, outcomes, inputs, persisted_at)
        if len(events) == 2:
            self.map(EVENT_STORE).pop(outcomes[0].store_key or "", None)
        return records


class LosesViews(MemoryEngine):
    """The last write of a batch to a view is left out."""

    def write(self, writes: Iterable[Write]) -> Steps[list[Write]]:
        wanted = list(writes)
        return (yield from super().write(wanted[1:] if wanted and wanted[0].map != AGGREGATE_HEADS else wanted))


def without_marks(request: bytes) -> bytes:
    """A projector that does not look at the marks: a stored event that comes again is applied again."""
    asked = decode_request(request)
    loaded = {name: {key: _unmarked(raw) for key, raw in entries.items()} for name, entries in asked.loaded.items()}
    return Processor(CATALOG).process(encode(Request(asked.batch_id, asked.round, asked.events, loaded)))


def _unmarked(raw: bytes | None) -> bytes | None:
    if raw is None or b'"applied":' not in raw:
        return raw
    entry = msgspec.json.decode(raw)
    entry["_meta"]["applied"] = {}
    return msgspec.json.encode(entry)


def by_hash_alone(request: bytes) -> bytes:
    """A projector that takes what other code made of the same command for another event."""
    never = "are_same", lambda first, again: False
    with patch.object(intake, *never), patch.object(process, *never):
        return Processor(CATALOG).process(request)


def letters_go_first(request: bytes) -> bytes:
    """A letter is gone before its entry is free: a crash in between leaves nobody who knows what waited."""
    answer = decode_resolve_response(Processor(CATALOG).resolve(request))
    if len(answer.steps) < 2:
        return encode(answer)
    *steps, last = answer.steps
    gone = [msgspec.structs.replace(write, expected_version=ANY_VERSION) for write in last]
    return encode(msgspec.structs.replace(answer, steps=[gone, *steps]))


def letters_forget(request: bytes) -> bytes:
    """An entry is free, and what waited behind the letter is not in it."""
    answer = decode_resolve_response(Processor(CATALOG).resolve(request))
    steps = [[_freed(write) for write in step] for step in answer.steps]
    return encode(msgspec.structs.replace(answer, steps=steps))


def _freed(write: Write) -> Write:
    if write.map != OWNERS or write.value is None or b'"total":' not in write.value:
        return write
    entry = msgspec.json.decode(write.value)
    entry["total"] -= 1
    return msgspec.structs.replace(write, value=msgspec.json.encode(entry))


def machine(engine: type[MemoryEngine], faulty: Callable[[bytes], bytes] | None) -> type[CrashMachine]:
    """The machine with a fault in it."""
    content: dict[str, Any] = {"make_engine": engine}
    if faulty is not None:
        which = "resolve" if faulty.__name__.startswith("letters") else "process"
        content[which] = staticmethod(faulty)
    return type("Faulty", (CrashMachine,), content)


@pytest.mark.parametrize(
    ("engine", "faulty"),
    [
        (PublishesFirst, None),
        (Overwrites, None),
        (ForgetsIds, None),
        (SkipsTheStore, None),
        (LosesViews, None),
        (MemoryEngine, without_marks),
        (MemoryEngine, by_hash_alone),
        (MemoryEngine, letters_go_first),
        (MemoryEngine, letters_forget),
    ],
    ids=lambda each: each.__name__ if each is not None else "",
)
def test_a_planted_fault_is_found(engine: type[MemoryEngine], faulty: Callable[[bytes], bytes] | None) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            machine(engine, faulty),
            settings=settings(
                max_examples=300,
                stateful_step_count=60,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=QUIET,
            ),
        )


# ---------------------------------------------------------------------- seen from a gateway


@settings(max_examples=max(10, EXAMPLES // 6))
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.02, 0.1]))
def test_whatever_crashes_handle_event_says_what_is_so(seed: int, chance: float) -> None:
    asyncio.run(_submit_while_it_crashes(Random(seed), chance))


async def _submit_while_it_crashes(random: Random, chance: float) -> None:
    cluster = MemoryCluster(Processor(CATALOG))
    await cluster.start()
    cluster.crash_before = lambda step: random.random() < chance
    handler = EventHandler(CATALOG, cluster, source="test")
    for account_id in ("a", "b"):
        await handler.handle_event(AccountOpened(account_id=account_id, owner="ann"))

    async def pay(number: int) -> tuple[int, Receipt | EventError]:
        amount = 666 if number % 7 == 0 else 1 + number
        payment = MoneyPaidIn(account_id="ab"[number % 2], amount=amount)
        expected = random.choice((None, None, 3))
        options = SubmitOptions(event_id=f"p{number}", expected_sequence=expected, timeout_seconds=1.0)
        try:
            return amount, await handler.handle_event(payment, options)
        except EventError as refused:
            return amount, refused

    outcomes = await asyncio.gather(*(pay(number % 20) for number in range(30)))
    cluster.crash_before = lambda step: False
    stored = {}
    for raw in cluster.engine.map(EVENT_STORE).values():
        record = msgspec.json.decode(raw)
        stored[record["eventId"]] = record
    for amount, outcome in outcomes:
        if isinstance(outcome, Receipt):
            record = stored[outcome.event_id]
            assert (record["sequence"], record["data"]["amount"]) == (outcome.sequence, amount)
        elif isinstance(outcome, EventRejected):
            assert outcome.event_id not in stored
    await until(lambda: cluster.engine.idle)
    balances = {"a": 0, "b": 0}
    for record in stored.values():
        balances[record["aggregateId"]] += record["data"].get("amount", 0)
    views = {key: msgspec.json.decode(raw)["balance"] for key, raw in cluster.engine.map(ACCOUNTS).items()}
    assert views == balances
    await handler.close()
    await cluster.close()
