"""
The data that goes along with an event, from the gateway to the store and back: docs/reference/protocol.md's JSON as
values.

`Envelope` is what a gateway submits, `EventRecord` what the store keeps, `Completion` what the submitter hears.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import msgspec

from hazelgate.sourcing.clock import INSTANT_TEXT, Instant
from hazelgate.sourcing.errors import FieldProblem
from hazelgate.sourcing.ids import ID_TEXT, STORED_ID_TEXT, Id, StoredId

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, description="1 to 200 characters")]
_Version = Annotated[int, msgspec.Meta(ge=1, le=1_000_000, description="a version: 1, 2, 3…")]
_Sequence = Annotated[int, msgspec.Meta(ge=0, le=2**53, description="a sequence: 0 for a new aggregate, 1, 2, 3…")]
_Step = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1, description="a step number of 32 bits")]

EMPTY_OBJECT = msgspec.Raw(b"{}")
NOTHING = msgspec.Raw()

PENDING_EVENTS = "pending-events"
EVENT_STORE = "event-store"
EVENT_IDS = "event-ids"
AGGREGATE_HEADS = "aggregate-heads"
COMPLETED_EVENTS = "completed-events"
DEAD_LETTER_EVENTS = "dead-letter-events"
DEAD_LETTER_DECISIONS = "dead-letter-decisions"


class WaitFor(StrEnum):
    """How far an event has to be before `handle_event` returns."""

    ACCEPTED = "ACCEPTED"
    """The pipeline has it; nobody has decided on it yet."""
    STORED = "STORED"
    """It is in the event store."""
    PROJECTED = "PROJECTED"
    """Every view that it concerns has it."""


class CompletionStatus(StrEnum):
    """How far an event got."""

    ACCEPTED = "ACCEPTED"
    """The pipeline has it."""
    STORED = "STORED"
    """It is in the event store; views may still lack it."""
    SUCCESS = "SUCCESS"
    """It is stored, and every view has it."""
    REJECTED = "REJECTED"
    """A guard or a check refused it. Nothing was stored."""
    DEAD_LETTERED = "DEAD_LETTERED"
    """It is stored, and a view could not take it: it waits in a dead letter for an operator."""


class Envelope(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """
    One submitted event: `data` is the event's JSON, everything else is about it.

    `show` stands first, so that a member that looks for it finds it at the beginning: the view and the key,
    `<view>/<key>`, of the entry that its submitter wants with the completion.
    """

    show: str | None = None
    event_id: Id
    event_type: _Name
    event_version: _Version
    aggregate_type: _Name
    aggregate_id: Id
    expected_sequence: _Sequence | None = None
    correlation_id: _Name
    causation_id: _Name | None = None
    saga_id: _Name | None = None
    saga_type: _Name | None = None
    step_number: _Step | None = None
    source: _Name
    timestamp: Instant
    metadata: msgspec.Raw = EMPTY_OBJECT
    reply_to: str
    submission_id: str
    notify_stored: bool = False
    data: msgspec.Raw


class StoredEnvelope(Envelope, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """An envelope whose ids may be a tenant's, as it is on its way through the pipeline."""

    event_id: StoredId
    aggregate_id: StoredId


