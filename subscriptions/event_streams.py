"""Subscriptions to events and to the pipeline's figures, the same for every domain."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.interests import EventsOf
from hazelgate.client.following.streams import refuse_after
from hazelgate.client.views.cursors import log_cursor
from hazelgate.schema.arguments import bad_input, known_types, require_id
from hazelgate.schema.events.records import EventRecord
from hazelgate.schema.events.streams import EventNotice, EventStream, Place
from hazelgate.schema.operators.figures import PipelineMetrics
from hazelgate.sourcing.errors import PipelineUnavailable
from hazelgate.subscriptions.context import Info
from hazelgate.subscriptions.streams import follow, shared

SHORTEST_INTERVAL_MS = 100
LONGEST_INTERVAL_MS = 60_000


@strawberry.type
class EventSubscriptions:
    @strawberry.subscription(description="Every event as soon as it is applied.")
    @shared
    async def events(
        self,
        info: Info,
        types: Annotated[list[str] | None, strawberry.argument(description="Of these types alone.")] = strawberry.UNSET,
        aggregate_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Of the aggregates with this id alone.")
        ] = strawberry.UNSET,
        after: Annotated[
            str | None, strawberry.argument(description="Every event since this cursor first, then live.")
        ] = strawberry.UNSET,
    ) -> AsyncIterator[EventStream]:
        refuse_after(after)
        rights = info.context.rights
        chosen = frozenset(known_types(rights.readable_types(), types)) if isinstance(types, list) else None
        aggregate = require_id("aggregateId", aggregate_id) if isinstance(aggregate_id, str) else None

        async def make(happening: Happening) -> list[EventNotice]:
            record = happening.record
            if not rights.may_read(record):
                return []
            place = Place(record.cursor, happening.number)
            return [EventNotice(cursor=log_cursor(record.cursor), event=EventRecord.of(record), place=place)]

        async for notice in follow(info, EventsOf(chosen, aggregate), make):
            yield notice

    @strawberry.subscription(description="The pipeline's figures, now and then every `intervalMs` (100 to 60,000).")
    async def pipeline_metrics(
        self,
        info: Info,
        interval_ms: Annotated[int, strawberry.argument(description="How often; 100 to 60,000.")] = 1_000,
    ) -> AsyncIterator[PipelineMetrics]:
        if not SHORTEST_INTERVAL_MS <= interval_ms <= LONGEST_INTERVAL_MS:
            raise bad_input("intervalMs", f"from {SHORTEST_INTERVAL_MS} to {LONGEST_INTERVAL_MS:,}")
        while True:
            yield await _figures(info)
            await asyncio.sleep(interval_ms / 1_000)


async def _figures(info: Info) -> PipelineMetrics:
    """The figures; without any, the error: graphql-core raises it for this one answer, and the stream goes on."""
    try:
        return PipelineMetrics.of(await info.context.cluster.stats())
    except PipelineUnavailable as error:
        return error  # type: ignore[return-value]
