"""What the processor makes of a batch."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from hazelgate.projector.core.calls import Pulse
from hazelgate.projector.core.messages import Delivery, Kind, Request, Response, decode_response, encode
from hazelgate.projector.process import Processor
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, DEAD_LETTER_EVENTS, EVENT_IDS, Completion, CompletionStatus
from hazelgate.testing.memory.pipeline import MemoryPipeline
from hazelgate.testing.scenarios import envelope_of
from tests.unit.sourcing.counters import CATALOG, POISON, Counted, CounterStarted, Noted

AT = "2026-01-01T00:00:00.000000Z"


@pytest.fixture
def pipeline() -> MemoryPipeline:
    pipeline = MemoryPipeline(CATALOG)
    pipeline.deliver([submission(CounterStarted(counter_id="a")), submission(CounterStarted(counter_id="b"))])
    return pipeline


def submission(event: Event, event_id: str | None = None, **changes: Any) -> bytes:
    """An envelope as bytes, with fields changed to whatever a test wants to see refused."""
    fields = msgspec.json.decode(msgspec.json.encode(envelope_of(CATALOG, event, event_id=event_id, at=AT)))
    fields.update(changes)
    return json.dumps(fields).encode()


def count(by: int = 1, counter: str = "a", group: str = "all", event_id: str | None = None, **changes: Any) -> bytes:
    return submission(Counted(counter_id=counter, by=by, group=group), event_id, **changes)


def process(*deliveries: Delivery, loaded: dict[str, dict[str, bytes | None]] | None = None) -> Response:
    return decode_response(Processor(CATALOG).process(encode(Request(1, 0, list(deliveries), loaded or {}))))


def entry(pipeline: MemoryPipeline, name: str, key: str) -> Any:
    return json.loads(pipeline.map(name)[key])


def codes(completions: list[Completion]) -> list[str]:
    return [each.status if each.error is None else each.error.code for each in completions]


def paths(completion: Completion) -> list[tuple[str, ...]]:
    return [] if completion.error is None else [problem.path for problem in completion.error.problems]


# ---------------------------------------------------------------- planning


def test_the_plan_names_all_that_an_event_needs_at_once() -> None:
    response = process(Delivery(count(group="g"), 1, 1, AT))
    assert response.needs == {
        AGGREGATE_HEADS: ["Counter@a"],
        "counter-view": ["a"],
        "group-view": ["g"],
    }
    assert response.outcomes == []


def test_two_rounds_are_enough_in_the_common_case(pipeline: MemoryPipeline) -> None:
    pipeline.deliver([count()])
    assert pipeline.rounds == 2


def test_an_envelope_is_read_once_for_all_rounds_and_forgotten_when_its_batch_is_through() -> None:
    processor = Processor(CATALOG)
    events = [Delivery(submission(CounterStarted(counter_id="a")), 1, 1, AT)]

    def beats(loaded: dict[str, dict[str, bytes | None]]) -> tuple[dict[str, list[str]], int]:
        pulse = Pulse()
        return processor.fold(Request(1, 0, events, loaded), pulse).needs, pulse.beats

    needs, reading = beats({})
    loaded: dict[str, dict[str, bytes | None]] = {name: dict.fromkeys(keys) for name, keys in needs.items()}
    nothing, settling = beats(loaded)
    assert (nothing, reading > 0) == ({}, True)
    assert beats(loaded) == ({}, reading + settling)


def test_processing_is_pure() -> None:
    processor = Processor(CATALOG)
    loaded: dict[str, dict[str, bytes | None]] = {
        AGGREGATE_HEADS: {"Counter@a": None}, "counter-view": {"a": None}, "group-view": {"all": None}
    }  # fmt: skip
    request = encode(Request(1, 1, [Delivery(submission(CounterStarted(counter_id="a")), 3, 9, AT)], loaded))
    assert processor.process(request) == processor.process(request) == Processor(CATALOG).process(request)


# ---------------------------------------------------------------- accepting


def test_an_accepted_event_is_stored_completed_and_folded(pipeline: MemoryPipeline) -> None:
    (completion,) = pipeline.deliver([count(5, event_id="e1")])
    assert (completion.status, completion.sequence) == (CompletionStatus.SUCCESS, 2)
    record = json.loads(pipeline.map("event-store")["Counter:2@a"])
    assert record["data"] == {"counterId": "a", "by": 5, "group": "all", "total": 5}
    assert record["cursor"] == f"{record['position']:016d}-{record['lane']:05d}"
    assert entry(pipeline, EVENT_IDS, "e1")["key"] == "Counter:2@a"
    assert entry(pipeline, AGGREGATE_HEADS, "Counter@a") == {"_meta": {"version": 2}}
    assert entry(pipeline, "counter-view", "a") == {
        "_meta": {
            "version": 2,
            "causedBy": "e1",
            "updatedAt": record["receivedAt"],
            "applied": {str(record["lane"]): record["position"]},
            "keys": {"total": "65000015 a", "id": "a"},
        },
        "counterId": "a",
        "total": 5,
        "history": [5],
    }


def test_an_entry_begins_with_its_version(pipeline: MemoryPipeline) -> None:
    pipeline.deliver([count()])
    assert pipeline.map("counter-view")["a"].startswith(b'{"_meta":{"version":2,')


def test_a_completion_comes_open_for_the_engine_to_append_stages() -> None:
    loaded: dict[str, dict[str, bytes | None]] = {AGGREGATE_HEADS: {"Counter@a": None}, "counter-view": {"a": None}}
    (outcome,) = process(Delivery(submission(CounterStarted(counter_id="a")), 3, 9, AT), loaded=loaded).outcomes
    assert json.loads(outcome.completion + b',"persistedAt":"x"}')["status"] == "SUCCESS"
    assert outcome.record is not None
    assert json.loads(b'{"persistedAt":"x",' + outcome.record[1:])["eventType"] == "CounterStarted"


def test_later_events_of_a_batch_see_earlier_ones(pipeline: MemoryPipeline) -> None:
    completions = pipeline.deliver([count(1), count(2), count(3)])
    assert [each.sequence for each in completions] == [2, 3, 4]
    totals = [json.loads(bytes(record.data)).get("total") for record in pipeline.records[2:]]
    assert totals == [1, 3, 6]
    assert entry(pipeline, "counter-view", "a")["_meta"]["version"] == 4


def test_an_event_that_no_view_shows_is_stored(pipeline: MemoryPipeline) -> None:
    (completion,) = pipeline.deliver([submission(Noted(counter_id="a", note="hm"))])
    assert (completion.status, completion.sequence) == (CompletionStatus.SUCCESS, 2)


@pytest.mark.parametrize(("version", "data"), [(1, {"counterId": "a", "n": 4}), (2, {"counterId": "a", "by": 4})])
def test_old_versions_are_lifted_and_stored_as_todays(pipeline: MemoryPipeline, version: int, data: Any) -> None:
    (completion,) = pipeline.deliver([count(1, eventVersion=version, data=data)])
    assert completion.status is CompletionStatus.SUCCESS
    assert pipeline.records[-1].event_version == 3
    assert json.loads(bytes(pipeline.records[-1].data))["by"] == 4


def test_metadata_and_saga_fields_reach_the_record(pipeline: MemoryPipeline) -> None:
    pipeline.deliver([count(metadata={"who": "me"}, sagaId="s", sagaType="S", stepNumber=2, causationId="c")])
    record = pipeline.records[-1]
    assert json.loads(bytes(record.metadata)) == {"who": "me"}
    assert (record.saga_id, record.saga_type, record.step_number, record.causation_id) == ("s", "S", 2, "c")


# ---------------------------------------------------------------- refusing


def test_the_expected_sequence_has_to_be_the_actual_one(pipeline: MemoryPipeline) -> None:
    completions = pipeline.deliver([count(expectedSequence=1), count(expectedSequence=1), count(expectedSequence=2)])
    assert codes(completions) == ["SUCCESS", "SEQUENCE_CONFLICT", "SUCCESS"]
    error = completions[1].error
    assert error is not None
    assert (error.expected_sequence, error.actual_sequence) == (1, 2)


def test_all_guards_are_asked_and_their_problems_reported_together(pipeline: MemoryPipeline) -> None:
    (completion,) = pipeline.deliver([count(7, counter="nobody")])
    assert codes([completion]) == ["REJECTED"]
    assert paths(completion) == [("counterId",), ("by",)]


def test_a_refused_event_leaves_no_trace_but_its_id(pipeline: MemoryPipeline) -> None:
    before = {name: dict(entries) for name, entries in pipeline.maps.items()}
    pipeline.deliver([count(7, event_id="e1")])
    changed = {name for name, entries in pipeline.maps.items() if entries != before.get(name, {})}
    assert changed == {EVENT_IDS, "completed-events"}


@pytest.mark.parametrize("by", [666, 667, 668])
def test_a_faulty_guard_refuses_its_event_and_is_named(pipeline: MemoryPipeline, by: int) -> None:
    completions = pipeline.deliver([count(by), count(1)])
    assert codes(completions) == ["GUARD_FAILED", "SUCCESS"]
    assert completions[0].error is not None
    assert "counters.completes_the_total" in completions[0].error.message


BAD_ENVELOPES: list[tuple[bytes, str, list[tuple[str, ...]]]] = [
    (b"nonsense", "INVALID_EVENT", [()]),
    (b"[]", "INVALID_EVENT", [()]),
    (b"\xff\x00", "INVALID_EVENT", [()]),
    (b"[" * 100_000, "INVALID_EVENT", [()]),
    (count(eventType="Unheard"), "UNKNOWN_EVENT_TYPE", []),
    (count(eventVersion=4), "UNKNOWN_EVENT_TYPE", []),
    (count(eventVersion=0), "INVALID_EVENT", [("eventVersion",)]),
    (count(eventVersion=1, data={"counterId": "a"}), "INVALID_EVENT", [()]),
    (count(eventId="a b"), "INVALID_EVENT", [("eventId",)]),
    (count(eventId="a\n"), "INVALID_EVENT", [("eventId",)]),
    (count(aggregateId="a@b"), "INVALID_EVENT", [("aggregateId",)]),
    (count(timestamp="yesterday"), "INVALID_EVENT", [("timestamp",)]),
    (count(timestamp=f"{AT}\n"), "INVALID_EVENT", [("timestamp",)]),
    (count(aggregateType="Other"), "INVALID_EVENT", [("aggregateType",)]),
    (count(aggregateId="b"), "INVALID_EVENT", [("counterId",)]),
    (count(metadata=[1]), "INVALID_EVENT", [("metadata",)]),
    (count(metadata={"a": ["\0"]}), "INVALID_EVENT", [("metadata", "a", "0")]),
    (count(correlationId="\0"), "INVALID_EVENT", [("correlationId",)]),
    (count(correlationId="\ud800"), "INVALID_EVENT", [("correlationId",)]),
    (count(expectedSequence=-1), "INVALID_EVENT", [("expectedSequence",)]),
    (count(stepNumber=2**31), "INVALID_EVENT", [("stepNumber",)]),
    (count(data=[]), "INVALID_EVENT", [()]),
    (count(data={}), "INVALID_EVENT", [("counterId",), ("by",)]),
    (count(data={"counterId": "a", "by": 1.5, "x": 1}), "INVALID_EVENT", [("by",), ("x",)]),
    (count(data={"counterId": "a", "by": 10**30}), "INVALID_EVENT", [("by",)]),
    (count(data={"counterId": "a", "by": float("nan")}), "INVALID_EVENT", [("by",)]),
    (count(data={"counterId": "a\0", "by": 0}), "INVALID_EVENT", [("counterId",), ("by",)]),
    (count(data={"counterId": "\ud800", "by": 0}), "INVALID_EVENT", [("counterId",), ("by",)]),
    (submission(Noted(counter_id="a", note="x\0")), "INVALID_EVENT", [("note",)]),
]


@pytest.mark.parametrize(("envelope", "code", "blamed"), BAD_ENVELOPES)
def test_bad_input_gets_an_outcome_and_disturbs_nobody(
    pipeline: MemoryPipeline, envelope: bytes, code: str, blamed: list[tuple[str, ...]]
) -> None:
    completions = pipeline.deliver([count(1), envelope, count(2)])
    assert codes(completions) == ["SUCCESS", code, "SUCCESS"]
    assert paths(completions[1]) == blamed
    assert len(pipeline.records) == 4


def test_a_backslash_before_u0000_is_no_nul(pipeline: MemoryPipeline) -> None:
    completions = pipeline.deliver([submission(Noted(counter_id="a", note="\\u0000"))])
    assert codes(completions) == ["SUCCESS"]


def test_the_answer_to_bad_input_goes_to_who_sent_it(pipeline: MemoryPipeline) -> None:
    (delivery,) = [Delivery(count(7, event_id="e9", replyTo="gw-7", submissionId="s-7", timestamp=5), 1, 1, AT)]
    (outcome,) = process(delivery).outcomes
    assert (outcome.kind, outcome.reply_to) == (Kind.REFUSED, "gw-7")
    assert json.loads(outcome.completion + b"}")["submissionId"] == "s-7"


@pytest.mark.parametrize("envelope", [b"", b"nonsense", b'{"eventId":"a b"}'])
def test_what_has_no_id_is_answered_and_not_kept(envelope: bytes) -> None:
    (outcome,) = process(Delivery(envelope, 1, 1, AT)).outcomes
    assert (outcome.kind, outcome.id_record, outcome.reply_to) == (Kind.ANSWER_ONLY, None, "")


# ---------------------------------------------------------------- the same event again


def test_a_retry_is_answered_like_the_first_time(pipeline: MemoryPipeline) -> None:
    (first,) = pipeline.deliver([count(5, event_id="e1", submissionId="s1")])
    (again,) = pipeline.deliver([count(5, event_id="e1", submissionId="s2")])
    assert (again.status, again.sequence, again.submission_id) == (first.status, first.sequence, "s2")
    assert again.persisted_at == first.persisted_at
    assert entry(pipeline, "counter-view", "a")["total"] == 5


def test_a_refusal_is_answered_again_even_when_the_event_would_pass_now(pipeline: MemoryPipeline) -> None:
    (first,) = pipeline.deliver([count(5, counter="c", event_id="e1")])
    pipeline.deliver([submission(CounterStarted(counter_id="c"))])
    (again,) = pipeline.deliver([count(5, counter="c", event_id="e1", submissionId="s2")])
    assert (again.error, again.submission_id) == (first.error, "s2")


@pytest.mark.parametrize("first", [5, 7])
def test_the_same_id_with_another_payload_is_a_conflict(pipeline: MemoryPipeline, first: int) -> None:
    pipeline.deliver([count(first, event_id="e1")])
    completions = pipeline.deliver([count(6, event_id="e1")])
    assert codes(completions) == ["EVENT_ID_CONFLICT"]
    assert len(pipeline.records) == (3 if first == 5 else 2)


def test_duplicates_within_a_batch_count_once(pipeline: MemoryPipeline) -> None:
    completions = pipeline.deliver(
        [count(5, event_id="e1", submissionId="s1"), count(5, event_id="e1", submissionId="s2"),
         count(6, event_id="e1"), count(7, event_id="e2"), count(7, event_id="e2")]
    )  # fmt: skip
    assert codes(completions) == ["SUCCESS", "SUCCESS", "EVENT_ID_CONFLICT", "REJECTED", "REJECTED"]
    assert [each.submission_id for each in completions[:2]] == ["s1", "s2"]
    assert [each.sequence for each in completions[:2]] == [2, 2]
    assert entry(pipeline, "counter-view", "a")["total"] == 5


def test_an_id_whose_record_was_never_stored_is_free_for_the_same_payload(pipeline: MemoryPipeline) -> None:
    """A crash between the two leaves an id record behind."""
    pipeline.deliver([count(5, event_id="e1")])
    crashed = MemoryPipeline(CATALOG)
    crashed.deliver([submission(CounterStarted(counter_id="a"))])
    crashed.map(EVENT_IDS)["e1"] = pipeline.map(EVENT_IDS)["e1"]
    (completion,) = crashed.deliver([count(5, event_id="e1")])
    assert (completion.status, completion.sequence) == (CompletionStatus.SUCCESS, 2)


def test_a_stored_event_finishes_what_a_crash_left_undone(pipeline: MemoryPipeline) -> None:
    counter_before, head_before = pipeline.map("counter-view")["a"], pipeline.map(AGGREGATE_HEADS)["Counter@a"]
    pipeline.deliver([count(5, event_id="e1")])
    complete = {name: dict(entries) for name, entries in pipeline.maps.items()}
    pipeline.map("counter-view")["a"] = counter_before
    pipeline.map(AGGREGATE_HEADS)["Counter@a"] = head_before
    del pipeline.map("completed-events")["e1"]
    (completion,) = pipeline.deliver([count(5, event_id="e1")])
    assert completion.sequence == 2
    for name in ("counter-view", "group-view", AGGREGATE_HEADS, "event-store"):
        assert pipeline.map(name) == complete[name], name


def test_a_stored_event_is_not_shown_to_guards(pipeline: MemoryPipeline) -> None:
    """What is stored has been decided on, whatever a guard would say today."""
    pipeline.deliver([submission(CounterStarted(counter_id="c")), count(5, counter="c", event_id="e1")])
    for name in ("counter-view", "group-view"):
        pipeline.map(name).clear()
    pipeline.replay(record for record in pipeline.records if record.aggregate_id == "c")
    assert entry(pipeline, "counter-view", "c")["total"] == 5


def test_a_stored_event_is_applied_though_a_new_one_of_its_lane_is_delivered_before_it(
    pipeline: MemoryPipeline,
) -> None:
    """After a restart the order of delivery is any. The new event's mark must not hide the stored one."""
    pipeline.deliver([count(5, event_id="e1")])
    stored = pipeline.records[-1]
    pipeline.map("group-view").clear()
    raw = pipeline.map("event-store")["Counter:2@a"]
    new = Delivery(count(6, "b"), stored.lane, stored.position + 1, AT)
    response = pipeline.run([new, Delivery(b"", 0, 0, AT, None, raw)])
    assert [outcome.kind for outcome in response.outcomes] == [Kind.ACCEPTED, Kind.ALREADY_STORED]
    pipeline.write(response.writes)
    assert entry(pipeline, "group-view", "all")["total"] == 11


