"""Calls of handlers: told before they are made, not made when they are known to fail, and bounded in what they make."""

from __future__ import annotations

import msgspec
import pytest

from hazelgate.projector.core.calls import BatchTooLarge, Crumb, FailedCall, Limits, Pulse, to_nobody
from hazelgate.projector.core.messages import Delivery, Kind, Request, Response
from hazelgate.projector.process import Processor
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, DEAD_LETTER_EVENTS
from hazelgate.testing.scenarios import envelope_of
from tests.support import villains
from tests.support.villains import BOXES, ThingPut

CATALOG = Catalog.load("tests.support.villains")
AT = "2026-01-01T00:00:00.000000Z"
GUARD = "tests.support.villains.things_are_checked"
FOLD = "tests.support.villains.thing_lies_there"


def run(
    *events: ThingPut,
    careful: bool = False,
    failed: tuple[FailedCall, ...] = (),
    limits: Limits | None = None,
    told: list[Crumb] | None = None,
    pulse: Pulse | None = None,
) -> Response:
    """The answer when all is loaded that is asked for."""
    deliveries = [
        Delivery(msgspec.json.encode(envelope_of(CATALOG, event, event_id=f"e{number}", at=AT)), 1, number, AT)
        for number, event in enumerate(events, start=1)
    ]
    loaded: dict[str, dict[str, bytes | None]] = {}
    processor = Processor(CATALOG, limits)
    while True:
        if told is not None:
            told.clear()
        request = Request(1, 1, deliveries, loaded, careful, list(failed))
        answer = processor.fold(request, pulse, to_nobody if told is None else told.append)
        if not answer.needs:
            return answer
        for name, keys in answer.needs.items():
            loaded.setdefault(name, {}).update(dict.fromkeys(keys))


def letters(answer: Response) -> list[str]:
    """What each dead letter says in its first line."""
    return [
        msgspec.json.decode(write.value or b"")["error"].split("\n")[0]
        for write in answer.writes
        if write.map == DEAD_LETTER_EVENTS
    ]


def failure(stage: str, function: str, view: str = "", entry_key: str = "") -> FailedCall:
    return FailedCall(stage, function, "e1", view, entry_key, "did not return within 5 s")


def test_in_the_careful_mode_each_call_is_told_before_it_is_made() -> None:
    told: list[Crumb] = []
    run(ThingPut(box_id="b"), careful=True, told=told)
    assert told == [
        Crumb("event", "", "e1"),
        Crumb("guard", GUARD, "e1"),
        Crumb("fold", FOLD, "e1", BOXES, "b"),
        Crumb("write", "", ""),
    ]


def test_in_the_normal_mode_nothing_is_told_and_the_pulse_beats() -> None:
    told: list[Crumb] = []
    pulse = Pulse()
    run(ThingPut(box_id="b"), told=told, pulse=pulse)
    assert told == []
    assert pulse.beats >= 4


def test_a_guard_that_failed_before_is_not_called_and_its_event_is_refused() -> None:
    answer = run(ThingPut(box_id="b", how="guard-exit"), careful=True, failed=(failure("guard", GUARD),))
    (outcome,) = answer.outcomes
    assert outcome.kind == Kind.REFUSED
    assert b'"code":"GUARD_FAILED"' in outcome.completion
    assert f"guard {GUARD} failed: HandlerMisbehaved: did not return within 5 s".encode() in outcome.completion


def test_a_projection_that_failed_before_is_not_called_and_its_entry_is_blocked() -> None:
    failed = (failure("fold", FOLD, BOXES, "b"),)
    answer = run(ThingPut(box_id="b", how="fold-exit"), ThingPut(box_id="c"), careful=True, failed=failed)
    assert letters(answer) == [f"HandlerMisbehaved: {FOLD} did not return within 5 s"]
    assert {write.key for write in answer.writes if write.map == BOXES} == {"b", "c"}
    assert [outcome.kind for outcome in answer.outcomes] == [Kind.ACCEPTED, Kind.ACCEPTED]


def test_an_event_that_failed_as_a_whole_is_refused() -> None:
    answer = run(ThingPut(box_id="b"), careful=True, failed=(failure("event", ""),))
    assert b'"code":"GUARD_FAILED"' in answer.outcomes[0].completion
    assert [write.map for write in answer.writes] == []


def test_a_view_that_is_too_large_is_the_projections_fault() -> None:
    answer = run(ThingPut(box_id="b", how="fold-huge"), ThingPut(box_id="c"))
    (said,) = letters(answer)
    assert said.startswith(f"HandlerMisbehaved: {FOLD} made 104,8")
    assert said.endswith("bytes; at most 16,777,216")
    assert max(len(write.value or b"") for write in answer.writes) < 10_000


def test_an_event_that_a_guard_makes_too_large_is_refused() -> None:
    answer = run(ThingPut(box_id="b", how="guard-huge"))
    assert b"GUARD_FAILED" in answer.outcomes[0].completion
    assert b"it made 104,8" in answer.outcomes[0].completion


def test_a_large_event_of_a_client_is_invalid_and_no_guards_fault() -> None:
    answer = run(ThingPut(box_id="b", note="x" * 2_000), limits=Limits(max_value_bytes=1_000))
    assert b'"code":"INVALID_EVENT"' in answer.outcomes[0].completion


@pytest.mark.parametrize("limit", [300, 1_000])
def test_what_does_not_go_through_at_once_is_said_so(limit: int) -> None:
    """Be it the entries together, or the events."""
    with pytest.raises(BatchTooLarge):
        run(ThingPut(box_id="b"), ThingPut(box_id="c"), limits=Limits(max_answer_bytes=limit))


def test_exit_in_a_handler_is_an_exception_like_any_other() -> None:
    assert letters(run(ThingPut(box_id="b", how="fold-sysexit"))) == ["SystemExit: 4"]
    assert b"failed: SystemExit: 4" in run(ThingPut(box_id="b", how="guard-sysexit")).outcomes[0].completion


def test_a_full_memory_is_blamed_on_an_event_only_when_it_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise MemoryError

    monkeypatch.setitem(villains.DEEDS, "memory", full)
    with pytest.raises(BatchTooLarge):
        run(ThingPut(box_id="b", how="fold-memory"), ThingPut(box_id="c"))
    assert letters(run(ThingPut(box_id="b", how="fold-memory"))) == ["MemoryError: "]


def test_the_head_advances_although_the_projection_is_to_blame() -> None:
    answer = run(ThingPut(box_id="b"), careful=True, failed=(failure("fold", FOLD, BOXES, "b"),))
    assert [write.key for write in answer.writes if write.map == AGGREGATE_HEADS] == ["Box@b"]
