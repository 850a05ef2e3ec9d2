"""Stored events folded anew: the same entries as the live pipeline made, and only of the views that are asked for."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from hazelgate.client.resolutions import ResolveOrder
from hazelgate.projector.core.calls import Crumb, FailedCall
from hazelgate.projector.core.messages import FoldRequest, FoldResponse
from hazelgate.projector.process import Processor
from hazelgate.projector.replay.refolding import Refolding
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import DEAD_LETTER_DECISIONS, DEAD_LETTER_EVENTS, EVENT_STORE, UNREADABLE, EventRecord
from hazelgate.sourcing.ids import dead_letter_id
from hazelgate.testing.memory.pipeline import MemoryPipeline
from hazelgate.testing.scenarios import envelope_of
from tests.unit.sourcing.counters import CATALOG, POISON, Counted, CounterStarted

VIEWS = ["counter-view", "group-view"]


@pytest.fixture
def pipeline() -> MemoryPipeline:
    pipeline = MemoryPipeline(CATALOG)
    deliver(pipeline, CounterStarted(counter_id="a"), Counted(counter_id="a", by=2), Counted(counter_id="a", by=5))
    return pipeline


@pytest.fixture
def refolding() -> Refolding:
    return Processor(CATALOG).refolding()


def deliver(pipeline: MemoryPipeline, *events: Event) -> None:
    for each in events:
        pipeline.deliver([msgspec.json.encode(envelope_of(CATALOG, each))])


def stored(pipeline: MemoryPipeline) -> list[bytes]:
    return sorted(pipeline.map(EVENT_STORE).values(), key=lambda raw: str(json.loads(raw)["cursor"]))


def fold(
    refolding: Refolding,
    records: list[bytes],
    views: list[str],
    maps: dict[str, dict[str, bytes]],
    decisions: dict[str, bytes | None] | None = None,
) -> FoldResponse:
    """One batch, over as many rounds as it takes, and its writes made."""
    answer = refolding.fold(FoldRequest(1, 0, views, records, {DEAD_LETTER_DECISIONS: decisions or {}}))
    for number in range(1, 9):
        if not answer.needs:
            break
        loaded = {name: {key: maps.get(name, {}).get(key) for key in keys} for name, keys in answer.needs.items()}
        answer = refolding.fold(FoldRequest(1, number, [], [], loaded))
    assert not answer.needs
    for write in answer.writes:
        assert write.value is not None, "a rebuild removes nothing"
        maps.setdefault(write.map, {})[write.key] = write.value
    return answer


def fields(raw: bytes) -> Any:
    return json.loads(raw)


def test_a_fresh_fold_gives_the_live_entries(pipeline: MemoryPipeline, refolding: Refolding) -> None:
    maps: dict[str, dict[str, bytes]] = {}
    fold(refolding, stored(pipeline), VIEWS, maps)
    assert {name: fields(raw["a" if name == "counter-view" else "all"]) for name, raw in maps.items()} == {
        "counter-view": fields(pipeline.map("counter-view")["a"]),
        "group-view": fields(pipeline.map("group-view")["all"]),
    }


def test_only_the_views_that_are_asked_for_are_folded(pipeline: MemoryPipeline, refolding: Refolding) -> None:
    maps: dict[str, dict[str, bytes]] = {}
    fold(refolding, stored(pipeline), ["group-view"], maps)
    assert list(maps) == ["group-view"]


def test_the_same_events_again_change_nothing(pipeline: MemoryPipeline, refolding: Refolding) -> None:
    maps: dict[str, dict[str, bytes]] = {}
    fold(refolding, stored(pipeline)[:2], VIEWS, maps)
    fold(refolding, stored(pipeline), VIEWS, maps)
    assert fold(refolding, stored(pipeline), VIEWS, maps).writes == []
    assert fields(maps["counter-view"]["a"]) == fields(pipeline.map("counter-view")["a"])


def test_a_fold_that_fails_opens_the_letter_that_the_live_one_has(
    pipeline: MemoryPipeline, refolding: Refolding
) -> None:
    deliver(pipeline, Counted(counter_id="a", by=POISON), Counted(counter_id="a", by=1))
    maps: dict[str, dict[str, bytes]] = {}
    fold(refolding, stored(pipeline), VIEWS, maps)
    live, rebuilt = pipeline.map(DEAD_LETTER_EVENTS), maps[DEAD_LETTER_EVENTS]
    assert list(live) == list(rebuilt)
    assert [fields(each)["waiting"] for each in live.values()] == [fields(each)["waiting"] for each in rebuilt.values()]
    assert fields(maps["group-view"]["all"])["_meta"]["blocked"] == {"Counter@a": next(iter(live))}


def test_an_event_that_can_not_be_read_opens_a_letter_and_stops_nothing(
    pipeline: MemoryPipeline, refolding: Refolding
) -> None:
    records = stored(pipeline)
    broken = {**json.loads(records[1]), "data": {"counterId": "a"}}
    maps: dict[str, dict[str, bytes]] = {}
    fold(refolding, [records[0], json.dumps(broken).encode(), records[2]], VIEWS, maps)
    assert fields(maps["counter-view"]["a"])["history"] == [5]
    assert [fields(each)["projection"] for each in maps[DEAD_LETTER_EVENTS].values()] == ["*"]


def test_a_round_of_a_batch_that_never_began_here_is_refused(refolding: Refolding) -> None:
    with pytest.raises(ValueError, match="begin it again"):
        refolding.fold(FoldRequest(7, 1, [], [], {}))


def carefully(
    refolding: Refolding, records: list[bytes], failed: list[FailedCall]
) -> tuple[list[Crumb], dict[str, list[Any]]]:
    """What is told before each call of a batch that nothing is loaded for, and the entries written."""
    told: list[Crumb] = []
    request = FoldRequest(1, 0, ["counter-view"], records, {}, True, failed)
    answer = refolding.fold(request, tell=told.append)
    while answer.needs:
        loaded: dict[str, dict[str, bytes | None]] = {name: dict.fromkeys(keys) for name, keys in answer.needs.items()}
        answer = refolding.fold(FoldRequest(1, 1, [], [], loaded, True, failed), tell=told.append)
    written: dict[str, list[Any]] = {}
    for write in answer.writes:
        written.setdefault(write.map, []).append(fields(write.value or b""))
    return told, written


def test_in_the_careful_mode_each_call_is_told_before_it_is_made(
    pipeline: MemoryPipeline, refolding: Refolding
) -> None:
    records = stored(pipeline)
    told, written = carefully(refolding, records, [])
    for record in map(json.loads, records):
        stages = [crumb.stage for crumb in told if crumb.event_id == record["eventId"]]
        assert stages == ["event", "upcast", "keys", "fold"]
    assert told[-1] == Crumb("write", "", "")
    assert written["counter-view"][0]["history"] == [2, 5]


def test_a_call_that_has_failed_is_not_made_and_its_event_waits_in_a_letter(
    pipeline: MemoryPipeline, refolding: Refolding
) -> None:
    records = stored(pipeline)
    told, _ = carefully(refolding, records, [])
    blamed = [crumb for crumb in told if crumb.stage == "fold"][-1]
    call = FailedCall(
        blamed.stage, blamed.function, blamed.event_id, blamed.view, blamed.entry_key, "did not return within 5 s"
    )
    told, written = carefully(refolding, records, [call])
    assert blamed not in told
    assert written["counter-view"][0]["history"] == [2]
    [letter] = written[DEAD_LETTER_EVENTS]
    assert "did not return within 5 s" in letter["error"]


DISCARD = {"action": "DISCARD"}
EDIT = {"action": "EDIT", "data": msgspec.Raw(b'{"counterId":"a","by":3}')}


@pytest.mark.parametrize(("order", "total"), [(DISCARD, 2 + 5 + 1), (EDIT, 2 + 5 + 3 + 1)])
def test_what_operators_decided_holds_in_a_fresh_fold(
    pipeline: MemoryPipeline, refolding: Refolding, order: dict[str, Any], total: int
) -> None:
    deliver(pipeline, Counted(counter_id="a", by=POISON), Counted(counter_id="a", by=1))
    [letter] = pipeline.map(DEAD_LETTER_EVENTS)
    assert pipeline.resolve(ResolveOrder(dead_letter_id=letter, **order)).outcome == "RESOLVED"
    assert fields(pipeline.map("group-view")["all"])["total"] == total
    decisions: dict[str, bytes | None] = dict(pipeline.map(DEAD_LETTER_DECISIONS))
    maps: dict[str, dict[str, bytes]] = {}
    fold(refolding, stored(pipeline), VIEWS, maps, decisions)
    assert fields(maps["group-view"]["all"])["total"] == total
    assert fields(maps["counter-view"]["a"])["total"] == 2 + 5 + POISON + 1, "a decision is about one entry"
    assert DEAD_LETTER_EVENTS not in maps
    fold(refolding, stored(pipeline), VIEWS, {}, {})


def test_what_operators_decided_holds_where_a_log_is_restored(pipeline: MemoryPipeline) -> None:
    """The pipeline itself folds stored events into empty views then."""
    deliver(pipeline, Counted(counter_id="a", by=POISON), Counted(counter_id="a", by=1))
    [letter] = pipeline.map(DEAD_LETTER_EVENTS)
    pipeline.resolve(ResolveOrder(dead_letter_id=letter, action="DISCARD", reason="why"))
    fresh = MemoryPipeline(CATALOG)
    fresh.replay(pipeline.records, {DEAD_LETTER_DECISIONS: dict(pipeline.map(DEAD_LETTER_DECISIONS))})
    assert fields(fresh.map("group-view")["all"])["total"] == 2 + 5 + 1
    assert not fresh.map(DEAD_LETTER_EVENTS)


@pytest.mark.parametrize("action", ["DISCARD", "EDIT"])
def test_an_event_that_can_not_be_read_is_as_operators_decided(
    pipeline: MemoryPipeline, refolding: Refolding, action: str
) -> None:
    deliver(pipeline, CounterStarted(counter_id="b"))
    broken = json.dumps({**json.loads(stored(pipeline)[1]), "data": {"counterId": "a"}}).encode()
    record = msgspec.json.decode(broken, type=EventRecord)
    letter = dead_letter_id(record.event_id, UNREADABLE, "")
    key = "Counter:2@a"
    again = MemoryPipeline(CATALOG)
    again.map(EVENT_STORE)[key] = broken
    again.replay([pipeline.records[0], record])
    assert list(again.map(DEAD_LETTER_EVENTS)) == [letter]
    order = ResolveOrder(dead_letter_id=letter, action=action, data=msgspec.Raw(b'{"counterId":"a","by":3}'))
    assert again.resolve(order).outcome == "RESOLVED"
    assert not again.map(DEAD_LETTER_EVENTS)
    maps: dict[str, dict[str, bytes]] = {}
    fold(refolding, [stored(pipeline)[0], broken], ["counter-view"], maps, dict(again.map(DEAD_LETTER_DECISIONS)))
    assert fields(maps["counter-view"]["a"])["history"] == ([] if action == "DISCARD" else [3])