def test_a_found_record_goes_before_the_events_that_met_it(pipeline: MemoryPipeline) -> None:
    """The head is stale: the store already holds sequence 2, and the next event has to become 3."""
    stale = pipeline.map(AGGREGATE_HEADS)["Counter@a"]
    pipeline.deliver([count(5)])
    found = Delivery(b"", 0, 0, AT, None, pipeline.map("event-store")["Counter:2@a"])
    pipeline.map(AGGREGATE_HEADS)["Counter@a"] = stale
    response = pipeline.run([found, Delivery(count(6), 1, 9_999_999, AT)])
    assert [outcome.kind for outcome in response.outcomes] == [Kind.ALREADY_STORED, Kind.ACCEPTED]
    assert response.outcomes[0].reply_to == ""
    assert response.outcomes[1].store_key == "Counter:3@a"
    head = next(write for write in response.writes if write.map == AGGREGATE_HEADS)
    assert (head.expected_version, head.value, head.events) == (1, b'{"_meta":{"version":3}}', [0, 1])


def test_a_write_names_the_events_that_touched_it(pipeline: MemoryPipeline) -> None:
    response = pipeline.run([Delivery(count(n, counter), 1, 9_999_990 + n, AT) for n, counter in ((1, "a"), (2, "b"))])
    touched = {(write.map, write.key): (write.expected_version, write.events) for write in response.writes}
    assert touched == {
        ("counter-view", "a"): (1, [0]),
        ("counter-view", "b"): (1, [1]),
        ("group-view", "all"): (0, [0, 1]),
        (AGGREGATE_HEADS, "Counter@a"): (1, [0]),
        (AGGREGATE_HEADS, "Counter@b"): (1, [1]),
    }


