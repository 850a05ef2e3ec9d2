"""Letters are resolved while events queue behind them, and cut short by crashes: nothing is lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from typing import Any

import msgspec
import pytest

from hazelgate.client.resolutions import Resolution, ResolveOrder
from hazelgate.projector.process import Processor
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import COMPLETED_EVENTS, DEAD_LETTER_DECISIONS, DEAD_LETTER_EVENTS, PENDING_EVENTS
from hazelgate.sourcing.ids import dead_letter_id, pending_key
from hazelgate.testing.memory.engine import MemoryEngine, lane_of, take_all
from hazelgate.testing.scenarios import envelope_of
from tests.unit.sourcing.counters import CATALOG, POISON, Counted, CounterStarted

AT = "2026-01-01T00:00:00.000000Z"
DISCARD = "DISCARD"


class Member:
    """One engine over the maps that it shares with others, run step by step."""

    def __init__(self, maps: dict[str, dict[str, bytes]] | None = None) -> None:
        processor = Processor(CATALOG)
        self.notices: list[Any] = []
        self.engine = MemoryEngine(
            processor.process, self._publish, resolve=processor.resolve, settle=processor.settle, maps=maps
        )
        self._number = 0

    def submit(self, *events: Event) -> list[str]:
        ids = []
        for event in events:
            self._number += 1
            event_id = f"e{self._number}-{id(self)}"
            envelope = envelope_of(CATALOG, event, event_id=event_id, at=AT)
            self.engine.submit([(pending_key(event_id, envelope.aggregate_id), msgspec.json.encode(envelope))])
            ids.append(event_id)
        return ids

    def run(self, *events: Event) -> list[str]:
        ids = self.submit(*events)
        take_all(self.engine.run_batch())
        return ids

    def resolving(self, action: str = DISCARD) -> Generator[str, None, Resolution]:
        [letter_id] = self.engine.map(DEAD_LETTER_EVENTS)
        return self.engine.dead_letters.resolve(ResolveOrder(dead_letter_id=letter_id, action=action, reason="why"))

    def status(self, event_id: str) -> str:
        status: str = json.loads(self.engine.map(COMPLETED_EVENTS)[event_id])["status"]
        return status

    def group(self) -> Any:
        return json.loads(self.engine.map("group-view")["all"])

    def _publish(self, topic: str, message: bytes) -> None:
        self.notices.append((topic, message))


@pytest.fixture
def member() -> Member:
    member = Member()
    member.run(CounterStarted(counter_id="a"), CounterStarted(counter_id="b"), Counted(counter_id="a", by=1))
    member.run(Counted(counter_id="a", by=POISON))
    return member


def steps_until(steps: Generator[str, None, Any], stop: Callable[[int, str], bool]) -> bool:
    """Take steps up to the one where `stop` says so, which is not taken. Whether there was one."""
    return any(stop(number, step) for number, step in enumerate(steps))


def finish(member: Member) -> None:
    """Everything that is pending, and every letter that is left."""
    while not member.engine.idle:
        take_all(member.engine.run_batch())
    while member.engine.map(DEAD_LETTER_EVENTS):
        take_all(member.resolving())


def check(member: Member, total: int, events: int, ids: list[str]) -> None:
    group = member.group()
    assert group["total"] == total
    assert "blocked" not in group["_meta"]
    assert not member.engine.map(DEAD_LETTER_EVENTS)
    assert not member.engine.map(PENDING_EVENTS)
    assert {member.status(each) for each in ids} == {"SUCCESS"}
    assert events == len(ids)


@pytest.mark.parametrize("resolving_first", [True, False])
@pytest.mark.parametrize("cut", range(14))
def test_an_event_that_queues_during_a_resolving_is_applied_once(
    member: Member, resolving_first: bool, cut: int
) -> None:
    """Whichever of the two begins, and wherever the other one comes in between."""
    other = Member(member.engine.maps)
    ids = other.submit(Counted(counter_id="a", by=5))
    batch, resolving = other.engine.run_batch(), member.resolving()
    outer, inner = (resolving, batch) if resolving_first else (batch, resolving)
    steps_until(outer, lambda number, step: number == cut)
    take_all(inner)
    take_all(outer)
    finish(member)
    check(member, 1 + 5, 1, ids)


@pytest.mark.parametrize("first", range(8))
@pytest.mark.parametrize("then", range(8))
def test_of_two_events_that_queue_one_after_the_other_none_passes_the_other(
    member: Member, first: int, then: int
) -> None:
    """The later one would move the entry's mark past the earlier one, which would be lost."""
    other = Member(member.engine.maps)
    resolving = member.resolving()
    steps_until(resolving, lambda number, step: number == first)
    ids = other.run(Counted(counter_id="a", by=5))
    steps_until(resolving, lambda number, step: number == then)
    ids += other.run(Counted(counter_id="a", by=3))
    take_all(resolving)
    finish(member)
    check(member, 1 + 5 + 3, 2, ids)


