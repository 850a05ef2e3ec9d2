"""Queries and mutations about events, whatever the domain."""

import msgspec
import strawberry

from resolvers.aggregate_log import aggregate_records
from resolvers.loading import require_available
from resolvers.submitting import MAX_EVENTS, given, submit_many
from schema.connections import Connection, Listing, Page, bad_input, read_connection
from schema.context import Info
from schema.entries import require_id
from schema.events import (
    Completion,
    DeadLetter,
    EventConnection,
    EventRecord,
    EventTypeInfo,
    PipelineMetrics,
    event_connection,
    known_types,
)
from schema.pipelines import Pipeline
from schema.results import EventOptions, EventPayload, EventReceipt, EventResult, HandleEventInput
from schema.streams import LOG_ORDER
from sourcing import envelope
from sourcing.envelope import DEAD_LETTER_EVENTS, EVENT_IDS, EVENT_STORE, IdRecord
from sourcing.errors import NotAvailableYet
from sourcing.queries import Condition

_decode_id_record = msgspec.json.Decoder(IdRecord).decode


@strawberry.type
class EventQueries:
    @strawberry.field
    async def event(self, info: Info, event_id: strawberry.ID) -> EventRecord | None:
        """By its id, in two reads: the id leads to the key in the store."""
        reads = info.context.reads
        raw_id = await reads.load(EVENT_IDS, require_id("eventId", event_id))
        key = _decode_id_record(raw_id).key if raw_id is not None else None
        raw = await reads.load(EVENT_STORE, key) if key is not None else None
        return EventRecord.decode(raw) if raw is not None else None

    @strawberry.field(description="Stored events, oldest first.")
    async def events(
        self,
        info: Info,
        types: list[str] | None = strawberry.UNSET,
        aggregate_id: strawberry.ID | None = strawberry.UNSET,
        saga_id: strawberry.ID | None = strawberry.UNSET,
        correlation_id: strawberry.ID | None = strawberry.UNSET,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
    ) -> EventConnection:
        chosen = known_types(info, types) if isinstance(types, list) else None
        page = Page.of(LOG_ORDER, first, after)
        if isinstance(aggregate_id, str):
            specs = info.context.catalog.specs

            def wanted(record: envelope.EventRecord) -> bool:
                return (
                    (chosen is None or record.event_type in chosen)
                    and (not isinstance(saga_id, str) or record.saga_id == saga_id)
                    and (not isinstance(correlation_id, str) or record.correlation_id == correlation_id)
                )

            found = await aggregate_records(
                info,
                (specs[name].aggregate for name in (specs if chosen is None else chosen)),
                require_id("aggregateId", aggregate_id),
                after=page.after,
                limit=page.size + 1,
                wanted=wanted,
            )
            return event_connection(
                page,
                len(found) > page.size,
                LOG_ORDER,
                [(record.cursor, EventRecord.of(record)) for record in found[: page.size]],
            )
        conditions: list[Condition] = [] if chosen is None else [Condition("eventType", "in", chosen)]
        for path, value in (("sagaId", saga_id), ("correlationId", correlation_id)):
            if isinstance(value, str):
                conditions.append(Condition(path, "eq", value))
        listing = Listing(EVENT_STORE, LOG_ORDER, conditions=tuple(conditions))
        answer = await info.context.reads.query(listing.query(page))
        records = [(entry.index_value, EventRecord.decode(bytes(entry.entry))) for entry in answer.entries[: page.size]]
        return event_connection(page, len(answer.entries) > page.size, listing.order, records)

    @strawberry.field(description="How an event fared; null where nothing is known of it (yet).")
    async def completion(self, info: Info, event_id: strawberry.ID) -> Completion | None:
        require_available(info.context.cluster)
        found = await info.context.handler.completion(require_id("eventId", event_id))
        return Completion.of(found) if found is not None else None

    @strawberry.field(description="Events that a view could not take.")
    async def dead_letters(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> Connection[DeadLetter]:
        listing = Listing(DEAD_LETTER_EVENTS, None)
        return await read_connection(info, listing, Page.of(listing.order, first, after), DeadLetter.decode)

    @strawberry.field(description="Every event type there is.")
    def event_catalog(self, info: Info) -> list[EventTypeInfo]:
        catalog = info.context.catalog
        return [EventTypeInfo.of(catalog.spec(name)) for name in catalog.event_types]

    @strawberry.field
    async def pipeline_metrics(self, info: Info) -> PipelineMetrics:
        require_available(info.context.cluster)
        return PipelineMetrics.of(await info.context.cluster.stats())

    @strawberry.field(description="The configured pipelines: what each takes, and how it is.")
    async def pipelines(self, info: Info) -> list[Pipeline]:
        require_available(info.context.cluster)
        return [Pipeline.of(state) for state in (await info.context.cluster.stats()).pipelines]


@strawberry.type
class EventMutations:
    @strawberry.mutation(description="Submits any event of the catalog.")
    async def handle_event(
        self, info: Info, input: HandleEventInput, options: EventOptions | None = strawberry.UNSET
    ) -> EventResult:
        [result] = await submit_many(info, [input], given(options))
        return EventPayload(receipt=result) if isinstance(result, EventReceipt) else result

    @strawberry.mutation(
        description="Submits at most 1,000 events together; results in the same order. With an eventId, the events get "
        "the ids `<eventId>:0`, `<eventId>:1`…"
    )
    async def handle_events(
        self, info: Info, inputs: list[HandleEventInput], options: EventOptions | None = strawberry.UNSET
    ) -> list[EventResult]:
        if len(inputs) > MAX_EVENTS:
            raise bad_input("inputs", f"at most {MAX_EVENTS:,} events at once, these are {len(inputs):,}")
        results = await submit_many(info, inputs, given(options))
        return [EventPayload(receipt=result) if isinstance(result, EventReceipt) else result for result in results]

    @strawberry.mutation(description="Operators only. Tries once more to apply the event to the view.")
    async def retry_dead_letter(self, id: strawberry.ID) -> Completion:
        raise NotAvailableYet("retryDeadLetter comes with a later release; the event waits in the dead-letter queue")

    @strawberry.mutation(description="Operators only. Leaves the event out of that view, for good; the store keeps it.")
    async def discard_dead_letter(self, id: strawberry.ID, reason: str) -> Completion:
        raise NotAvailableYet("discardDeadLetter comes with a later release; the event waits in the dead-letter queue")