def test_a_stale_write_is_folded_anew_by_the_same_event_as_stored(pipeline: MemoryPipeline) -> None:
    deliveries = [Delivery(count(5, group="g"), 1, 9_999_990, AT), Delivery(count(6, "b", "g"), 2, 9_999_991, AT)]
    response = pipeline.run(deliveries)
    pipeline.deliver([count(100, counter="b", group="g")])  # another member comes first
    refused = pipeline.write(response.writes)
    assert ("group-view", "g") in {(write.map, write.key) for write in refused}
    again = [
        Delivery(b"", each.lane, each.position, AT, None, response.outcomes[index].record)
        for index, each in enumerate(deliveries)
    ]
    assert pipeline.write(pipeline.run(again).writes) == []
    assert entry(pipeline, "group-view", "g")["total"] == 111
    assert entry(pipeline, "counter-view", "a")["total"] == 5


# ---------------------------------------------------------------- dead letters


def test_a_faulty_projection_blocks_its_aggregate_in_that_entry_and_nothing_else(pipeline: MemoryPipeline) -> None:
    completions = pipeline.deliver([count(1, event_id="e1"), count(POISON, event_id="e2"), count(2, event_id="e3")])
    assert codes(completions) == ["SUCCESS", "DEAD_LETTERED", "DEAD_LETTERED"]
    assert [each.sequence for each in completions] == [2, 3, 4]
    assert entry(pipeline, "counter-view", "a")["total"] == 16
    group = entry(pipeline, "group-view", "all")
    (letter,) = map(json.loads, pipeline.map(DEAD_LETTER_EVENTS).values())
    assert (group["total"], group["_meta"]["blocked"]) == (1, {"Counter@a": letter["id"]})
    assert (letter["eventId"], letter["projection"], letter["entryKey"]) == ("e2", "group-view", "all")
    message, *frames = letter["error"].splitlines()
    assert message == "ValueError: a fault of the projection"
    assert any("counters.py" in line for line in frames), "it shows where"
    assert (letter["attempts"], letter["blockedCount"]) == (1, 1)
    assert [each["key"] for each in letter["waiting"]] == ["Counter:4@a"]
    assert {each.error.dead_letter_id for each in completions if each.error is not None} == {letter["id"]}


