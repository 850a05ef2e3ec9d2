"""Events that a view could not take, and what came of resolving them."""

from datetime import datetime
from enum import Enum

import msgspec
import strawberry

from hazelgate.client.resolutions import Resolution
from hazelgate.schema.events.completions import Completion
from hazelgate.schema.events.records import EventRecord
from hazelgate.schema.fields import resolved
from hazelgate.schema.scalars import optional_instant, stored_instant
from hazelgate.sourcing import envelope

_decode_dead_letter = msgspec.json.Decoder(envelope.DeadLetter).decode


@strawberry.type(description="An event that one view could not take.")
class DeadLetter:
    letter: strawberry.Private[envelope.DeadLetter]
    id: strawberry.ID = strawberry.field(description="The letter's id.")
    projection: str = strawberry.field(description="The view that could not take the event.")
    entry_key: str = strawberry.field(description="The key of the view's entry that waits.")
    error: str = strawberry.field(description="What the projection raised: the message, then where.")
    attempts: int = strawberry.field(description="How often it was tried.")
    blocked_count: int = strawberry.field(
        description="Later events of the same aggregate that wait behind it, for that entry."
    )
    first_failed_at: datetime = strawberry.field(description="When it failed first.")
    last_failed_at: datetime = strawberry.field(description="When it failed last.")
    retry_at: datetime | None = strawberry.field(description="When it is tried again by itself; null where it is not.")
    event: EventRecord = resolved(description="The event that the view could not take.")

    @classmethod
    def decode(cls, raw: bytes) -> "DeadLetter":
        letter = _decode_dead_letter(raw)
        return cls(
            letter=letter,
            id=strawberry.ID(letter.id),
            projection=letter.projection,
            entry_key=letter.entry_key,
            error=letter.error,
            attempts=letter.attempts,
            blocked_count=letter.blocked_count,
            first_failed_at=stored_instant(letter.first_failed_at),
            last_failed_at=stored_instant(letter.last_failed_at),
            retry_at=optional_instant(letter.retry_at),
        )


@strawberry.enum(description="What came of resolving a dead letter.")
class DeadLetterOutcome(Enum):
    RESOLVED = strawberry.enum_value("RESOLVED", description="The letter is gone, and those behind it have followed.")
    FAILED = strawberry.enum_value("FAILED", description="It was tried, and failed again.")
    UNKNOWN = strawberry.enum_value("UNKNOWN", description="There is no such letter (any more).")
    INVALID = strawberry.enum_value("INVALID", description="The data of its edit do not fit it.")
    BUSY = strawberry.enum_value("BUSY", description="It could not be done just now.")


@strawberry.type(description="What came of one of several dead letters.")
class DeadLetterResolution:
    id: strawberry.ID = strawberry.field(description="The letter's id.")
    outcome: DeadLetterOutcome = strawberry.field(description="What came of it.")
    message: str | None = strawberry.field(description="What there is to say of it, where there is something.")
    completion: Completion | None = strawberry.field(description="How the letter's event stands now.")

    @classmethod
    def of(cls, resolution: Resolution) -> "DeadLetterResolution":
        return cls(
            id=strawberry.ID(resolution.id),
            outcome=DeadLetterOutcome(resolution.outcome),
            message=resolution.message or None,
            completion=None if resolution.completion is None else Completion.of(resolution.completion),
        )
