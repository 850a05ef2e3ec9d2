"""Whatever the batches, the repetitions and the crashes: it is as if each event had come once, one after the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazelgate.projector.core.messages import Kind, Response, Write
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import (
    AGGREGATE_HEADS,
    DEAD_LETTER_EVENTS,
    EVENT_STORE,
    Completion,
    DeadLetter,
    EventRecord,
)
from hazelgate.testing.memory.pipeline import MemoryPipeline
from hazelgate.testing.scenarios import AT, envelope_of
from tests.unit.sourcing.counters import CATALOG, POISON, Counted, CounterStarted

COUNTERS = "abcd"
GROUPS = ("all", "g")


@dataclass
class Naive:
    """What the domain says, in as few words as possible and one event at a time."""

    counters: dict[str, list[int]] = field(default_factory=dict)
    groups: dict[str, list[int]] = field(default_factory=dict)
    blocked: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Group and counter → store keys of the event that failed and of those that wait behind it."""
    sequences: dict[str, int] = field(default_factory=dict)
    seen: dict[str, tuple[Event, str]] = field(default_factory=dict)

    def submit(self, event_id: str, event: CounterStarted | Counted) -> str:
        if event_id in self.seen:
            first, answer = self.seen[event_id]
            return answer if first == event else "EVENT_ID_CONFLICT"
        answer = self._decide(event)
        self.seen[event_id] = (event, answer)
        return answer

    def _decide(self, event: CounterStarted | Counted) -> str:
        if isinstance(event, Counted) and (event.counter_id not in self.counters or event.by == 7):
            return "REJECTED"
        sequence = self.sequences[event.counter_id] = self.sequences.get(event.counter_id, 0) + 1
        if isinstance(event, CounterStarted):
            self.counters[event.counter_id] = []
            return "SUCCESS"
        self.counters[event.counter_id].append(event.by)
        place = (event.group, event.counter_id)
        if place in self.blocked or event.by == POISON:
            self.blocked.setdefault(place, []).append(f"Counter:{sequence}@{event.counter_id}")
            return "DEAD_LETTERED"
        self.groups.setdefault(event.group, []).append(event.by)
        return "SUCCESS"


events = st.one_of(
    st.builds(CounterStarted, counter_id=st.sampled_from(COUNTERS)),
    st.builds(
        Counted,
        counter_id=st.sampled_from(COUNTERS),
        by=st.one_of(st.integers(1, 12), st.sampled_from([7, 7, POISON])),
        group=st.sampled_from(GROUPS),
    ),
)
submissions = st.lists(st.tuples(st.integers(0, 30).map("e{}".format), events), max_size=40)
faults = st.sampled_from(["none", "none", "store", "views"])
versions = st.sampled_from([3, 3, 2, 1])


def batches(draw: st.DrawFn, everything: Sequence[bytes]) -> list[list[bytes]]:
    rest, found = list(everything), []
    while rest:
        size = draw(st.integers(1, len(rest)))
        found.append(rest[:size])
        rest = rest[size:]
    return found


def submitted(event_id: str, event: CounterStarted | Counted, version: int) -> bytes:
    """An envelope as code of that version made it, where that had the event."""
    envelope = envelope_of(CATALOG, event, event_id=event_id, at=AT)
    if version < 3 and isinstance(event, Counted) and event.group == "all":
        data = {"counterId": event.counter_id, "n" if version == 1 else "by": event.by}
        envelope = msgspec.structs.replace(envelope, event_version=version, data=msgspec.Raw(msgspec.json.encode(data)))
    return msgspec.json.encode(envelope)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[str, CounterStarted | Counted]], list[list[bytes]], list[str], int]:
    history = draw(submissions)
    envelopes = [submitted(event_id, event, draw(versions)) for event_id, event in history]
    parts = batches(draw, envelopes)
    return history, parts, [draw(faults) for _ in parts], draw(st.integers(0, 2**32))


def crash(pipeline: MemoryPipeline, batch: Sequence[bytes], fault: str, chance: int) -> None:
    """
    Do one batch up to somewhere, and be gone. What is there is what the engine's order allows.

    The ids are written first. Then the store, each lane as a whole; then dead letters; then the views, in any order.
    """
    deliveries = pipeline.receive(batch)
    response = pipeline.run(deliveries)
    stored = [
        (delivery, outcome)
        for delivery, outcome in zip(deliveries, response.outcomes, strict=True)
        if fault == "views" or outcome.kind != Kind.ACCEPTED or (delivery.lane * 7919 + chance) % 2
    ]
    for delivery, outcome in stored:
        pipeline.persist(delivery, outcome, AT)
    if fault == "views":
        pipeline.write(some_writes(response, chance))