def test_events_of_later_batches_wait_too_and_once(pipeline: MemoryPipeline) -> None:
    pipeline.deliver([count(POISON)])
    pipeline.deliver([count(2, event_id="e3")])
    completions = pipeline.deliver([count(2, event_id="e3"), count(4), count(3, counter="b")])
    assert codes(completions) == ["DEAD_LETTERED", "DEAD_LETTERED", "SUCCESS"]
    (letter,) = map(json.loads, pipeline.map(DEAD_LETTER_EVENTS).values())
    assert [each["key"] for each in letter["waiting"]] == ["Counter:3@a", "Counter:4@a"]
    assert letter["blockedCount"] == 2
    assert entry(pipeline, "counter-view", "b")["total"] == 3
    assert entry(pipeline, "group-view", "all")["total"] == 3, "of another aggregate: it flows on"


def test_what_others_move_the_mark_past_still_waits(pipeline: MemoryPipeline) -> None:
    """Several aggregates share a lane: its mark alone does not say whether an event was applied."""
    lane = pipeline.receive([count()])[0].lane
    names = map("c{}".format, range(10_000))
    other = next(name for name in names if pipeline.receive([count(counter=name)])[0].lane == lane)
    started = submission(CounterStarted(counter_id=other))
    pipeline.deliver([started, count(1, event_id="e1"), count(POISON, event_id="e2"), count(2, event_id="e3")])
    assert codes(pipeline.deliver([count(3, counter=other)])) == ["SUCCESS"]
    assert entry(pipeline, "group-view", "all")["total"] == 1 + 3
    before = dict(pipeline.map(DEAD_LETTER_EVENTS))
    completions = pipeline.deliver([count(n, event_id=each) for each, n in (("e1", 1), ("e2", POISON), ("e3", 2))])
    assert codes(completions) == ["SUCCESS", "DEAD_LETTERED", "DEAD_LETTERED"]
    assert pipeline.map(DEAD_LETTER_EVENTS) == before
    assert entry(pipeline, "group-view", "all")["total"] == 1 + 3


