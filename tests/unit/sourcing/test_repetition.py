"""When an event that comes again under its id is the same one, whatever code made it, and when it is another."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazelgate.sourcing import clock
from hazelgate.sourcing.declaring.values import Event, replace
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, EVENT_IDS, EVENT_STORE, Completion, EventRecord, IdRecord
from hazelgate.sourcing.repetition import (
    MAX_KEPT_BYTES,
    are_same,
    before_guards,
    first_submitted,
    is_pending_again,
    is_repeated,
    payload_hash,
)
from hazelgate.testing.memory.pipeline import MemoryPipeline
from hazelgate.testing.scenarios import AT, envelope_of
from tests.unit.sourcing.counters import CATALOG, Counted, CounterStarted, Noted


def envelope(version: int, data: dict[str, Any], event_id: str = "e1") -> bytes:
    """One of a counter's event as code of that version made it."""
    of_today = envelope_of(CATALOG, Counted(counter_id="a", by=1), event_id=event_id, at=AT)
    raw = msgspec.Raw(json.dumps(data).encode())
    return msgspec.json.encode(msgspec.structs.replace(of_today, event_version=version, data=raw))


BY_VERSION = {
    1: envelope(1, {"counterId": "a", "n": 5}),
    2: envelope(2, {"counterId": "a", "by": 5}),
    3: msgspec.json.encode(envelope_of(CATALOG, Counted(counter_id="a", by=5), event_id="e1", at=AT)),
}
OTHERS = {
    1: envelope(1, {"counterId": "a", "n": 6}),
    2: envelope(2, {"counterId": "a", "by": 6}),
    3: envelope(3, {"counterId": "a", "by": 5, "group": "g"}),
}
AS_COMPLETED = envelope(3, {"counterId": "a", "by": 5, "group": "all", "total": 5})


@pytest.fixture
def pipeline() -> MemoryPipeline:
    pipeline = MemoryPipeline(CATALOG)
    start = envelope_of(CATALOG, CounterStarted(counter_id="a"), event_id="start", at=AT)
    pipeline.deliver([msgspec.json.encode(start)])
    return pipeline


def answers(completions: list[Completion]) -> list[str | int | None]:
    return [each.sequence if each.error is None else each.error.code for each in completions]


@pytest.mark.parametrize("first", BY_VERSION)
@pytest.mark.parametrize("again", BY_VERSION)
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
def test_the_same_command_has_its_first_result_whatever_code_made_it_an_event(
    pipeline: MemoryPipeline, first: int, again: int, together: bool
) -> None:
    batch = [BY_VERSION[first], BY_VERSION[again]]
    found = pipeline.deliver(batch) if together else [*pipeline.deliver(batch[:1]), *pipeline.deliver(batch[1:])]
    assert answers(found) == [2, 2]
    assert len(pipeline.map(EVENT_STORE)) == 2


@pytest.mark.parametrize("first", BY_VERSION)
@pytest.mark.parametrize("other", [*OTHERS.values(), AS_COMPLETED], ids=["v1", "v2", "v3", "as completed"])
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
def test_another_event_is_a_conflict_whatever_code_made_it(
    pipeline: MemoryPipeline, first: int, other: bytes, together: bool
) -> None:
    """Also one that says what a guard has filled in: that is not what was submitted."""
    batch = [BY_VERSION[first], other]
    found = pipeline.deliver(batch) if together else [*pipeline.deliver(batch[:1]), *pipeline.deliver(batch[1:])]
    assert answers(found) == [2, "EVENT_ID_CONFLICT"]
    assert len(pipeline.map(EVENT_STORE)) == 2


@pytest.mark.parametrize("first", BY_VERSION)
@pytest.mark.parametrize("again", BY_VERSION)
def test_a_refusal_is_known_by_what_was_submitted(first: int, again: int) -> None:
    pipeline = MemoryPipeline(CATALOG)
    [refused] = pipeline.deliver([BY_VERSION[first]])
    start = envelope_of(CATALOG, CounterStarted(counter_id="a"), event_id="start", at=AT)
    pipeline.deliver([msgspec.json.encode(start)])
    [repeated] = pipeline.deliver([BY_VERSION[again]])
    assert (repeated.error, repeated.sequence) == (refused.error, None)
    [conflict] = pipeline.deliver([OTHERS[again]])
    assert conflict.error is not None
    assert conflict.error.code == "EVENT_ID_CONFLICT"


def test_a_field_that_has_come_with_a_default_makes_no_other_event(pipeline: MemoryPipeline) -> None:
    """A compatible change has no new version; new code writes the field, old code did not."""
    without = envelope(3, {"counterId": "a", "by": 5})
    assert answers(pipeline.deliver([without])) == [2]
    assert answers(pipeline.deliver([BY_VERSION[3]])) == [2]


