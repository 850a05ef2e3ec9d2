"""Subscriptions to events and to the pipeline's figures, the same for every domain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

import strawberry

from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Gap
from hazelgate.client.following.interests import EventsOf
from hazelgate.client.following.since import events_since
from hazelgate.client.views.frontiers import Frontier
from hazelgate.schema.arguments import bad_input, known_types, require_id
from hazelgate.schema.events.records import EventRecord
from hazelgate.schema.events.streams import EventNotice, EventStream, Place
from hazelgate.schema.operators.figures import PipelineMetrics
from hazelgate.sourcing.envelope import EventRecord as StoredRecord
from hazelgate.sourcing.errors import PipelineUnavailable
from hazelgate.subscriptions.context import Info
from hazelgate.subscriptions.streams import discontinuity, follow, shared

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
        rights = info.context.rights
        chosen = frozenset(known_types(rights.readable_types(), types)) if isinstance(types, list) else None
        aggregate = require_id("aggregateId", aggregate_id) if isinstance(aggregate_id, str) else None

        wanted = EventsOf(chosen, aggregate)
        if isinstance(after, str):
            async with aclosing(events_since(info.context.feed, wanted, Frontier.parse("after", after))) as since:
                async for told in since:
                    if isinstance(told, Gap):
                        yield discontinuity(told)
                    elif rights.may_read(told.record):
                        yield _notice(told.record, None, told.frontier)
            return

        async def make(happening: Happening) -> list[EventNotice]:
            record = happening.record
            return [_notice(record, happening.number, happening.frontier)] if rights.may_read(record) else []

        async for notice in follow(info, wanted, make):
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


def _notice(record: StoredRecord, number: int | None, frontier: Frontier | None) -> EventNotice:
    return EventNotice(event=EventRecord.of(record), place=Place(record.cursor, number, None, frontier))


async def _figures(info: Info) -> PipelineMetrics:
    """The figures; without any, the error: graphql-core raises it for this one answer, and the stream goes on."""
    try:
        return PipelineMetrics.of(await info.context.cluster.stats())
    except PipelineUnavailable as error:
        return error  # type: ignore[return-value]