def test_the_failed_event_itself_is_delivered_again_without_a_second_letter(pipeline: MemoryPipeline) -> None:
    pipeline.deliver([count(POISON, event_id="e1")])
    before = {name: dict(pipeline.map(name)) for name in (DEAD_LETTER_EVENTS, "counter-view")}
    version = entry(pipeline, "group-view", "all")["_meta"]["version"]
    completions = pipeline.deliver([count(POISON, event_id="e1")])
    assert codes(completions) == ["DEAD_LETTERED"]
    assert {name: pipeline.map(name) for name in before} == before
    assert entry(pipeline, "group-view", "all")["_meta"]["version"] == version + 1, "against a resolving meanwhile"


def test_an_entry_blocked_before_its_first_event_shows_nothing(pipeline: MemoryPipeline) -> None:
    pipeline.deliver([count(POISON)])
    stub = entry(pipeline, "group-view", "all")
    assert list(stub) == ["_meta"]
    assert (stub["_meta"]["absent"], stub["_meta"]["version"], stub["_meta"]["keys"]) == (True, 1, {})


def test_a_view_that_cannot_be_written_is_a_dead_letter_of_the_event_that_made_it(pipeline: MemoryPipeline) -> None:
    completions = pipeline.deliver([count(1), count(669), count(2, counter="b")])
    assert codes(completions) == ["SUCCESS", "DEAD_LETTERED", "SUCCESS"]
    counter = entry(pipeline, "counter-view", "a")
    assert (counter["total"], counter["_meta"]["keys"]) == (1, {"total": "65000011 a", "id": "a"})
    assert "blocked" in counter["_meta"]