def test_an_event_that_this_code_cant_read_is_another(pipeline: MemoryPipeline) -> None:
    pipeline.deliver([BY_VERSION[3]])
    key = "Counter:2@a"
    newer = json.loads(pipeline.map(EVENT_STORE)[key]) | {"eventVersion": 4}
    pipeline.map(EVENT_STORE)[key] = json.dumps(newer, separators=(",", ":")).encode()
    assert answers(pipeline.deliver([BY_VERSION[2]])) == ["EVENT_ID_CONFLICT"]


def test_of_a_refused_event_that_is_large_only_the_hash_is_kept(pipeline: MemoryPipeline) -> None:
    note = Noted(counter_id="a", note="x" * MAX_KEPT_BYTES)
    late = envelope_of(CATALOG, note, event_id="large", at=AT)
    late = msgspec.structs.replace(late, expected_sequence=9)
    pipeline.deliver([msgspec.json.encode(late)])
    known = msgspec.json.decode(pipeline.map(EVENT_IDS)["large"], type=IdRecord)
    assert known.data is None
    assert known.completion is not None


class Odd(Event):
    """What guards may make of all sorts of fields."""

    odd_id: str
    text: str | None = None
    numbers: tuple[int, ...] = ()
    more: dict[str, int] = msgspec.field(default_factory=dict)
    maybe: int | msgspec.UnsetType = msgspec.UNSET


odds = st.builds(
    Odd,
    odd_id=st.just("a"),
    text=st.one_of(st.none(), st.text(max_size=3)),
    numbers=st.lists(st.integers(0, 9), max_size=3).map(tuple),
    more=st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)),
    maybe=st.one_of(st.just(msgspec.UNSET), st.integers(0, 9)),
)


@given(odds, odds, st.sets(st.sampled_from(["text", "numbers", "more", "maybe"])))
def test_what_was_submitted_is_known_exactly_whatever_guards_made_of_it(
    submitted: Odd, other: Odd, changed: set[str]
) -> None:
    completed = replace(submitted, **{name: getattr(other, name) for name in changed})
    record = as_record(completed, before_guards(submitted, completed))
    assert first_submitted(ODDS, IdRecord(hash=""), record) == submitted
    assert are_same(first_submitted(ODDS, IdRecord(hash=""), record), submitted)
    assert are_same(submitted, other) == (submitted == other)


class OddCatalog:
    """Reads an `Odd`, and nothing else of a catalog."""

    def decode(self, event_type: str, version: int | None, data: bytes) -> Odd:
        return msgspec.json.decode(data, type=Odd)


ODDS: Any = OddCatalog()


def as_record(event: Event, submitted: msgspec.Raw) -> EventRecord:
    """As it comes out of the store."""
    record = EventRecord(
        cursor="",
        lane=1,
        position=1,
        event_id="e",
        event_type="Odd",
        event_version=1,
        aggregate_type="Odd",
        aggregate_id="a",
        sequence=1,
        correlation_id="e",
        source="test",
        timestamp=AT,
        received_at=AT,
        data=msgspec.Raw(msgspec.json.encode(event)),
        submitted=submitted,
    )
    return msgspec.json.decode(msgspec.json.encode(record), type=EventRecord)


def test_what_is_pending_is_compared_with_what_comes_or_left_to_a_projector() -> None:
    ours = envelope_of(CATALOG, Counted(counter_id="a", by=5), event_id="e1", at=clock.now())
    assert [is_pending_again(CATALOG, each, ours) for each in BY_VERSION.values()] == [True, True, True]
    assert [is_pending_again(CATALOG, each, ours) for each in OTHERS.values()] == [False, False, False]
    assert is_pending_again(CATALOG, envelope(4, {"whatever": 1}), ours) is None
    assert is_pending_again(CATALOG, b"[]", ours) is False
    noted = msgspec.json.encode(envelope_of(CATALOG, Noted(counter_id="a", note="n"), event_id="e1", at=AT))
    assert is_pending_again(CATALOG, noted, ours) is False


def test_a_gateway_that_cant_tell_says_so(pipeline: MemoryPipeline) -> None:
    pipeline.deliver([BY_VERSION[1]])
    known = msgspec.json.decode(pipeline.map(EVENT_IDS)["e1"], type=IdRecord)
    record = msgspec.json.decode(pipeline.map(EVENT_STORE)["Counter:2@a"], type=EventRecord)
    ours = envelope_of(CATALOG, Counted(counter_id="a", by=5), event_id="e1", at=AT)
    other = envelope_of(CATALOG, Counted(counter_id="a", by=6), event_id="e1", at=AT)
    assert is_repeated(CATALOG, ours, known, record) is True
    assert is_repeated(CATALOG, other, known, record) is False
    assert is_repeated(CATALOG, ours, known, None) is None
    same = payload_hash("Counted", 3, "a", bytes(ours.data))
    assert is_repeated(CATALOG, ours, IdRecord(hash=same, key="Counter:2@a"), None) is True
    assert pipeline.map(AGGREGATE_HEADS)["Counter@a"] == b'{"_meta":{"version":2}}'
