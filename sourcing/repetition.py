"""
Whether two submissions under one eventId are the same event: they are if their payloads are, as submitted.

Almost always the hash of the payload tells. It does not where other code made the event once more from the same
command, and a field was added or renamed in between. So where hashes differ, today's code reads both and compares.
The first submission is known exactly. The store has it, with the fields that guards changed (`submitted`). The id
record has that of a refused event.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import Envelope, EventRecord, IdRecord, encode_json
from hazelgate.sourcing.errors import InvalidEvent, UnknownEventType

MAX_KEPT_BYTES = 65_536
"""Of a refused event's data. A larger one is the same when it comes again byte for byte, and else another."""

_canonical = msgspec.json.Encoder(order="deterministic").encode


class Submitted(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An event before guards completed it: `fields` had these values, those in `without` were not there."""

    fields: dict[str, msgspec.Raw]
    without: tuple[str, ...] = ()


_decode_submitted = msgspec.json.Decoder(Submitted).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def payload_hash(event_type: str, version: int, aggregate_id: str, data: bytes) -> str:
    """A hash that tells a repeated submission from another event with the same id."""
    content = b"%b\n%d\n%b\n%b" % (event_type.encode(), version, aggregate_id.encode(), data)
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def before_guards(submitted: Event, completed: Event) -> msgspec.Raw:
    """The part of a submitted event that its record has to keep: the fields that guards have changed."""
    fields: dict[str, Any] = {}
    without = []
    kind = type(submitted)
    for name, encoded in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
        before = getattr(submitted, name)
        if before is msgspec.UNSET:
            without.append(encoded)
        elif before is not getattr(completed, name):
            fields[encoded] = before
    return msgspec.Raw(encode_json({"fields": fields, "without": without} if without else {"fields": fields}))


def first_submitted(catalog: Catalog, known: IdRecord, record: EventRecord | None) -> Event | None:
    """
    The event that was first submitted under an id, as today's code reads it.

    Args:
        catalog: Today's code.
        known: The entry of `event-ids`.
        record: The stored event; None where there is none.

    Returns:
        None where that can't be told: its record is not there, or this code can't read it.
    """
    try:
        if record is not None:
            data = bytes(record.data)
            if record.submitted:
                data = _undone(data, _decode_submitted(record.submitted))
            return catalog.decode(record.event_type, record.event_version, data)
        if known.completion is not None and known.data is not None:
            return catalog.decode(known.completion.event_type, known.version, known.data.encode())
    except (InvalidEvent, UnknownEventType):
        pass
    return None


def _undone(data: bytes, before: Submitted) -> bytes:
    """A stored event's data without what guards made of it."""
    fields = _decode_fields(data) | before.fields
    return encode_json({name: value for name, value in fields.items() if name not in before.without})


def is_repeated(catalog: Catalog, envelope: Envelope, known: IdRecord, record: EventRecord | None) -> bool | None:
    """Whether a submission is the event that is known under its id; None where this code can't tell."""
    if known.hash == payload_hash(
        envelope.event_type, envelope.event_version, envelope.aggregate_id, bytes(envelope.data)
    ):
        return True
    first = first_submitted(catalog, known, record)
    if first is None:
        return None
    return are_same(first, catalog.decode(envelope.event_type, envelope.event_version, envelope.data))


def are_same(first: Event | None, again: Event | None) -> bool:
    """Whether two events, read by the same code, would be stored as the same."""
    if first is None or again is None or type(first) is not type(again):
        return False
    return _canonical(first) == _canonical(again)


def is_pending_again(catalog: Catalog, pending: bytes, envelope: Envelope) -> bool | None:
    """Whether what is pending under an event's id is that event, made by other code; None where that can't be told."""
    try:
        first = msgspec.json.decode(pending, type=Envelope)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return False
    if (first.event_type, first.aggregate_id) != (envelope.event_type, envelope.aggregate_id):
        return False
    try:
        event = catalog.decode(first.event_type, first.event_version, first.data)
    except (InvalidEvent, UnknownEventType):
        return None
    return are_same(event, catalog.decode(envelope.event_type, envelope.event_version, envelope.data))