def test_an_entry_that_cannot_be_read_is_left_as_it_is(pipeline: MemoryPipeline) -> None:
    pipeline.map("group-view")["all"] = b'{"_meta":{"version":3},"total":"?"}'
    completions = pipeline.deliver([count(5)])
    assert codes(completions) == ["DEAD_LETTERED"]
    assert pipeline.map("group-view")["all"] == b'{"_meta":{"version":3},"total":"?"}'
    assert entry(pipeline, "counter-view", "a")["total"] == 5


def test_a_stored_event_that_is_not_understood_any_more_is_a_dead_letter(pipeline: MemoryPipeline) -> None:
    pipeline.deliver([count(5, event_id="e1")])
    key = "Counter:2@a"
    pipeline.map("event-store")[key] = pipeline.map("event-store")[key].replace(b'"by":5', b'"by":"?"')
    assert codes(pipeline.deliver([count(5, event_id="e1")])) == ["DEAD_LETTERED"]


def test_describe_tells_the_views_with_their_indexes_and_their_code() -> None:
    fingerprint, views, event_types = msgspec.msgpack.decode(Processor(CATALOG).describe())
    assert fingerprint == CATALOG.fingerprint
    code = CATALOG.view_fingerprints
    assert views == [
        ["counter-view", ["total", "id"], code["counter-view"]],
        ["group-view", ["id"], code["group-view"]],
    ]
    assert [name for name, *_ in event_types] == ["CounterStarted", "Counted", "Noted"]


def test_describe_tells_what_events_usually_need() -> None:
    """A path in the data where there is one; what only a key function knows is asked for in a round of its own."""
    _, _, event_types = msgspec.msgpack.decode(Processor(CATALOG).describe())
    reads = {name: reads for name, _, reads, _ in event_types}
    assert reads["Counted"] == [["counter-view", "counterId"]]
    assert reads["Noted"] == []
    assert {name: whole for name, *_, whole in event_types} == {"CounterStarted": True, "Counted": False, "Noted": True}


def test_describe_tells_the_aggregate_of_each_event_type() -> None:
    """All event types of an aggregate have to be one pipeline's; the engine checks it."""
    _, _, event_types = msgspec.msgpack.decode(Processor(CATALOG).describe())
    assert {name: aggregate for name, aggregate, *_ in event_types} == {
        spec.name: spec.aggregate for spec in CATALOG.specs.values()
    }


def test_describe_tells_the_path_through_a_list() -> None:
    _, _, event_types = msgspec.msgpack.decode(Processor(Catalog.load("hazelgate.domain")).describe())
    assert ["product-availability-view", "items.productId"] in {name: reads for name, _, reads, _ in event_types}[
        "OrderCreated"
    ]
