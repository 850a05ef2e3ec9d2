"""Rebuilds of views, as operators see them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from hazelgate.client.operators import rebuilds
from hazelgate.client.operators.rebuilds import RebuildKind, RebuildStatus
from hazelgate.schema.enums import described_enum
from hazelgate.schema.scalars import optional_instant, stored_instant

described_enum(
    RebuildKind,
    "What is done with a fresh fold of the log.",
    {
        RebuildKind.REBUILD: "It becomes the live one.",
        RebuildKind.ROLLBACK: "The one before the live one becomes live again.",
        RebuildKind.DIFF: "It is compared with the live one.",
    },
)
described_enum(
    RebuildStatus,
    "How far a rebuild is.",
    {
        RebuildStatus.RUNNING: "Under way.",
        RebuildStatus.DONE: "At its end.",
        RebuildStatus.CANCELLED: "Ended by an operator.",
        RebuildStatus.FAILED: "Ended by an error.",
    },
)


@strawberry.type(description="Views that are built again from the log, beside the live ones.")
class Rebuild:
    id: strawberry.ID = strawberry.field(description="The rebuild's id.")
    kind: RebuildKind = strawberry.field(description="What is done with the fresh fold.")
    views: list[str] = strawberry.field(description="The views that are built.")
    status: RebuildStatus = strawberry.field(description="How far it is.")
    started_at: datetime = strawberry.field(description="When it began.")
    ended_at: datetime | None = strawberry.field(description="When it ended; null while it runs.")
    error: str | None = strawberry.field(description="Why it failed, where it did.")
    snapshot: strawberry.ID | None = strawberry.field(description="The snapshot that it goes on from.")
    events: int = strawberry.field(description="How many events were folded so far.")
    total: int = strawberry.field(description="How many events there are to fold, without those in a snapshot.")

    @classmethod
    def of(cls, rebuild: rebuilds.Rebuild) -> Rebuild:
        """The same as the engine tells it."""
        return cls(
            id=strawberry.ID(rebuild.id),
            kind=rebuild.kind,
            views=rebuild.views,
            status=rebuild.status,
            started_at=stored_instant(rebuild.started_at),
            ended_at=optional_instant(rebuild.ended_at),
            error=rebuild.error,
            snapshot=None if rebuild.snapshot is None else strawberry.ID(rebuild.snapshot),
            events=rebuild.events,
            total=rebuild.total,
        )


@strawberry.type(description="Where a view stands.")
class ViewState:
    view: str = strawberry.field(description="The view's name.")
    live: str = strawberry.field(description="The map that holds it just now.")
    previous: str | None = strawberry.field(description="The map that was live before, kept for a rollback.")
    built_at: datetime | None = strawberry.field(
        description="When the live map was built from the log; null where it never was."
    )
    incomplete: bool = strawberry.field(
        description="It is younger than the log, and has not been built from it: startRebuild does that."
    )

    @classmethod
    def of(cls, status: rebuilds.ViewStatus) -> ViewState:
        """The same as the engine tells it."""
        return cls(
            view=status.view,
            live=status.live,
            previous=status.previous,
            built_at=optional_instant(status.built_at),
            incomplete=status.incomplete,
        )
