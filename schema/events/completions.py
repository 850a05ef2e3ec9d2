"""How an event fared, and when it passed each stage."""

from datetime import datetime

import strawberry

from hazelgate.schema.enums import described_enum
from hazelgate.schema.scalars import optional_instant, stored_instant
from hazelgate.sourcing import envelope
from hazelgate.sourcing.clock import milliseconds_between
from hazelgate.sourcing.envelope import CompletionStatus

described_enum(
    CompletionStatus,
    "How far an event got.",
    {
        CompletionStatus.ACCEPTED: "In pending-events; nothing more is promised yet.",
        CompletionStatus.STORED: "In the event store.",
        CompletionStatus.SUCCESS: "Stored, and every view that it touches is updated.",
        CompletionStatus.REJECTED: "Refused by a guard or a check; not stored.",
        CompletionStatus.DEAD_LETTERED: "Stored, but a view could not be updated: it waits in the dead-letter queue.",
    },
)


def _between(earlier: str | None, later: str | None) -> float | None:
    return round(milliseconds_between(earlier, later), 3) if earlier and later else None


@strawberry.type(
    description="When an event passed each stage, and how long each took. What did not happen yet is null."
)
class EventMetrics:
    stages: strawberry.Private[envelope.Stages]
    submitted_at: datetime = strawberry.field(description="When a client submitted it.")
    received_at: datetime | None = strawberry.field(description="When the pipeline received it.")
    persisted_at: datetime | None = strawberry.field(description="When it was stored.")
    view_updated_at: datetime | None = strawberry.field(description="When it was visible in the views.")
    published_at: datetime | None = strawberry.field(description="When subscribers were told.")
    completed_at: datetime | None = strawberry.field(description="When its submitter was told.")

    @classmethod
    def of(cls, stages: envelope.Stages) -> "EventMetrics":
        return cls(
            stages=stages,
            submitted_at=stored_instant(stages.timestamp),
            received_at=optional_instant(stages.received_at),
            persisted_at=optional_instant(stages.persisted_at),
            view_updated_at=optional_instant(stages.view_updated_at),
            published_at=optional_instant(stages.published_at),
            completed_at=optional_instant(stages.completed_at),
        )

    @strawberry.field(description="From submitted to completed.")
    def total_duration_ms(self) -> float | None:
        return _between(self.stages.timestamp, self.stages.completed_at)

    @strawberry.field(description="From submitted to received by the pipeline.")
    def jet_latency_ms(self) -> float | None:
        return _between(self.stages.timestamp, self.stages.received_at)

    @strawberry.field(description="From received to stored.")
    def persist_latency_ms(self) -> float | None:
        return _between(self.stages.received_at, self.stages.persisted_at)

    @strawberry.field(description="From stored to visible in the views.")
    def view_update_latency_ms(self) -> float | None:
        return _between(self.stages.persisted_at, self.stages.view_updated_at)

    @strawberry.field(description="From visible in the views to published.")
    def publish_latency_ms(self) -> float | None:
        return _between(self.stages.view_updated_at, self.stages.published_at)


@strawberry.type(description="How an event fared.")
class Completion:
    event_id: strawberry.ID = strawberry.field(description="The event's id.")
    correlation_id: strawberry.ID = strawberry.field(description="What the event is a part of, as its submitter says.")
    status: CompletionStatus = strawberry.field(description="How far it got.")
    sequence: int | None = strawberry.field(description="Its place within its aggregate; null where it was not stored.")
    error: str | None = strawberry.field(description="Why it did not go through, where it did not.")
    completed_at: datetime | None = strawberry.field(description="When that was known.")
    metrics: EventMetrics = strawberry.field(description="When it passed each stage.")

    @classmethod
    def of(cls, completion: envelope.Completion) -> "Completion":
        return cls(
            event_id=strawberry.ID(completion.event_id),
            correlation_id=strawberry.ID(completion.correlation_id),
            status=completion.status,
            sequence=completion.sequence,
            error=completion.error.message if completion.error else None,
            completed_at=optional_instant(completion.completed_at),
            metrics=EventMetrics.of(completion.stages),
        )
