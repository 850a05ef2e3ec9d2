"""Queries and mutations about events, whatever the domain."""

from collections.abc import Callable, Sequence
from typing import Annotated, cast

import msgspec
import orjson
import strawberry
from strawberry.scalars import JSON

from hazelgate.client.following.log_pages import LogWindow, read_log
from hazelgate.client.reading.filters import Filter, all_of, condition
from hazelgate.client.reading.histories import Aggregate, read_histories, read_histories_after
from hazelgate.client.reads import available
from hazelgate.client.views.pages import Window
from hazelgate.client.views.past import within
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.events.submitting import MAX_EVENTS, given, submit_many
from hazelgate.resolvers.meanings import AtOnce, means
from hazelgate.resolvers.reading.histories import events_page
from hazelgate.schema.arguments import bad_input, known_types, require_id
from hazelgate.schema.events.completions import Completion, EventMetrics
from hazelgate.schema.events.event_types import EventTypeInfo
from hazelgate.schema.events.records import EventConnection, EventRecord
from hazelgate.schema.events.results import EventOptions, EventPayload, EventReceipt, EventResult, HandleEventInput
from hazelgate.schema.fields import FieldResolvers
from hazelgate.sourcing import envelope
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import COMPLETED_EVENTS, EVENT_IDS, EVENT_STORE, IdRecord
from hazelgate.sourcing.errors import Forbidden, PipelineUnavailable

_decode_id_record = msgspec.json.Decoder(IdRecord).decode
_decode_completion = msgspec.json.Decoder(envelope.Completion).decode


async def load_event(info: Info, event_id: str) -> EventRecord | None:
    """An event by its id, in two reads: the id leads to the key in the store. None where the caller may not see it."""
    found = await stored_event(info, event_id)
    return found if found is not None and info.context.rights.may_read(found.record) else None


async def stored_event(info: Info, event_id: str) -> EventRecord | None:
    """The same, whatever the caller may see: for what is worked out of it and not shown."""
    reads = info.context.reads
    raw_id = await reads.load(EVENT_IDS, event_id)
    key = _decode_id_record(raw_id).key if raw_id is not None else None
    raw = await reads.load(EVENT_STORE, key) if key is not None else None
    return EventRecord.decode(raw) if raw is not None else None


@strawberry.type
class EventQueries:
    @strawberry.field(description="An event by its id; null where there is none.")
    async def event(
        self, info: Info, event_id: Annotated[strawberry.ID, strawberry.argument(description="The event's id.")]
    ) -> EventRecord | None:
        return await load_event(info, require_id("eventId", event_id))

    @strawberry.field(description="Where the streams stand now, for `after` of a subscription.")
    def stream_cursor(self, info: Info) -> str | None:
        available(info.context.cluster)
        if not info.context.frontier.log:
            raise PipelineUnavailable("this gateway does not follow the log yet; try again in a moment")
        return info.context.frontier.text

    @strawberry.field(description="Stored events, oldest first; with last, the newest.")
    async def events(
        self,
        info: Info,
        types: Annotated[list[str] | None, strawberry.argument(description="Of these types alone.")] = strawberry.UNSET,
        aggregate_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Of the aggregates with this id alone.")
        ] = strawberry.UNSET,
        saga_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Of this saga alone.")
        ] = strawberry.UNSET,
        correlation_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Of this correlation alone.")
        ] = strawberry.UNSET,
        first: Annotated[
            int | None, strawberry.argument(description="So many from the beginning; at most 1,000. 20 without it.")
        ] = strawberry.UNSET,
        after: Annotated[str | None, strawberry.argument(description="Those behind this cursor.")] = strawberry.UNSET,
        last: Annotated[
            int | None, strawberry.argument(description="So many from the end; at most 1,000.")
        ] = strawberry.UNSET,
        before: Annotated[str | None, strawberry.argument(description="Those before this cursor.")] = strawberry.UNSET,
    ) -> EventConnection | None:
        rights = info.context.rights
        chosen = known_types(rights.readable_types(), types) if isinstance(types, list) else None
        where = await available(info.context.cluster).log_positions()
        asked = LogWindow.of(where, first, after, last, before)
        window = asked.window
        if isinstance(aggregate_id, str):
            specs = info.context.catalog.specs

            def wanted(record: envelope.EventRecord) -> bool:
                return (
                    asked.holds(record)
                    and (chosen is None or record.event_type in chosen)
                    and (not isinstance(saga_id, str) or record.saga_id == saga_id)
                    and (not isinstance(correlation_id, str) or record.correlation_id == correlation_id)
                    and rights.may_read(record)
                )

            key = require_id("aggregateId", aggregate_id)
            kinds = dict.fromkeys(specs[name].aggregate for name in (specs if chosen is None else chosen))
            aggregates = [(kind, key) for kind in kinds]
            if window.backward or window.before is not None:
                return _page(asked, *within(window, await _before(info, aggregates, window, wanted)))
            found = await read_histories_after(
                info.context.reads.load_many, aggregates, after=window.after, limit=window.size + 1, wanted=wanted
            )
            return _page(asked, *within(window, found))
        conditions: list[Filter] = [] if chosen is None else [condition(["eventType"], "in", chosen)]
        for path, value in (("sagaId", saga_id), ("correlationId", correlation_id)):
            if isinstance(value, str):
                conditions.append(condition([path], "eq", value))
        readable = rights.events()
        if readable is not None:
            conditions.append(readable)
        return _page(asked, *await read_log(info.context.reads, asked, all_of(conditions)))

    @strawberry.field(description="How an event fared; null where nothing is known of it (yet).")
    async def completion(
        self, info: Info, event_id: Annotated[strawberry.ID, strawberry.argument(description="The event's id.")]
    ) -> Completion | None:
        available(info.context.cluster)
        found = await info.context.handler.completion(require_id("eventId", event_id))
        return Completion.of(found) if found is not None and await _may_know(info, found) else None


