"""Snapshots of views, as operators see them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from hazelgate.client.operators import manifests, snapshot_requests
from hazelgate.client.operators.snapshot_requests import AttemptStatus
from hazelgate.schema.enums import described_enum
from hazelgate.schema.scalars import optional_instant, stored_instant

described_enum(
    AttemptStatus,
    "How far the taking of a snapshot is.",
    {AttemptStatus.RUNNING: "Under way.", AttemptStatus.DONE: "Taken.", AttemptStatus.FAILED: "Not taken."},
    name="SnapshotStatus",
)


@strawberry.type(description="What a snapshot has of one view.")
class ViewSnapshot:
    view_name: str = strawberry.field(description="The view's name.")
    snapshot_timestamp: datetime = strawberry.field(description="As of when it is.")
    position: str = strawberry.field(description="Every event at or below it is in there.")
    location: str = strawberry.field(description="Where it is kept.")
    entries: int = strawberry.field(description="How many entries it has.")
    bytes: int = strawberry.field(description="As they are kept, compressed.")
    code: list[str] = strawberry.field(description="The fingerprints of all code that took part in the view.")


@strawberry.type(description="Entries of views as they were at one time, to build the views from.")
class Snapshot:
    id: strawberry.ID = strawberry.field(description="The snapshot's id.")
    snapshot_timestamp: datetime = strawberry.field(description="As of when it is.")
    completed_at: datetime = strawberry.field(description="When it was complete.")
    position: str = strawberry.field(description="Every event at or below it is in the snapshot.")
    up_to: str = strawberry.field(description="No event above it is in the snapshot.")
    location: str = strawberry.field(description="Where it is kept.")
    views: list[ViewSnapshot] = strawberry.field(description="What it has of each view.")

    @classmethod
    def of(cls, manifest: manifests.Manifest, location: str) -> Snapshot:
        """The same as its manifest tells it."""
        place = f"{location.rstrip('/')}/{manifest.id}"
        at = stored_instant(manifest.snapshot_timestamp)
        return cls(
            id=strawberry.ID(manifest.id),
            snapshot_timestamp=at,
            completed_at=stored_instant(manifest.completed_at),
            position=str(manifest.position),
            up_to=str(manifest.up_to),
            location=place,
            views=[
                ViewSnapshot(
                    view_name=view,
                    snapshot_timestamp=at,
                    position=str(manifest.position),
                    location=place,
                    entries=manifest.entries_of(view),
                    bytes=manifest.bytes_of(view),
                    code=code,
                )
                for view, code in manifest.views.items()
            ],
        )


@strawberry.type(description="A snapshot that is being taken, was taken, or could not be.")
class SnapshotAttempt:
    id: strawberry.ID = strawberry.field(description="The snapshot's id.")
    status: AttemptStatus = strawberry.field(description="How far it is.")
    entries: int = strawberry.field(description="How many entries were written so far.")
    started_at: datetime = strawberry.field(description="When it began.")
    ended_at: datetime | None = strawberry.field(description="When it ended; null while it runs.")
    error: str | None = strawberry.field(description="Why it failed, where it did.")

    @classmethod
    def of(cls, attempt: snapshot_requests.Attempt) -> SnapshotAttempt:
        """The same as the engine tells it."""
        return cls(
            id=strawberry.ID(attempt.id),
            status=attempt.status,
            entries=attempt.entries,
            started_at=stored_instant(attempt.started_at),
            ended_at=optional_instant(attempt.ended_at),
            error=attempt.error,
        )
