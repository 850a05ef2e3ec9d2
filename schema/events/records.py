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
    event_id: strawberry.ID = strawberry.field(description="Its own id, unique over all events.")
    event_type: str = strawberry.field(description="The name of its type in the catalog.")
    event_version: int = strawberry.field(description="The version of the event's schema that it was written with.")
    aggregate_type: str = strawberry.field(description="The type of the aggregate whose history it belongs to.")
    aggregate_id: strawberry.ID = strawberry.field(description="The id of that aggregate.")
    sequence: int = strawberry.field(description="1, 2, 3… within the aggregate.")
    correlation_id: strawberry.ID = strawberry.field(description="What the event is a part of, as its submitter says.")
    causation_id: strawberry.ID | None = strawberry.field(description="The event that caused it, where one did.")
    saga_id: strawberry.ID | None = strawberry.field(description="The saga that it is a step of, where it is one.")
    saga_type: str | None = strawberry.field(description="The type of that saga.")
    step_number: int | None = strawberry.field(description="Which step of that saga it is.")
    source: str = strawberry.field(description="Who submitted it: the process.")
    timestamp: datetime = strawberry.field(description="When it was submitted.")
    data: JSON = resolved(description="The payload, in today's schema.")
    metrics: EventMetrics = resolved(description="When it passed each stage.")

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


@strawberry.type(description="One event, and where it stands in the list.")
class EventEdge:
    cursor: str = strawberry.field(description="For `after` and `before`, and `after` of a subscription.")
    node: EventRecord = strawberry.field(description="The event.")


@strawberry.type(description="A page of events.")
class EventConnection:
    edges: list[EventEdge] = strawberry.field(description="The events, in their order.")
    page_info: PageInfo = strawberry.field(description="Whether the list goes on.")