async def _may_know(info: Info, completion: envelope.Completion) -> bool:
    """Whether the caller may know how an event fared: it may see all events of the type, or this one, or sent it."""
    rights = info.context.rights
    if not rights.is_limited or rights.may_read_all(completion.event_type):
        return True
    stored = await stored_event(info, completion.event_id)
    return stored is not None and (rights.may_read(stored.record) or rights.has_submitted(stored.record))


def _page(asked: LogWindow, records: Sequence[envelope.EventRecord], more: bool) -> EventConnection:
    return events_page(asked.window, more, [(asked.cursor(each), EventRecord.of(each)) for each in records])


async def _before(
    info: Info,
    aggregates: Sequence[Aggregate],
    window: Window,
    wanted: Callable[[envelope.EventRecord], bool],
) -> list[envelope.EventRecord]:
    """All records of the aggregates that a page from the end, or up to a cursor, may have, in the order of storing."""
    histories = await read_histories(info.context.reads.load_many, aggregates)
    return sorted(
        (record for history in histories for record in history if wanted(record)), key=lambda each: each.cursor
    )


@strawberry.type
class EventTypeQueries:
    @strawberry.field(description="Every event type there is.")
    def event_catalog(self, info: Info) -> list[EventTypeInfo] | None:
        rights = info.context.rights
        seen = [
            name
            for name, view in rights.catalog.views.items()
            if view.in_api or not (rights.is_limited or view.is_derived)
        ]
        specs = [info.context.catalog.spec(name) for name in rights.event_types()]
        return [EventTypeInfo.of(spec, rights.json_schema(spec), seen) for spec in specs]


@strawberry.type
class EventMutations:
    @strawberry.mutation(description="Submits any event of the catalog.")
    async def handle_event(
        self,
        info: Info,
        input: Annotated[HandleEventInput, strawberry.argument(description="The event.")],
        options: Annotated[
            EventOptions | None, strawberry.argument(description="How it is submitted, and what is waited for.")
        ] = strawberry.UNSET,
    ) -> EventResult | None:
        [result] = await submit_many(info, [input], given(options))
        return EventPayload(receipt=result) if isinstance(result, EventReceipt) else result

    @strawberry.mutation(
        description="Submits at most 1,000 events together; results in the same order. With an eventId, the events get "
        "the ids `<eventId>:0`, `<eventId>:1`…"
    )
    async def handle_events(
        self,
        info: Info,
        inputs: Annotated[
            list[HandleEventInput], strawberry.argument(description="The events, in their order; at most 1,000.")
        ],
        options: Annotated[
            EventOptions | None, strawberry.argument(description="How they are submitted, and what is waited for.")
        ] = strawberry.UNSET,
    ) -> list[EventResult] | None:
        if len(inputs) > MAX_EVENTS:
            raise bad_input("inputs", f"at most {MAX_EVENTS:,} events at once, these are {len(inputs):,}")
        results = await submit_many(info, inputs, given(options))
        return [EventPayload(receipt=result) if isinstance(result, EventReceipt) else result for result in results]


async def event_metrics(event: EventRecord, info: Info) -> EventMetrics:
    """Stages after storing are known from the completion, for as long as that is kept."""
    record = event.record
    raw = await info.context.reads.load(COMPLETED_EVENTS, record.event_id)
    if raw is not None:
        return EventMetrics.of(_decode_completion(raw).stages)
    return EventMetrics.of(
        envelope.Stages(timestamp=record.timestamp, received_at=record.received_at, persisted_at=record.persisted_at)
    )


def _event_data(event: EventRecord, info: Info) -> JSON:
    """The payload as JSON text, which goes into the answer as it is."""
    rights, record = info.context.rights, event.record
    if not rights.may_read(record):  # whatever has led here
        raise Forbidden
    return cast(JSON, orjson.Fragment(rights.shown(record.event_type, current_data(info.context.catalog, record))))


def current_data(catalog: Catalog, record: envelope.EventRecord) -> bytes:
    """
    The payload as JSON in today's schema: as it is stored where that is today's already.

    An event whose type is not in the catalog (any more) has no schema today, and is shown as it is stored.
    """
    spec = catalog.specs.get(record.event_type)
    if spec is None or record.event_version == spec.version:
        return bytes(record.data)
    return catalog.encode(catalog.decode(record.event_type, record.event_version, record.data))


event_data = means(AtOnce(_event_data), _event_data)

FIELDS: FieldResolvers = {(EventRecord, "data"): event_data, (EventRecord, "metrics"): event_metrics}
