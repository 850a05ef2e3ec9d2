"""
Aggregates' events from the store, and entries as they were.

Records are read by keys that are known: nothing searches the log, however long it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from hazelgate.projector.past import Lineage, stored_until
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import View
from hazelgate.sourcing.envelope import (
    AGGREGATE_HEADS,
    DEAD_LETTER_DECISIONS,
    DEAD_LETTER_EVENTS,
    EVENT_STORE,
    DeadLetter,
    Decision,
    EntryMeta,
    EventRecord,
    head_version,
)
from hazelgate.sourcing.ids import head_key, store_key

Read = Callable[[str, Sequence[str]], Awaitable[Sequence[bytes | None]]]
"""Raw entries of a map by their keys, as `Cluster.read` gives them."""

Aggregate = tuple[str, str]
"""Type and id."""

_CHUNK = 500
_decode_record = msgspec.json.Decoder(EventRecord).decode
_decode_decision = msgspec.json.Decoder(Decision).decode
_decode_letter = msgspec.json.Decoder(DeadLetter).decode


async def read_histories(read: Read, aggregates: Iterable[Aggregate]) -> list[list[EventRecord]]:
    """All events of each aggregate, in order. How many there are, its head tells."""
    wanted = list(aggregates)
    if not wanted:
        return []
    heads = await read(AGGREGATE_HEADS, [head_key(*each) for each in wanted])
    lengths = [head_version(raw) for raw in heads]
    keys = [
        store_key(kind, sequence, key)
        for (kind, key), length in zip(wanted, lengths, strict=True)
        for sequence in range(1, length + 1)
    ]
    chunks = [keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK)]
    answers = await asyncio.gather(*(read(EVENT_STORE, chunk) for chunk in chunks))
    raws = iter([raw for answer in answers for raw in answer])
    found = []
    for length in lengths:
        mine = [next(raws) for _ in range(length)]
        found.append([_decode_record(raw) for raw in mine if raw is not None])
    return found


async def entry_as_of(
    read: Read, catalog: Catalog, view: str, key: str, histories: Iterable[Iterable[EventRecord]], until: str
) -> tuple[EntryMeta, View] | None:
    """
    An entry as it was at an instant; None where there was none.

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
        return None
    decided, open_letters = await asyncio.gather(read(DEAD_LETTER_DECISIONS, ids), read(DEAD_LETTER_EVENTS, ids))
    decisions = {each: _decode_decision(raw) for each, raw in zip(ids, decided, strict=True) if raw is not None}
    letters = {
        each
        for each, raw in zip(ids, open_letters, strict=True)
        if raw is not None and _decode_letter(raw).retry_at is None
    }
    return lineage.fold(key, records, decisions, letters, until)
