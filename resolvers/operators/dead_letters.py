"""Queries and mutations about events that a view could not take."""

from typing import Annotated

import msgspec
import strawberry
from strawberry.scalars import JSON

from hazelgate.client.operators.dead_letters import DeadLetters, checked, letter_filter
from hazelgate.client.reads import writable
from hazelgate.client.resolutions import Resolution
from hazelgate.client.views.pages import Listing, Window
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.events.submitting import optional
from hazelgate.resolvers.reading.connections import read_connection
from hazelgate.schema.arguments import bad_input, require_stored_id
from hazelgate.schema.connections import Connection
from hazelgate.schema.events.completions import Completion
from hazelgate.schema.events.records import EventRecord
from hazelgate.schema.fields import FieldResolvers
from hazelgate.schema.operators.dead_letters import DeadLetter, DeadLetterResolution
from hazelgate.sourcing.envelope import DEAD_LETTER_EVENTS, EVENT_STORE
from hazelgate.sourcing.errors import DeadLetterError, Forbidden


@strawberry.type
class DeadLetterQueries:
    @strawberry.field(description="Events that a view could not take, of one view or event type or of all.")
    async def dead_letters(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="So many from the beginning; at most 1,000. 20 without it.")
        ] = strawberry.UNSET,
        after: Annotated[str | None, strawberry.argument(description="Those behind this cursor.")] = strawberry.UNSET,
        projection: Annotated[str | None, strawberry.argument(description="Of this view alone.")] = strawberry.UNSET,
        event_type: Annotated[
            str | None, strawberry.argument(description="Of this event type alone.")
        ] = strawberry.UNSET,
    ) -> Connection[DeadLetter] | None:
        listing = Listing(DEAD_LETTER_EVENTS, None, letter_filter(optional(projection), optional(event_type)))
        return await read_connection(info, listing, Window.of(listing.order, first, after), DeadLetter.decode)

    @strawberry.field(description="One event that a view could not take; null where there is no such id (any more).")
    async def dead_letter(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The letter's id.")]
    ) -> DeadLetter | None:
        raw = await info.context.reads.load(DEAD_LETTER_EVENTS, require_stored_id("id", id))
        return None if raw is None else DeadLetter.decode(raw)


@strawberry.type
class DeadLetterMutations:
    @strawberry.mutation(
        description="Operators only. Tries once more to apply the event to the view; those behind it follow in order. "
        "Where it fails again the completion says so."
    )
    async def retry_dead_letter(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The letter's id.")]
    ) -> Completion | None:
        letters = DeadLetters(writable(info.context.cluster))
        [resolution] = await letters.retry([require_stored_id("id", id)])
        return _completed(resolution)

    @strawberry.mutation(
        description="Operators only. Tries several once more: those named, or those of a view or event type; with no "
        "argument all there are."
    )
    async def retry_dead_letters(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="These letters.")
        ] = strawberry.UNSET,
        projection: Annotated[str | None, strawberry.argument(description="Those of this view.")] = strawberry.UNSET,
        event_type: Annotated[
            str | None, strawberry.argument(description="Those of this event type.")
        ] = strawberry.UNSET,
    ) -> list[DeadLetterResolution]:
        letters, named = DeadLetters(writable(info.context.cluster)), optional(ids)
        if named is not None and (optional(projection) is not None or optional(event_type) is not None):
            raise bad_input("ids", "give either ids, or a projection and an event type")
        if named is None:
            found = letters.find(projection=optional(projection), event_type=optional(event_type))
            chosen = [each.id async for each in found]
        else:
            chosen = [require_stored_id("ids", each) for each in named]
        return [DeadLetterResolution.of(each) for each in await letters.retry(chosen)]

    @strawberry.mutation(
        description="Operators only. Applies the event to that view with other data in place of its own; the store "
        "keeps the event as it was."
    )
    async def edit_dead_letter(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The letter's id.")],
        data: Annotated[JSON, strawberry.argument(description="The payload to apply in place of the event's own.")],
        reason: Annotated[
            str | None, strawberry.argument(description="Why; kept with the decision.")
        ] = strawberry.UNSET,
    ) -> Completion | None:
        letters, encoded = DeadLetters(writable(info.context.cluster)), msgspec.json.encode(data)
        return _completed(await letters.edit(require_stored_id("id", id), encoded, optional(reason)))

    @strawberry.mutation(description="Operators only. Leaves the event out of that view, for good; the store keeps it.")
    async def discard_dead_letter(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The letter's id.")],
        reason: Annotated[str, strawberry.argument(description="Why; kept with the decision.")],
    ) -> Completion | None:
        if not reason.strip():
            raise bad_input("reason", "say why")
        letters = DeadLetters(writable(info.context.cluster))
        return _completed(await letters.discard(require_stored_id("id", id), reason))


def _completed(resolution: Resolution) -> Completion:
    completion = checked(resolution).completion
    if completion is None:
        raise DeadLetterError(resolution.id, f"dead letter {resolution.id} is resolved; the store lacks its event")
    return Completion.of(completion)


async def dead_letter_event(letter: DeadLetter, info: Info) -> EventRecord:
    """The event that the view could not take, from the store."""
    key = letter.letter.event_key
    raw = await info.context.reads.load(EVENT_STORE, key)
    if raw is None:
        raise LookupError(f"dead letter {letter.id} names an event that the store does not have: {key}")
    event = EventRecord.decode(raw)
    if not info.context.rights.may_read(event.record):
        raise Forbidden(f"none of your roles may read {letter.letter.event_type}; allow one in its `readers`")
    return event


FIELDS: FieldResolvers = {(DeadLetter, "event"): dead_letter_event}
