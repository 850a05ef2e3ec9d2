"""Aggregates' events are read by their keys: all of them, a part by sequence, a part by the place in the log."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from hazelgate.client.reading.histories import Aggregate, read_histories, read_histories_after, read_history
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, EVENT_STORE, EventRecord
from hazelgate.sourcing.ids import cursor, head_key, store_key

BOX: Aggregate = ("Box", "b1")
CRATE: Aggregate = ("Crate", "b1")
NOBODY: Aggregate = ("Box", "b2")


class Store:
    """Two aggregates of one id whose events were stored in turns."""

    def __init__(self, events_each: int) -> None:
        self.maps: dict[str, dict[str, bytes]] = {AGGREGATE_HEADS: {}, EVENT_STORE: {}}
        self.reads: list[tuple[str, int]] = []
        for position in range(2 * events_each):
            self._store((BOX, CRATE)[position % 2], 1 + position // 2, position)

    def _store(self, aggregate: Aggregate, sequence: int, position: int) -> None:
        kind, key = aggregate
        record = EventRecord(
            cursor=cursor(position, 0),
            lane=0,
            position=position,
            event_id=f"{kind}-{sequence}",
            event_type="Moved" if sequence % 3 else "Opened",
            event_version=1,
            aggregate_type=kind,
            aggregate_id=key,
            sequence=sequence,
            correlation_id="c",
            source="test",
            timestamp="t",
            received_at="t",
            data=msgspec.Raw(b"{}"),
        )
        self.maps[EVENT_STORE][store_key(kind, sequence, key)] = msgspec.json.encode(record)
        self.maps[AGGREGATE_HEADS][head_key(kind, key)] = b'{"_meta":{"version":%d}}' % sequence

    async def read(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        self.reads.append((map_name, len(keys)))
        return [self.maps[map_name].get(key) for key in keys]


def ids(records: Sequence[EventRecord]) -> list[str]:
    return [record.event_id for record in records]


def anything(record: EventRecord) -> bool:
    return True


async def test_each_history_is_read_whole_and_in_order() -> None:
    store = Store(3)
    box, nobody, crate = await read_histories(store.read, [BOX, NOBODY, CRATE])
    assert (ids(box), ids(nobody), ids(crate)) == (["Box-1", "Box-2", "Box-3"], [], ["Crate-1", "Crate-2", "Crate-3"])
    assert store.reads == [(AGGREGATE_HEADS, 3), (EVENT_STORE, 6)]
    assert await read_histories(store.read, []) == []


async def test_a_long_history_takes_several_reads() -> None:
    store = Store(600)
    box, crate = await read_histories(store.read, [BOX, CRATE])
    assert ids(box + crate) == [f"{kind}-{number}" for kind in ("Box", "Crate") for number in range(1, 601)]
    assert [keys for _, keys in store.reads] == [2, 500, 500, 200]


async def test_a_record_that_is_not_there_is_left_out() -> None:
    """It may be lost with the members that had it; the others are told all the same."""
    store = Store(3)
    del store.maps[EVENT_STORE]["Box:2@b1"]
    box, crate = await read_histories(store.read, [BOX, CRATE])
    assert ids(box) == ["Box-1", "Box-3"]
    assert len(crate) == 3


async def test_a_part_of_a_history_begins_with_a_sequence() -> None:
    store = Store(5)
    assert ids(await read_history(store.read, BOX, 2, 3)) == ["Box-2", "Box-3", "Box-4"]
    assert ids(await read_history(store.read, BOX, 5, 3)) == ["Box-5"]


@pytest.mark.parametrize("after", [None, 0, 1, 6, 7, 1_198, 1_199])
async def test_what_is_behind_a_place_in_the_log_is_found_without_reading_all(after: int | None) -> None:
    """Of all aggregates in the log's order, and as many as are asked for."""
    store = Store(600)
    found = await read_histories_after(
        store.read,
        [BOX, NOBODY, CRATE],
        after=None if after is None else cursor(after, 0),
        limit=10,
        wanted=anything,
    )
    first = 0 if after is None else after + 1
    assert [record.position for record in found] == list(range(first, min(first + 10, 1_200)))
    assert sum(keys for _, keys in store.reads) < 500


async def test_as_much_is_read_as_the_wanted_events_take() -> None:
    store = Store(600)
    found = await read_histories_after(
        store.read, [BOX], after=None, limit=200, wanted=lambda record: record.event_type == "Opened"
    )
    assert [record.sequence for record in found] == list(range(3, 601, 3))
    few = await read_histories_after(store.read, [BOX], after=None, limit=2, wanted=lambda record: record.sequence > 5)
    assert ids(few) == ["Box-6", "Box-7"]
