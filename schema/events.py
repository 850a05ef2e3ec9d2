"""Stored events, how they fared, and what the pipeline says of itself: the same for every domain."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import cast

import msgspec
import orjson
import strawberry
from strawberry.scalars import JSON

from hazelgate.client.figures.metrics import Histogram, PipelineStats
from hazelgate.client.reading import histories
from hazelgate.client.resolutions import Resolution
from hazelgate.schema.connections import Page, bad_input, cursor_of, page_info
from hazelgate.schema.context import Info
from hazelgate.schema.nodes import PageInfo
from hazelgate.sourcing import envelope
from hazelgate.sourcing.catalog import Catalog, EventSpec
from hazelgate.sourcing.clock import milliseconds_between
from hazelgate.sourcing.envelope import COMPLETED_EVENTS, EVENT_STORE, CompletionStatus, WaitFor

strawberry.enum(CompletionStatus, description="How far an event got.")
strawberry.enum(WaitFor, description="How far an event has to be before the mutation answers.")

MAX_TYPES = 1_000

_decode_record = msgspec.json.Decoder(envelope.EventRecord).decode
_decode_completion = msgspec.json.Decoder(envelope.Completion).decode
_decode_dead_letter = msgspec.json.Decoder(envelope.DeadLetter).decode


def _instant(text: str) -> datetime:
    return cast(datetime, text)  # stored as the canonical text, which the scalar passes on as it is


def _optional_instant(text: str | None) -> datetime | None:
    return cast(datetime | None, text)


def _between(earlier: str | None, later: str | None) -> float | None:
    return round(milliseconds_between(earlier, later), 3) if earlier and later else None


@strawberry.type(
    description="When an event passed each stage, and how long each took. What did not happen yet is null."
)
class EventMetrics:
    stages: strawberry.Private[envelope.Stages]
    submitted_at: datetime
    received_at: datetime | None
    persisted_at: datetime | None
    view_updated_at: datetime | None
    published_at: datetime | None
    completed_at: datetime | None

    @classmethod
    def of(cls, stages: envelope.Stages) -> "EventMetrics":
        return cls(
            stages=stages,
            submitted_at=_instant(stages.timestamp),
            received_at=_optional_instant(stages.received_at),
            persisted_at=_optional_instant(stages.persisted_at),
            view_updated_at=_optional_instant(stages.view_updated_at),
            published_at=_optional_instant(stages.published_at),
            completed_at=_optional_instant(stages.completed_at),
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


@strawberry.type(description="One stored event.")
class EventRecord:
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

    @strawberry.field(description="The payload, in today's schema.")
    def data(self, info: Info) -> JSON:
        record = self.record
        return cast(JSON, orjson.Fragment(current_data(info.context.catalog, record)))

    @strawberry.field
    async def metrics(self, info: Info) -> EventMetrics:
        """What came after storing is known from the completion, for as long as that is kept."""
        record = self.record
        raw = await info.context.reads.load(COMPLETED_EVENTS, record.event_id)
        if raw is not None:
            return EventMetrics.of(_decode_completion(raw).stages)
        return EventMetrics.of(
            envelope.Stages(
                timestamp=record.timestamp, received_at=record.received_at, persisted_at=record.persisted_at
            )
        )

    @classmethod
    def of(cls, record: envelope.EventRecord) -> "EventRecord":
        return cls(
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
            timestamp=_instant(record.timestamp),
        )

    @classmethod
    def decode(cls, raw: bytes) -> "EventRecord":
        return cls.of(_decode_record(raw))


def _optional_id(text: str | None) -> strawberry.ID | None:
    return None if text is None else strawberry.ID(text)


def current_data(catalog: Catalog, record: envelope.EventRecord) -> bytes:
    """
    The payload as JSON in today's schema: as it is stored where that is today's already.

    An event whose type is not in the catalog (any more) has no schema today, and is shown as it is stored.
    """
    spec = catalog.specs.get(record.event_type)
    if spec is None or record.event_version == spec.version:
        return bytes(record.data)
    return catalog.encode(catalog.decode(record.event_type, record.event_version, record.data))


@strawberry.type
class EventEdge:
    cursor: str
    node: EventRecord


@strawberry.type
class EventConnection:
    edges: list[EventEdge]
    page_info: PageInfo


@strawberry.type(description="How an event fared.")
class Completion:
    event_id: strawberry.ID
    correlation_id: strawberry.ID
    status: CompletionStatus
    sequence: int | None
    error: str | None
    completed_at: datetime | None
    metrics: EventMetrics

    @classmethod
    def of(cls, completion: envelope.Completion) -> "Completion":
        return cls(
            event_id=strawberry.ID(completion.event_id),
            correlation_id=strawberry.ID(completion.correlation_id),
            status=completion.status,
            sequence=completion.sequence,
            error=completion.error.message if completion.error else None,
            completed_at=_optional_instant(completion.completed_at),
            metrics=EventMetrics.of(completion.stages),
        )


@strawberry.type(description="An event that one view could not take.")
class DeadLetter:
    letter: strawberry.Private[envelope.DeadLetter]
    id: strawberry.ID
    projection: str
    entry_key: str = strawberry.field(description="The key of the view's entry that waits.")
    error: str
    attempts: int
    blocked_count: int = strawberry.field(
        description="Later events of the same aggregate that wait behind it, for that entry."
    )
    first_failed_at: datetime
    last_failed_at: datetime
    retry_at: datetime | None = strawberry.field(description="When it is tried again by itself; null where it is not.")

    @strawberry.field
    async def event(self, info: Info) -> EventRecord:
        raw = await info.context.reads.load(EVENT_STORE, self.letter.event_key)
        if raw is None:
            raise LookupError(
                f"dead letter {self.id} names an event that the store does not have: {self.letter.event_key}"
            )
        return EventRecord.decode(raw)

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
            first_failed_at=_instant(letter.first_failed_at),
            last_failed_at=_instant(letter.last_failed_at),
            retry_at=_optional_instant(letter.retry_at),
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
    id: strawberry.ID
    outcome: DeadLetterOutcome
    message: str | None
    completion: Completion | None = strawberry.field(description="How the letter's event stands now.")

    @classmethod
    def of(cls, resolution: Resolution) -> "DeadLetterResolution":
        return cls(
            id=strawberry.ID(resolution.id),
            outcome=DeadLetterOutcome(resolution.outcome),
            message=resolution.message or None,
            completion=None if resolution.completion is None else Completion.of(resolution.completion),
        )


@strawberry.type(description="What the catalog knows of an event type.")
class EventTypeInfo:
    event_type: str
    version: int
    aggregate_type: str
    description: str
    json_schema: JSON = strawberry.field(description="JSON Schema of the payload.")
    updates: list[str] = strawberry.field(description="Names of the views that it updates.")
    readable_versions: list[int] = strawberry.field(description="Versions that can still be read.")

    @classmethod
    def of(cls, spec: EventSpec) -> "EventTypeInfo":
        return cls(
            event_type=spec.name,
            version=spec.version,
            aggregate_type=spec.aggregate,
            description=spec.description,
            json_schema=cast(JSON, spec.json_schema()),
            updates=list(spec.updates),
            readable_versions=list(spec.readable_versions),
        )


@strawberry.type(description="Latencies of the last 60 s; zero where nothing happened.")
class LatencySummary:
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, histogram: Histogram) -> "LatencySummary":
        return cls(
            p50_ms=histogram.quantile(0.5),
            p95_ms=histogram.quantile(0.95),
            p99_ms=histogram.quantile(0.99),
            max_ms=histogram.max_ms,
        )


@strawberry.type(description="The pipeline's figures, summed over its members.")
class PipelineMetrics:
    events_total: int
    events_per_second: float
    pending: int
    dead_letters: int
    handlers_contained: int = strawberry.field(
        description="Calls of handlers that were marked as failed because the projector did not survive them."
    )
    projector_restarts: int = strawberry.field(description="How often a projector was replaced by another process.")
    total: LatencySummary
    jet: LatencySummary
    persist: LatencySummary
    view_update: LatencySummary
    publish: LatencySummary

    @classmethod
    def of(cls, stats: PipelineStats) -> "PipelineMetrics":
        recent = stats.recent
        return cls(
            events_total=stats.events_total,
            events_per_second=stats.events_per_second,
            pending=stats.pending,
            dead_letters=stats.dead_letters,
            handlers_contained=stats.contained,
            projector_restarts=stats.projector_restarts,
            total=LatencySummary.of(recent.total),
            jet=LatencySummary.of(recent.jet),
            persist=LatencySummary.of(recent.persist),
            view_update=LatencySummary.of(recent.view_update),
            publish=LatencySummary.of(recent.publish),
        )


def event_connection(page: Page, more: bool, order: str, records: Sequence[tuple[str, EventRecord]]) -> EventConnection:
    """Records with their sort keys as a page."""
    edges = [EventEdge(cursor=cursor_of(order, key), node=record) for key, record in records]
    return EventConnection(edges=edges, page_info=page_info(page, more, [edge.cursor for edge in edges]))


async def read_history(
    info: Info, aggregate_type: str, aggregate_id: str, first: int | None, after: str | None
) -> EventConnection:
    """An aggregate's events, oldest first. Their keys are known, so they are read directly and nothing is searched."""
    order = f"history:{aggregate_type}:{aggregate_id}"
    page = Page.of(order, first, after)
    if page.after is not None and not (page.after.isascii() and page.after.isdigit() and len(page.after) < 16):
        raise bad_input("after", "not a cursor of this history: take it from an edge of it")
    start = int(page.after) + 1 if page.after else 1
    aggregate = (aggregate_type, aggregate_id)
    found = await histories.read_history(info.context.reads.load_many, aggregate, start, page.size + 1)
    records = [EventRecord.of(record) for record in found]
    shown = records[: page.size]
    return event_connection(page, len(records) > page.size, order, [(str(record.sequence), record) for record in shown])


def known_types(info: Info, types: list[str]) -> list[str]:
    """
    Raises:
        GraphQLError: There is no such event type, so that a typo doesn't look like silence.
    """
    if len(types) > MAX_TYPES:
        raise bad_input("types", f"at most {MAX_TYPES:,}")
    for name in types:
        if name not in info.context.catalog.specs:
            raise bad_input("types", f"no event type {name[:200]!r}; eventCatalog lists those that there are")
    return types