class _Unchecked(Envelope, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """An envelope whose ids and instant were not looked at yet."""

    event_id: str
    aggregate_id: str
    timestamp: str


_decode_unchecked = msgspec.json.Decoder(_Unchecked).decode
_are_ids_and_instant = re.compile(f"{ID_TEXT} {ID_TEXT} {INSTANT_TEXT}").fullmatch
_are_stored_ids_and_instant = re.compile(f"{STORED_ID_TEXT} {STORED_ID_TEXT} {INSTANT_TEXT}").fullmatch


def decode_envelope(raw: bytes | msgspec.Raw) -> Envelope:
    """
    An envelope from its JSON. One pattern for three fields takes half the time of one for each, and events are many.

    Raises:
        ValueError, RecursionError: It is no `Envelope`; `find_problems` tells why.
    """
    envelope = _decode_unchecked(raw)
    if _are_ids_and_instant(f"{envelope.event_id} {envelope.aggregate_id} {envelope.timestamp}") is None:
        raise ValueError("an id or the timestamp is not what it has to be")
    return envelope


def decode_stored_envelope(raw: bytes | msgspec.Raw) -> Envelope:
    """
    The same, where its ids may be a tenant's.

    Raises:
        ValueError, RecursionError: It is no `StoredEnvelope`; `find_problems` tells why.
    """
    envelope = _decode_unchecked(raw)
    texts = f"{envelope.event_id} {envelope.aggregate_id} {envelope.timestamp}"
    if _are_ids_and_instant(texts) is None and _are_stored_ids_and_instant(texts) is None:
        raise ValueError("an id or the timestamp is not what it has to be")
    return envelope


class EventRecord(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """One stored event, with everything that is known about it: a fold may take it as its third parameter."""

    persisted_at: str | None = None
    """When it was stored. The engine puts it in as it stores the event, so a fold does not see it at first."""
    cursor: str
    """Its place in the whole log; cursors sort as text in the order of storing."""
    lane: int
    position: int
    """Its place within its lane."""
    event_id: str
    event_type: str
    event_version: int
    """The version of `data`."""
    aggregate_type: str
    aggregate_id: str
    sequence: int
    """Its place in its aggregate's history: 1, 2, 3…"""
    correlation_id: str
    """Events with the same one belong together; its own id where none was given."""
    causation_id: str | None = None
    """The event or command that caused it."""
    saga_id: str | None = None
    saga_type: str | None = None
    step_number: int | None = None
    source: str
    """The program that submitted it."""
    timestamp: str
    """When it was submitted. The same in every fold: take this one where an entry needs an instant."""
    received_at: str
    """When the pipeline received it."""
    metadata: msgspec.Raw = EMPTY_OBJECT
    data: msgspec.Raw
    """The event itself, as JSON."""
    submitted: msgspec.Raw = NOTHING
    """The fields that guards have changed, as they were submitted (`hazelgate.sourcing.repetition`)."""


class CompletionError(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """Why an event was refused, or could not be projected. `code` is stable."""

    code: str
    message: str
    problems: tuple[FieldProblem, ...] = ()
    expected_sequence: int | None = None
    actual_sequence: int | None = None
    dead_letter_id: str | None = None


class Stages(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """When an event passed each stage. `timestamp` is when the gateway submitted it."""

    timestamp: str
    received_at: str | None = None
    persisted_at: str | None = None
    view_updated_at: str | None = None
    published_at: str | None = None
    completed_at: str | None = None


class Completion(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """How an event ended: what `completed-events` keeps and the notices carry."""

    event_id: str
    event_type: str
    aggregate_type: str
    aggregate_id: str
    correlation_id: str
    submission_id: str
    status: CompletionStatus
    sequence: int | None = None
    error: CompletionError | None = None
    timestamp: str
    received_at: str | None = None
    persisted_at: str | None = None
    view_updated_at: str | None = None
    published_at: str | None = None
    completed_at: str | None = None
    entry: msgspec.Raw = NOTHING
    """What the envelope asks for by `show`, where the event has changed it. No map keeps it."""

    @property
    def stages(self) -> Stages:
        """The stage timestamps alone."""
        return Stages(
            timestamp=self.timestamp,
            received_at=self.received_at,
            persisted_at=self.persisted_at,
            view_updated_at=self.view_updated_at,
            published_at=self.published_at,
            completed_at=self.completed_at,
        )


class EntryMeta(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """
    The `_meta` of a view entry.

    `applied` holds, per lane, the position of the last event applied: one at or below it is skipped. `ahead` has those
    beyond it that came out of a dead letter, maybe before others of their lane that are stored and under way. `blocked`
    says behind which dead letter the events of an aggregate (`Order@o1`) wait; those of others are applied all the
    same.
    """

    version: int
    caused_by: str
    updated_at: str
    applied: dict[int, int]
    ahead: dict[int, tuple[int, ...]] | None = None
    keys: dict[str, str]
    blocked: dict[str, str] | None = None
    absent: bool = False
    """There are no fields, and readers see nothing: the entry was removed, or blocked before its first event."""


UNREADABLE = "*"
"""The projection that a dead letter names where the stored event itself can't be read any more."""


class WaitingEvent(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """An event that waits behind a dead letter. `key` is its key in the store."""

    key: str
    lane: int
    position: int
    reply_to: str = ""
    submission_id: str = ""


class DeadLetter(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """
    One event that one view could not take, and the later events that wait behind it.

    While `retry_at` is there the letter is not final: the event is tried again then, and nobody who submitted one of
    these events has been answered yet. Their `reply_to` and `submission_id` are kept here for that.
    """

    meta: EntryMeta = msgspec.field(name="_meta")
    id: str
    event_key: str
    event_id: str
    event_type: str
    lane: int
    position: int
    projection: str
    entry_key: str
    error: str
    attempts: int
    blocked_count: int
    first_failed_at: str
    last_failed_at: str
    waiting: tuple[WaitingEvent, ...]
    retry_at: str | None = None
    reply_to: str = ""
    submission_id: str = ""


class DecisionAction(StrEnum):
    """An operator's decision about a dead letter's event, for that one entry."""

    DISCARDED = "DISCARDED"
    EDITED = "EDITED"


class Decision(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """
    An operator's decision, for good: whoever folds the store again has to fold this event so into this entry.

    DISCARDED: not at all, its mark advances. EDITED: with `data`, of the event type's `event_version`.
    """

    id: str
    event_id: str
    projection: str
    entry_key: str
    action: DecisionAction
    data: msgspec.Raw = NOTHING
    event_version: int | None = None
    reason: str | None = None
    at: str


class IdRecord(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """
    The fate of an eventId: the `key` of its record in the store, or the completion that refused it.

    A refused event is in no store: `data` is what was submitted, as text, and `version` its version.
    """

    hash: str
    key: str | None = None
    completion: Completion | None = None
    version: int = 0
    data: str | None = None


class _HeadMeta(msgspec.Struct, frozen=True):
    version: int


class _Head(msgspec.Struct, frozen=True):
    meta: _HeadMeta = msgspec.field(name="_meta")


encode_json = msgspec.json.Encoder().encode
"""Any of these values as JSON."""

_decode_head = msgspec.json.Decoder(_Head).decode


def head_version(raw: bytes | None) -> int:
    """How many events an aggregate has, by its entry in `aggregate-heads`; 0 where there is none."""
    return 0 if raw is None else _decode_head(raw).meta.version
