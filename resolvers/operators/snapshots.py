"""Queries and mutations about snapshots of views, for operators."""

from typing import Annotated

import strawberry

from hazelgate.client.operators.snapshot_requests import Snapshots
from hazelgate.client.reads import available, writable
from hazelgate.resolvers.context import Info
from hazelgate.schema.operators.snapshots import Snapshot, SnapshotAttempt


@strawberry.type
class SnapshotQueries:
    @strawberry.field(description="The snapshots that there are, newest first. Damaged ones are left out.")
    async def snapshots(self, info: Info) -> list[Snapshot] | None:
        listing = await Snapshots(available(info.context.cluster)).listing()
        return [Snapshot.of(each, listing.location) for each in listing.snapshots]

    @strawberry.field(description="How the taking of the last snapshots went, newest first.")
    async def snapshot_attempts(self, info: Info) -> list[SnapshotAttempt] | None:
        return [SnapshotAttempt.of(each) for each in await Snapshots(available(info.context.cluster)).attempts()]


@strawberry.type
class SnapshotMutations:
    @strawberry.mutation(
        description="Operators only. Begins to take a snapshot of views; without names: of all that are complete. "
        "Reads and writes go on."
    )
    async def create_snapshot(
        self,
        info: Info,
        views: Annotated[
            list[str] | None, strawberry.argument(description="Their names; left out, all that are complete.")
        ] = None,
    ) -> SnapshotAttempt:
        snapshots = Snapshots(writable(info.context.cluster))
        return SnapshotAttempt.of(await snapshots.find(await snapshots.create(views or ())))