@pytest.mark.parametrize("cut", range(16))
def test_an_event_of_another_aggregate_in_the_lane_is_not_passed_by_one_that_waited(member: Member, cut: int) -> None:
    """Both are stored, one waits in its letter, the other is not in the entry yet: the letter is resolved just then."""
    mate = next(f"b{number}" for number in range(10_000) if lane_of(f"@b{number}") == lane_of("@a"))
    member.run(CounterStarted(counter_id=mate))
    other = Member(member.engine.maps)
    ids = other.submit(Counted(counter_id=mate, by=10), Counted(counter_id="a", by=5))
    batch = other.engine.run_batch()
    steps_until(batch, lambda number, step: number == cut)
    take_all(member.resolving())
    take_all(batch)
    finish(member)
    check(member, 1 + 10 + 5, 2, ids)


@pytest.mark.parametrize("cut", range(10))
def test_two_resolvings_of_one_letter_do_no_harm(member: Member, cut: int) -> None:
    ids = member.run(Counted(counter_id="a", by=5), Counted(counter_id="a", by=2))
    other = Member(member.engine.maps)
    one, two = member.resolving(), other.resolving()
    steps_until(one, lambda number, step: number == cut)
    take_all(two)
    take_all(one)
    finish(member)
    check(member, 1 + 5 + 2, 2, ids)


@pytest.mark.parametrize("cut", range(10))
def test_a_resolving_cut_short_is_finished_by_the_next(member: Member, cut: int) -> None:
    """A retry, too, keeps to the decision that was written before the crash."""
    ids = member.run(Counted(counter_id="a", by=5), Counted(counter_id="a", by=2))
    was_cut = steps_until(member.resolving(), lambda number, step: number == cut)
    decided = bool(member.engine.map(DEAD_LETTER_DECISIONS))
    member.engine.restart()
    ids += member.run(Counted(counter_id="a", by=3))
    if member.engine.map(DEAD_LETTER_EVENTS):
        resolution = take_all(member.resolving("RETRY" if decided else DISCARD))
        assert resolution.outcome == "RESOLVED"
    check(member, 1 + 5 + 2 + 3, 3, ids)
    assert was_cut or cut >= 7


def test_the_event_of_two_letters_succeeds_when_the_last_is_gone() -> None:
    member = Member()
    member.run(CounterStarted(counter_id="a"))
    [event_id] = member.run(Counted(counter_id="a", by=POISON))
    raw = json.loads(member.engine.map("counter-view")["a"])
    assert (raw["total"], member.status(event_id)) == (POISON, "DEAD_LETTERED")
    take_all(member.resolving())
    assert member.status(event_id) == "SUCCESS"


@pytest.fixture
def letter_alone() -> tuple[Member, list[str]]:
    """A crash came after a letter was written and before its entry: by an event, and by one that waits behind it."""
    member = Member()
    member.run(CounterStarted(counter_id="a"), Counted(counter_id="a", by=1))
    ids = member.submit(Counted(counter_id="a", by=POISON), Counted(counter_id="a", by=2))
    batch = member.engine.run_batch()
    assert steps_until(batch, lambda number, step: step == "write group-view all")
    batch.close()
    assert "blocked" not in member.group()["_meta"]
    return member, ids


