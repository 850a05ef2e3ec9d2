"""What is answered about an event: completions and the outcomes around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from hazelgate.projector.core.messages import Delivery, Kind, Outcome
from hazelgate.sourcing.envelope import (
    Completion,
    CompletionError,
    CompletionStatus,
    EventRecord,
    IdRecord,
    encode_json,
)
from hazelgate.sourcing.errors import FieldProblem
from hazelgate.sourcing.ids import is_stored_id, plain_id
from hazelgate.sourcing.structure.decoding import printable

_SUCCESS = CompletionStatus.SUCCESS  # named for each event


class Submitter(Protocol):
    """Whom to answer, and about what. An `Envelope` is one."""

    @property
    def event_id(self) -> str: ...
    @property
    def event_type(self) -> str: ...
    @property
    def aggregate_type(self) -> str: ...
    @property
    def aggregate_id(self) -> str: ...
    @property
    def correlation_id(self) -> str: ...
    @property
    def submission_id(self) -> str: ...
    @property
    def reply_to(self) -> str: ...
    @property
    def notify_stored(self) -> bool: ...
    @property
    def timestamp(self) -> str: ...


class Salvaged(msgspec.Struct, frozen=True):
    """What can be told from an envelope that is wrong somewhere."""

    event_id: str = ""
    event_type: str = ""
    aggregate_type: str = ""
    aggregate_id: str = ""
    correlation_id: str = ""
    submission_id: str = ""
    reply_to: str = ""
    notify_stored: bool = False
    timestamp: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, object], received_at: str) -> Salvaged:
        """The fields that are texts, and the ids that are ids."""

        def text(name: str) -> str:
            value = fields.get(name)
            return printable(value) if isinstance(value, str) else ""

        def an_id(name: str) -> str:
            value = fields.get(name)
            return value if isinstance(value, str) and is_stored_id(value) else ""

        return cls(
            event_id=an_id("eventId"),
            event_type=text("eventType"),
            aggregate_type=text("aggregateType"),
            aggregate_id=an_id("aggregateId"),
            correlation_id=text("correlationId"),
            submission_id=text("submissionId"),
            reply_to=text("replyTo"),
            timestamp=text("timestamp") or received_at,
        )


NOBODY = Salvaged()
"""Who is answered about a record that the engine found in the store."""


def error(
    code: str,
    message: str,
    problems: Iterable[FieldProblem] = (),
    *,
    expected_sequence: int | None = None,
    actual_sequence: int | None = None,
    dead_letter_id: str | None = None,
) -> CompletionError:
    """Why an event did not go through."""
    return CompletionError(
        code=code,
        message=message,
        problems=tuple(problems),
        expected_sequence=expected_sequence,
        actual_sequence=actual_sequence,
        dead_letter_id=dead_letter_id,
    )


def dead_lettered(dead_letter_id: str) -> CompletionError:
    """The event is stored, and a view waits for an operator."""
    return error(
        "DEAD_LETTERED",
        f"stored, but a view could not be updated: see dead letter {plain_id(dead_letter_id)}",
        dead_letter_id=dead_letter_id,
    )


def refusal(submitter: Submitter, delivery: Delivery, reason: CompletionError) -> Completion:
    """The completion of an event that is not stored."""
    return Completion(
        event_id=submitter.event_id,
        event_type=submitter.event_type,
        aggregate_type=submitter.aggregate_type,
        aggregate_id=submitter.aggregate_id,
        correlation_id=submitter.correlation_id,
        submission_id=submitter.submission_id,
        status=CompletionStatus.REJECTED,
        error=reason,
        timestamp=submitter.timestamp,
        received_at=delivery.received_at,
    )


def stored_completion(record: EventRecord, submission_id: str, dead_letter_id: str | None) -> Completion:
    """The completion of an event that is in the store, and waits in that dead letter if it does."""
    return Completion(
        event_id=record.event_id,
        event_type=record.event_type,
        aggregate_type=record.aggregate_type,
        aggregate_id=record.aggregate_id,
        correlation_id=record.correlation_id,
        submission_id=submission_id,
        status=_SUCCESS if dead_letter_id is None else CompletionStatus.DEAD_LETTERED,
        sequence=record.sequence,
        error=None if dead_letter_id is None else dead_lettered(dead_letter_id),
        timestamp=record.timestamp,
        received_at=record.received_at,
        persisted_at=record.persisted_at,
    )


def refused(submitter: Submitter, completion: Completion, known: IdRecord) -> Outcome:
    """Nothing is stored; the same id and payload will be answered the same. Without an id there is nothing to keep."""
    whole = encode_json(completion)
    kept = encode_json(known) if completion.event_id else None
    return Outcome(
        Kind.REFUSED if kept is not None else Kind.ANSWER_ONLY,
        None,
        None,
        kept,
        whole[:-1],
        completion.event_type or None,
        submitter.reply_to,
        submitter.notify_stored,
    )


def answered(submitter: Submitter, completion: Completion, kind: Kind = Kind.ANSWER_ONLY) -> Outcome:
    """The answer to a submission that changes nothing."""
    return Outcome(
        kind,
        None,
        None,
        None,
        encode_json(completion)[:-1],
        completion.event_type or None,
        submitter.reply_to,
        submitter.notify_stored,
    )


def conflict(submitter: Submitter, delivery: Delivery) -> Outcome:
    """The id was used before, with another payload."""
    message = f"eventId {plain_id(submitter.event_id)} was used before with another payload; give a new event a new id"
    return answered(submitter, refusal(submitter, delivery, error("EVENT_ID_CONFLICT", message)))


def answered_before(submitter: Submitter, completion: Completion) -> Outcome:
    """
    The completion of the first submission, for another one with the same payload.

    It is refused, not only answered: a crash may have come between the first one's id and its completion.
    """
    return answered(submitter, msgspec.structs.replace(completion, submission_id=submitter.submission_id), Kind.REFUSED)
