"""A replay makes what refolding makes, remembers it from batch to batch, and leaves alone what is unusual."""

from __future__ import annotations

import msgspec
import pytest

from hazelgate.projector.core.calls import Limits, Unusual
from hazelgate.projector.core.messages import FoldRequest, FoldResponse
from hazelgate.projector.process import Processor
from hazelgate.projector.replay import replaying
from hazelgate.projector.replay.replaying import Replay
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import DEAD_LETTER_DECISIONS, EVENT_STORE
from hazelgate.testing.memory.pipeline import MemoryPipeline
from hazelgate.testing.scenarios import envelope_of
from tests.unit.sourcing.counters import CATALOG, POISON, Counted, CounterStarted

VIEWS = ["counter-view", "group-view"]
Maps = dict[str, dict[str, bytes]]


def records_of(*events: Event) -> tuple[list[bytes], Maps]:
    """The events as they are stored, and the views as the live pipeline made them."""
    pipeline = MemoryPipeline(CATALOG)
    for each in events:
        pipeline.deliver([msgspec.json.encode(envelope_of(CATALOG, each))])
    stored = sorted(pipeline.map(EVENT_STORE).values(), key=lambda raw: str(msgspec.json.decode(raw)["cursor"]))
    return stored, {view: dict(pipeline.map(view)) for view in VIEWS}


def history(counters: int = 5, events: int = 40) -> list[Event]:
    started: list[Event] = [CounterStarted(counter_id=f"c{each}") for each in range(counters)]
    return started + [
        Counted(counter_id=f"c{each * 7 % counters}", by=1 + each % 6, group=f"g{each % 3}") for each in range(events)
    ]


def read(replay: Replay, batch_id: int, records: list[bytes]) -> FoldResponse:
    return replay.answer(FoldRequest(batch_id, 0, VIEWS, records, {}))


def fold(replay: Replay, batch_id: int, needs: dict[str, list[str]], maps: Maps) -> FoldResponse:
    loaded = {name: {key: maps.get(name, {}).get(key) for key in keys} for name, keys in needs.items()}
    answer = replay.answer(FoldRequest(batch_id, 1, [], [], loaded))
    for write in answer.writes:
        version = msgspec.json.decode(maps.get(write.map, {}).get(write.key, b'{"_meta":{"version":0}}'))
        assert version["_meta"]["version"] == write.expected_version, "it would be refused"
        assert write.value is not None
        maps.setdefault(write.map, {})[write.key] = write.value
    return answer


def parsed(maps: Maps) -> dict[str, dict[str, object]]:
    return {name: {key: msgspec.json.decode(raw) for key, raw in of_map.items()} for name, of_map in maps.items()}


@pytest.mark.parametrize("remembered_bytes", [replaying.REMEMBERED_BYTES, 0])
def test_batches_read_ahead_come_to_the_live_views(monkeypatch: pytest.MonkeyPatch, remembered_bytes: int) -> None:
    """However much is remembered: what was forgotten is asked for again."""
    monkeypatch.setattr(replaying, "REMEMBERED_BYTES", remembered_bytes)
    records, live = records_of(*history())
    replay, maps = Processor(CATALOG).replay(), Maps()
    batches = [records[first : first + 4] for first in range(0, len(records), 4)]
    needs = read(replay, 0, batches[0]).needs
    for number in range(len(batches)):
        ahead = read(replay, number + 1, batches[number + 1]).needs if number + 1 < len(batches) else {}
        fold(replay, number, needs, maps)
        needs = ahead
    assert parsed(maps) == parsed(live)


def test_what_is_remembered_is_not_asked_for_again() -> None:
    records, _ = records_of(*history())
    replay, maps = Processor(CATALOG).replay(), Maps()
    fold(replay, 0, read(replay, 0, records[:20]).needs, maps)
    assert read(replay, 1, records[20:]).needs == {}


def test_what_entries_have_seen_already_is_skipped() -> None:
    records, live = records_of(*history())
    maps = {name: dict(entries) for name, entries in live.items()}
    replay = Processor(CATALOG).replay()
    assert fold(replay, 0, read(replay, 0, records).needs, maps).writes == []


def test_a_fold_that_fails_ends_it() -> None:
    records, _ = records_of(CounterStarted(counter_id="a"), Counted(counter_id="a", by=POISON))
    replay = Processor(CATALOG).replay()
    needs = read(replay, 0, records).needs
    with pytest.raises(Unusual):
        fold(replay, 0, needs, {})


def test_a_blocked_entry_ends_it() -> None:
    records, live = records_of(
        CounterStarted(counter_id="a"), Counted(counter_id="a", by=POISON), Counted(counter_id="a", by=1)
    )
    replay = Processor(CATALOG).replay()
    needs = read(replay, 0, records[2:]).needs
    with pytest.raises(Unusual, match="blocked"):
        fold(replay, 0, needs, live)


def test_an_event_that_can_not_be_read_ends_it() -> None:
    records, _ = records_of(CounterStarted(counter_id="a"))
    with pytest.raises(Unusual):
        read(Processor(CATALOG).replay(), 0, [records[0].replace(b'"counterId"', b'"counter"')])


def test_decisions_of_operators_end_it() -> None:
    records, _ = records_of(CounterStarted(counter_id="a"))
    request = FoldRequest(0, 0, VIEWS, records, {DEAD_LETTER_DECISIONS: {"x": b"{}"}})
    with pytest.raises(Unusual):
        Processor(CATALOG).replay().answer(request)


def test_more_than_goes_through_ends_it() -> None:
    records, _ = records_of(*history())
    replay = Processor(CATALOG, Limits(max_answer_bytes=500)).replay()
    needs = read(replay, 0, records).needs
    with pytest.raises(Unusual):
        fold(replay, 0, needs, {})


def test_a_batch_out_of_turn_ends_it() -> None:
    records, _ = records_of(CounterStarted(counter_id="a"))
    replay = Processor(CATALOG).replay()
    needs = read(replay, 0, records).needs
    with pytest.raises(Unusual, match="turn"):
        fold(replay, 1, needs, {})