def some_writes(response: Response, chance: int) -> list[Write]:
    """Dead letters are written before everything else; of the rest, any may be there and any missing."""
    return [
        write
        for index, write in enumerate(response.writes)
        if write.map == DEAD_LETTER_EVENTS or (chance >> index % 32) & 1
    ]


def answer_of(completion: Completion) -> str:
    return completion.status if completion.error is None else completion.error.code


@pytest.mark.exhaustive
@settings(max_examples=300)
@given(histories())
def test_batches_repetitions_and_crashes_change_nothing(
    drawn: tuple[list[tuple[str, CounterStarted | Counted]], list[list[bytes]], list[str], int],
) -> None:
    history, parts, happenings, chance = drawn
    naive, pipeline = Naive(), MemoryPipeline(CATALOG)
    expected = [naive.submit(event_id, event) for event_id, event in history]
    answers = []
    for batch, fault in zip(parts, happenings, strict=True):
        if fault != "none":
            # Where only some were stored, those come first the next time: a poisoned one may then block others.
            poisoned = any(b'"by":%d,' % POISON in envelope for envelope in batch)
            crash(pipeline, batch, "views" if poisoned else fault, chance)
        answers += [answer_of(completion) for completion in pipeline.deliver(batch)]
    assert answers == expected
    check_views(pipeline, naive)
    check_store(pipeline, naive)
    if not naive.blocked:
        check_replay(pipeline)


def check_views(pipeline: MemoryPipeline, naive: Naive) -> None:
    entries = {key: json.loads(raw) for key, raw in pipeline.map("counter-view").items()}
    assert {key: entry["history"] for key, entry in entries.items()} == naive.counters
    assert {key: entry["total"] for key, entry in entries.items()} == {k: sum(v) for k, v in naive.counters.items()}
    groups = {key: json.loads(raw) for key, raw in pipeline.map("group-view").items()}
    shown = {key: (entry["total"], entry["largest"]) for key, entry in groups.items() if "total" in entry}
    assert shown == {key: (sum(values), max(values)) for key, values in naive.groups.items()}
    blocked = {(key, one) for key, entry in groups.items() for one in entry["_meta"].get("blocked", ())}
    assert blocked == {(group, f"Counter@{counter}") for group, counter in naive.blocked}
    letters = [msgspec.json.decode(raw, type=DeadLetter) for raw in pipeline.map(DEAD_LETTER_EVENTS).values()]
    waiting = {
        (each.entry_key, each.event_key.partition("@")[2]): [each.event_key, *(event.key for event in each.waiting)]
        for each in letters
    }
    assert waiting == naive.blocked
    for letter in letters:
        positions = [letter.position, *(event.position for event in letter.waiting)]
        assert positions == sorted(positions), "they are to be retried in the order of storing"


def check_store(pipeline: MemoryPipeline, naive: Naive) -> None:
    stored = sorted(pipeline.map(EVENT_STORE))
    assert stored == sorted(f"Counter:{n + 1}@{key}" for key, last in naive.sequences.items() for n in range(last))
    heads = {key: json.loads(raw)["_meta"]["version"] for key, raw in pipeline.map(AGGREGATE_HEADS).items()}
    assert heads == {f"Counter@{key}": last for key, last in naive.sequences.items()}


def check_replay(pipeline: MemoryPipeline) -> None:
    again = MemoryPipeline(CATALOG)
    records: list[EventRecord] = pipeline.records
    again.replay(records)
    again.replay(records)
    for name in ("counter-view", "group-view"):
        fold = {key: json.loads(raw) | {"_meta": None} for key, raw in again.map(name).items()}
        assert fold == {key: json.loads(raw) | {"_meta": None} for key, raw in pipeline.map(name).items()}


def test_the_crashes_are_crashes() -> None:
    """The test above would say nothing if its crashes left everything done, or nothing."""
    envelopes = [
        msgspec.json.encode(envelope_of(CATALOG, CounterStarted(counter_id=name), event_id=name, at=AT))
        for name in COUNTERS
    ]
    found = set()
    for chance in range(64):
        for fault in ("store", "views"):
            pipeline = MemoryPipeline(CATALOG)
            crash(pipeline, envelopes, fault, chance)
            found.add((fault, len(pipeline.map(EVENT_STORE)), len(pipeline.map("counter-view"))))
    assert {stored for fault, stored, _ in found if fault == "store"} - {0, 4}
    assert {views for fault, _, views in found if fault == "views"} >= {0, 1, 2, 3, 4}
