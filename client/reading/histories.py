"""
Aggregates' events from the store, and entries as they were.

The log has no index by aggregate, and needs none: the keys of an aggregate's records are known, and their cursors grow
with their sequence. So nothing here searches the log, however long it is.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from hazelgate.projector.past import Lineage, Step, stored_until
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import (
    AGGREGATE_HEADS,
    DEAD_LETTER_DECISIONS,
    DEAD_LETTER_EVENTS,
    EVENT_STORE,
    DeadLetter,
    Decision,
    EventRecord,
    head_version,
)
from hazelgate.sourcing.ids import head_key, store_key

Read = Callable[[str, Sequence[str]], Awaitable[Sequence[bytes | None]]]
"""Raw entries of a map by their keys, as `Cluster.read` gives them."""

Aggregate = tuple[str, str]
"""Type and id."""

_KEYS_PER_READ = 500
_RECORDS_PER_STEP = 200
"""How many records are looked at before it is asked whether that was enough."""

_decode_record = msgspec.json.Decoder(EventRecord).decode
_decode_decision = msgspec.json.Decoder(Decision).decode
_decode_letter = msgspec.json.Decoder(DeadLetter).decode


async def read_histories(read: Read, aggregates: Iterable[Aggregate]) -> list[list[EventRecord]]:
    """All events of each aggregate, in order."""
    wanted = list(aggregates)
    lengths = await _lengths(read, wanted)
    found = await _stored(
        read,
        [
            store_key(kind, sequence, key)
            for (kind, key), length in zip(wanted, lengths, strict=True)
            for sequence in range(1, length + 1)
        ],
    )
    records = iter(found)
    return [[each for each in itertools.islice(records, length) if each is not None] for length in lengths]


async def read_history(read: Read, aggregate: Aggregate, first: int, limit: int) -> list[EventRecord]:
    """At most `limit` events of an aggregate from the sequence `first` on, in order."""
    kind, key = aggregate
    found = await _stored(read, [store_key(kind, sequence, key) for sequence in range(first, first + limit)])
    return [record for record in found if record is not None]


async def read_histories_after(
    read: Read,
    aggregates: Iterable[Aggregate],
    *,
    after: str | None,
    limit: int,
    wanted: Callable[[EventRecord], bool],
) -> list[EventRecord]:
    """
    The first wanted events of some aggregates behind a place in the log, in the log's order.

    Args:
        aggregates: Each of them once.
        after: A record's cursor; None for the log's beginning.
        limit: How many events are enough.
        wanted: Says of an event whether it counts.
    """
    chosen = list(aggregates)
    found: list[EventRecord] = []
    for aggregate, length in zip(chosen, await _lengths(read, chosen), strict=True):
        first = 1 if after is None else await _first_after(read, aggregate, length, after)
        mine: list[EventRecord] = []
        while first <= length and len(mine) < limit:
            step = min(_RECORDS_PER_STEP, length + 1 - first)
            mine += filter(wanted, await read_history(read, aggregate, first, step))
            first += step
        found += mine[:limit]
    return sorted(found, key=lambda record: record.cursor)[:limit]


async def _first_after(read: Read, aggregate: Aggregate, length: int, after: str) -> int:
    """The first sequence whose record is behind the cursor, by halving; one past the last where none is."""
    low, high = 1, length + 1
    while low < high:
        middle = (low + high) // 2
        records = await read_history(read, aggregate, middle, 1)
        if records and records[0].cursor > after:
            high = middle
        else:
            low = middle + 1
    return low


async def _lengths(read: Read, aggregates: Sequence[Aggregate]) -> list[int]:
    """How many events each aggregate has: its head tells."""
    if not aggregates:
        return []
    return [head_version(raw) for raw in await read(AGGREGATE_HEADS, [head_key(*each) for each in aggregates])]


async def _stored(read: Read, keys: Sequence[str]) -> list[EventRecord | None]:
    """The records under these keys, None where there is none."""
    chunks = [keys[start : start + _KEYS_PER_READ] for start in range(0, len(keys), _KEYS_PER_READ)]
    answers = await asyncio.gather(*(read(EVENT_STORE, chunk) for chunk in chunks))
    return [None if raw is None else _decode_record(raw) for answer in answers for raw in answer]


async def steps_until(
    read: Read, catalog: Catalog, view: str, key: str, histories: Iterable[Iterable[EventRecord]], until: str
) -> list[Step]:
    """
    The events that an entry had taken at an instant, each with the entry after it.

    Args:
        histories: The events of each aggregate that may have fed it, each in order.
        until: The instant, as stored: six decimals and Z.
    """
    records = sorted(
        (record for history in histories for record in stored_until(history, until)), key=lambda record: record.cursor
    )
    lineage = Lineage(catalog, view)
    ids = lineage.letter_ids(records, key)
    if not ids:
        return []
    decided, open_letters = await asyncio.gather(read(DEAD_LETTER_DECISIONS, ids), read(DEAD_LETTER_EVENTS, ids))
    decisions = {each: _decode_decision(raw) for each, raw in zip(ids, decided, strict=True) if raw is not None}
    letters = {
        each
        for each, raw in zip(ids, open_letters, strict=True)
        if raw is not None and _decode_letter(raw).retry_at is None
    }
    return lineage.steps(key, records, decisions, letters, until)
