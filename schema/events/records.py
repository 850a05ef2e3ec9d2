"""Stored events, and pages of them."""

from datetime import datetime

import msgspec
import strawberry
from strawberry.scalars import JSON

from hazelgate.schema.events.completions import EventMetrics
from hazelgate.schema.fields import resolved
from hazelgate.schema.nodes import GlobalId, Node, PageInfo
from hazelgate.schema.scalars import stored_instant
from hazelgate.sourcing import envelope

_decode_record = msgspec.json.Decoder(envelope.EventRecord).decode


@strawberry.type(description="One stored event.")
class EventRecord(Node):
    record: strawberry.Private[envelope.EventRecord]
    event_id: strawberry.ID
    event_type: str
    event_version: int = strawberry.field(description="The version of the event's schema that it was written with.")
    aggregate_type: str
    aggregate_id: strawberry.ID
    sequence: int = strawberry.field(description="1, 2, 3… within the aggregate.")
    correlation_id: strawberry.ID
    causation_id: strawberry.ID | None
    saga_id: strawberry.ID | None
    saga_type: str | None
    step_number: int | None
    source: str
    timestamp: datetime = strawberry.field(description="When it was submitted.")
    data: JSON = resolved(description="The payload, in today's schema.")
    metrics: EventMetrics = resolved()

    @classmethod
    def of(cls, record: envelope.EventRecord) -> "EventRecord":
        return cls(
            id=strawberry.ID(GlobalId("EventRecord", record.event_id).encode()),
            record=record,
            event_id=strawberry.ID(record.event_id),
            event_type=record.event_type,
            event_version=record.event_version,
            aggregate_type=record.aggregate_type,
            aggregate_id=strawberry.ID(record.aggregate_id),
            sequence=record.sequence,
            correlation_id=strawberry.ID(record.correlation_id),
            causation_id=_optional_id(record.causation_id),
            saga_id=_optional_id(record.saga_id),
            saga_type=record.saga_type,
            step_number=record.step_number,
            source=record.source,
            timestamp=stored_instant(record.timestamp),
        )

    @classmethod
    def decode(cls, raw: bytes) -> "EventRecord":
        return cls.of(_decode_record(raw))


def _optional_id(text: str | None) -> strawberry.ID | None:
    return None if text is None else strawberry.ID(text)


@strawberry.type
class EventEdge:
    cursor: str
    node: EventRecord


@strawberry.type
class EventConnection:
    edges: list[EventEdge]
    page_info: PageInfo