@pytest.mark.parametrize("action", ["RETRY", "EDIT"])
def test_an_event_that_fails_again_is_not_answered_as_if_it_had_passed(
    letter_alone: tuple[Member, list[str]], action: str
) -> None:
    """The edit has no data: it is invalid, and the letter stays."""
    member, ids = letter_alone
    resolution = take_all(member.resolving(action))
    assert resolution.outcome == ("FAILED" if action == "RETRY" else "INVALID")
    assert resolution.completion is not None
    assert resolution.completion.status == "DEAD_LETTERED"
    member.engine.restart()
    take_all(member.engine.run_batch())
    assert {member.status(each) for each in ids} == {"DEAD_LETTERED"}


@pytest.mark.parametrize("cut", range(6))
def test_nor_are_those_that_wait_behind_it_when_it_becomes_final(
    letter_alone: tuple[Member, list[str]], cut: int
) -> None:
    """One that is tried again by itself, and fails for good: all that wait are answered, also after another crash."""
    member, ids = letter_alone
    [(letter_id, raw)] = member.engine.map(DEAD_LETTER_EVENTS).items()
    member.engine.map(DEAD_LETTER_EVENTS)[letter_id] = raw[:-1] + b',"retryAt":"%s"}' % AT.encode()
    steps_until(member.resolving("AGAIN"), lambda number, step: number == cut)
    assert take_all(member.resolving("AGAIN")).outcome == "FAILED"
    assert {member.status(each) for each in ids} == {"DEAD_LETTERED"}
    member.engine.restart()
    take_all(member.engine.run_batch())
    assert {member.status(each) for each in ids} == {"DEAD_LETTERED"}
    assert take_all(member.resolving()).outcome == "RESOLVED"
    check(member, 1 + 2, 2, ids)


def test_an_event_of_another_aggregate_is_folded_again_and_passes(member: Member) -> None:
    """It was folded into a free entry, and when that was to be written another member had blocked it for its own."""
    finish(member)
    other = Member(member.engine.maps)
    [late] = member.submit(Counted(counter_id="b", by=5))
    batch = member.engine.run_batch()
    steps_until(batch, lambda number, step: step.startswith("write "))
    other.run(Counted(counter_id="a", by=POISON))
    take_all(batch)
    assert member.status(late) == "SUCCESS"
    assert member.group()["total"] == 1 + 5


@pytest.mark.parametrize(
    ("action", "data", "total"),
    [("DISCARDED", None, 1 + 2), ("EDITED", {"counterId": "a", "by": 7, "group": "all"}, 1 + 7 + 2)],
)
def test_what_was_decided_about_an_event_that_waits_holds_when_it_is_freed(
    member: Member, action: str, data: dict[str, Any] | None, total: int
) -> None:
    """A restart folds it again, and it comes to wait behind one that is tried again, and was through before."""
    [waits] = member.run(Counted(counter_id="a", by=POISON))
    member.run(Counted(counter_id="a", by=2))
    letter_id = dead_letter_id(waits, "group-view", "all")
    decision: dict[str, Any] = {
        "id": letter_id,
        "eventId": waits,
        "projection": "group-view",
        "entryKey": "all",
        "action": action,
    }
    decision |= {"at": AT} | ({} if data is None else {"data": data, "eventVersion": 2})
    member.engine.map(DEAD_LETTER_DECISIONS)[letter_id] = json.dumps(decision).encode()
    [(first_id, raw)] = member.engine.map(DEAD_LETTER_EVENTS).items()
    member.engine.map(DEAD_LETTER_EVENTS)[first_id] = raw[:-1] + b',"retryAt":"%s"}' % AT.encode()
    assert take_all(member.resolving()).outcome == "RESOLVED"
    group = member.group()
    assert group["total"] == total
    assert "blocked" not in group["_meta"]
    assert not member.engine.map(DEAD_LETTER_EVENTS)


def test_an_entry_that_is_gone_takes_no_letter_with_it(member: Member) -> None:
    """A projection that nobody registers any more needs nothing: its letter just goes."""
    [(letter_id, raw)] = member.engine.map(DEAD_LETTER_EVENTS).items()
    member.engine.map(DEAD_LETTER_EVENTS)[letter_id] = raw.replace(b'"group-view"', b'"former-view"')
    assert take_all(member.resolving("RETRY")).outcome == "RESOLVED"
    assert not member.engine.map(DEAD_LETTER_EVENTS)
