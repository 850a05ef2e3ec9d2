"""Entries as they were, and the events that formed them, read from the store: no search, only keys that are known."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar, cast

import msgspec

from schema.connections import Page, bad_input
from schema.context import Info
from schema.entries import Entry, ViewType
from schema.events import EventConnection, EventRecord, event_connection
from sourcing import clock, envelope
from sourcing.envelope import AGGREGATE_HEADS, EVENT_STORE
from sourcing.ids import head_key, store_key
from sourcing.past import DEAD_LETTER_DECISIONS, Decision, Lineage, stored_until

V = TypeVar("V", bound=msgspec.Struct)

Aggregate = tuple[str, str]
"""Type and id."""

_CHUNK = 500
_decode_record = msgspec.json.Decoder(envelope.EventRecord).decode
_decode_decision = msgspec.json.Decoder(Decision).decode


class _Head(msgspec.Struct, frozen=True):
    class Meta(msgspec.Struct, frozen=True):
        version: int

    meta: Meta = msgspec.field(name="_meta")


_decode_head = msgspec.json.Decoder(_Head).decode


async def load_as_of(
    info: Info, view: ViewType[V], key: str, aggregates: Iterable[Aggregate], as_of: datetime
) -> Entry[V] | None:
    """
    The entry as it was at an instant, folded from the events of the aggregates that feed it.

    Raises:
        GraphQLError: The instant has no time zone.
    """
    try:
        until = clock.instant(as_of)
    except ValueError:
        raise bad_input("asOf", "has no time zone; end it with Z or an offset like +02:00") from None
    histories = await _histories(info, aggregates)
    records = sorted(
        (record for history in histories for record in stored_until(history, until)), key=lambda record: record.cursor
    )
    lineage = Lineage(info.context.catalog, view.name)
    ids = lineage.decision_ids(records, key)
    raws = await info.context.reads.load_many(DEAD_LETTER_DECISIONS, ids) if ids else []
    decisions = {each: _decode_decision(raw) for each, raw in zip(ids, raws, strict=True) if raw is not None}
    found = lineage.fold(key, records, decisions, until)
    return None if found is None else Entry(found[0], cast(V, found[1]))


async def read_lineage(
    info: Info, view: str, key: str, aggregates: Iterable[Aggregate], first: int | None, after: str | None
) -> EventConnection:
    """The events that formed an entry which several aggregates feed, in the order of storing."""
    order = f"history:{view}:{key}"
    page = Page.of(order, first, after)
    lineage = Lineage(info.context.catalog, view)
    records = [
        record
        for history in await _histories(info, aggregates)
        for record in history
        if (page.after is None or record.cursor > page.after) and lineage.forms(record, key)
    ]
    records.sort(key=lambda record: record.cursor)
    shown = [(record.cursor, EventRecord.of(record)) for record in records[: page.size]]
    return event_connection(page, len(records) > page.size, order, shown)


async def _histories(info: Info, aggregates: Iterable[Aggregate]) -> list[list[envelope.EventRecord]]:
    """All events of each aggregate, in order. How many there are, its head tells."""
    reads = info.context.reads
    wanted = list(aggregates)
    if not wanted:
        return []
    heads = await reads.load_many(AGGREGATE_HEADS, [head_key(*each) for each in wanted])
    lengths = [0 if raw is None else _decode_head(raw).meta.version for raw in heads]
    keys = [
        store_key(kind, sequence, key)
        for (kind, key), length in zip(wanted, lengths, strict=True)
        for sequence in range(1, length + 1)
    ]
    chunks = [keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK)]
    answers = await asyncio.gather(*(reads.load_many(EVENT_STORE, chunk) for chunk in chunks))
    raws = iter([raw for answer in answers for raw in answer])
    found = []
    for length in lengths:
        mine = [next(raws) for _ in range(length)]
        found.append([_decode_record(raw) for raw in mine if raw is not None])
    return found
