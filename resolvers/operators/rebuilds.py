"""Queries and mutations about rebuilds of views, for operators."""

from typing import Annotated

import strawberry

from hazelgate.client.operators.rebuilds import Rebuilds
from hazelgate.client.reads import available, writable
from hazelgate.resolvers.context import Info
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.operators.rebuilds import Rebuild, ViewState


@strawberry.type
class RebuildQueries:
    @strawberry.field(description="The last rebuilds, newest first, with how far each is.")
    async def rebuilds(self, info: Info) -> list[Rebuild] | None:
        return [Rebuild.of(each) for each in (await Rebuilds(available(info.context.cluster)).report()).rebuilds]

    @strawberry.field(description="Where each view stands.")
    async def views(self, info: Info) -> list[ViewState] | None:
        return [ViewState.of(each) for each in (await Rebuilds(available(info.context.cluster)).report()).views]


@strawberry.type
class RebuildMutations:
    @strawberry.mutation(
        description="Operators only. Builds views again from the log, beside the live ones, and switches when they are "
        "complete. Without names: all. `beginWith` names a snapshot to go on from: its id, `latest`, or a checkpoint "
        "(a position, or an instant), for the newest that holds nothing of what came after it. `otherCode` takes one "
        "that other code than today's has made, too."
    )
    async def start_rebuild(
        self,
        info: Info,
        views: Annotated[list[str] | None, strawberry.argument(description="Their names; left out, all.")] = None,
        events_per_second: Annotated[
            int | None, strawberry.argument(description="At most so many; left out, as fast as it goes.")
        ] = None,
        begin_with: Annotated[str | None, strawberry.argument(description="A snapshot to go on from.")] = None,
        other_code: Annotated[
            bool, strawberry.argument(description="Take a snapshot that other code has made, too.")
        ] = False,
    ) -> Rebuild:
        if events_per_second is not None and events_per_second < 1:
            raise bad_input("eventsPerSecond", "must be 1 or more; leave it out for no limit")
        rebuilds = Rebuilds(writable(info.context.cluster))
        started = await rebuilds.start(
            views or (), events_per_second=events_per_second or 0, begin_with=begin_with, other_code=other_code
        )
        return Rebuild.of(await rebuilds.find(started))

    @strawberry.mutation(description="Operators only. Ends a rebuild; the live views stay as they are.")
    async def cancel_rebuild(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The rebuild's id.")]
    ) -> Rebuild:
        rebuilds = Rebuilds(writable(info.context.cluster))
        await rebuilds.cancel(id)
        return Rebuild.of(await rebuilds.find(id))

    @strawberry.mutation(
        description="Operators only. Makes the generation before the live one live again, with all that came since."
    )
    async def rollback_view(
        self, info: Info, view: Annotated[str, strawberry.argument(description="The view's name.")]
    ) -> Rebuild:
        rebuilds = Rebuilds(writable(info.context.cluster))
        return Rebuild.of(await rebuilds.find(await rebuilds.roll_back(view)))
