"""Queries and mutations about events, whatever the domain."""

import msgspec
import strawberry
from strawberry.scalars import JSON

from hazelgate.client.operators.dead_letters import DeadLetters, checked, letter_conditions
from hazelgate.client.reading.histories import read_histories_after
from hazelgate.client.reading.queries import Condition
from hazelgate.client.resolutions import Resolution
from hazelgate.resolvers.loading import require_available
from hazelgate.resolvers.submitting import MAX_EVENTS, given, optional, submit_many
from hazelgate.schema.connections import Connection, Listing, Page, bad_input, read_connection
from hazelgate.schema.context import Info
from hazelgate.schema.entries import require_id
from hazelgate.schema.events import (
    Completion,
    DeadLetter,
    DeadLetterResolution,
    EventConnection,
    EventRecord,
    EventTypeInfo,
    PipelineMetrics,
    event_connection,
    known_types,
)
from hazelgate.schema.pipelines import Pipeline
from hazelgate.schema.results import EventOptions, EventPayload, EventReceipt, EventResult, HandleEventInput
from hazelgate.schema.streams import LOG_ORDER
from hazelgate.sourcing import envelope
from hazelgate.sourcing.envelope import DEAD_LETTER_EVENTS, EVENT_IDS, EVENT_STORE, IdRecord
from hazelgate.sourcing.errors import DeadLetterError

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

            key = require_id("aggregateId", aggregate_id)
            kinds = dict.fromkeys(specs[name].aggregate for name in (specs if chosen is None else chosen))
            found = await read_histories_after(
                info.context.reads.load_many,
                [(kind, key) for kind in kinds],
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

    @strawberry.field(description="Events that a view could not take, of one view or event type or of all.")
    async def dead_letters(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        projection: str | None = strawberry.UNSET,
        event_type: str | None = strawberry.UNSET,
    ) -> Connection[DeadLetter]:
        conditions = letter_conditions(optional(projection), optional(event_type))
        listing = Listing(DEAD_LETTER_EVENTS, None, conditions=conditions)
        return await read_connection(info, listing, Page.of(listing.order, first, after), DeadLetter.decode)

    @strawberry.field(description="One event that a view could not take; null where there is no such id (any more).")
    async def dead_letter(self, info: Info, id: strawberry.ID) -> DeadLetter | None:
        raw = await info.context.reads.load(DEAD_LETTER_EVENTS, require_id("id", id))
        return None if raw is None else DeadLetter.decode(raw)

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

    @strawberry.mutation(
        description="Operators only. Tries once more to apply the event to the view; those behind it follow in order. "
        "Where it fails again the completion says so."
    )
    async def retry_dead_letter(self, info: Info, id: strawberry.ID) -> Completion:
        [resolution] = await _letters(info).retry([require_id("id", id)])
        return _completed(resolution)

    @strawberry.mutation(
        description="Operators only. Tries several once more: those named, or those of a view or event type; with no "
        "argument all there are."
    )
    async def retry_dead_letters(
        self,
        info: Info,
        ids: list[strawberry.ID] | None = strawberry.UNSET,
        projection: str | None = strawberry.UNSET,
        event_type: str | None = strawberry.UNSET,
    ) -> list[DeadLetterResolution]:
        letters, named = _letters(info), optional(ids)
        if named is not None and (optional(projection) is not None or optional(event_type) is not None):
            raise bad_input("ids", "give either ids, or a projection and an event type")
        if named is None:
            found = letters.find(projection=optional(projection), event_type=optional(event_type))
            chosen = [each.id async for each in found]
        else:
            chosen = [require_id("ids", each) for each in named]
        return [DeadLetterResolution.of(each) for each in await letters.retry(chosen)]

    @strawberry.mutation(
        description="Operators only. Applies the event to that view with other data in place of its own; the store "
        "keeps the event as it was."
    )
    async def edit_dead_letter(
        self, info: Info, id: strawberry.ID, data: JSON, reason: str | None = strawberry.UNSET
    ) -> Completion:
        encoded = msgspec.json.encode(data)
        return _completed(await _letters(info).edit(require_id("id", id), encoded, optional(reason)))

    @strawberry.mutation(description="Operators only. Leaves the event out of that view, for good; the store keeps it.")
    async def discard_dead_letter(self, info: Info, id: strawberry.ID, reason: str) -> Completion:
        if not reason.strip():
            raise bad_input("reason", "say why")
        return _completed(await _letters(info).discard(require_id("id", id), reason))


def _letters(info: Info) -> DeadLetters:
    require_available(info.context.cluster)
    return DeadLetters(info.context.cluster)


def _completed(resolution: Resolution) -> Completion:
    completion = checked(resolution).completion
    if completion is None:
        raise DeadLetterError(resolution.id, f"dead letter {resolution.id} is resolved; the store lacks its event")
    return Completion.of(completion)
