"""Which snapshots are kept, and which go."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hazelgate.client.operators.manifests import Listing, Manifest
from hazelgate.operations.snapshot_store.archive import Archive
from hazelgate.sourcing.clock import moment

log = logging.getLogger("hazelgate.snapshots")


@dataclass(frozen=True)
class Retention:
    """The newest `keep` stay, as long as they are not older than `max_age`; the newest stays however old it is."""

    keep: int = 5
    max_age: timedelta | None = None

    def surplus(self, snapshots: Sequence[Manifest], now: datetime) -> list[str]:
        """The ids of those that go, of the newest first."""
        return [
            each.id
            for place, each in enumerate(snapshots)
            if place >= max(1, self.keep)
            or (place > 0 and self.max_age is not None and moment(each.snapshot_timestamp) < now - self.max_age)
        ]


def prune(archive: Archive, retention: Retention, *, spare: str, now: datetime | None = None) -> list[str]:
    """
    Delete what is not kept: surplus snapshots, damaged ones older than all that are kept, and what was never finished.

    Args:
        spare: A snapshot that stays in any case: the one that was just taken.

    Returns:
        The ids of what was deleted.
    """
    now = now or datetime.now(UTC)
    listing = archive.listing()
    gone = [each for each in retention.surplus(listing.snapshots, now) if each != spare]
    gone += _damaged_before(listing, gone)
    gone += [each for each in archive.abandoned(now) if each != spare]
    for snapshot_id in gone:
        archive.drop(snapshot_id)
        log.info("snapshot %s is deleted", snapshot_id)
    return gone


def _damaged_before(listing: Listing, gone: list[str]) -> list[str]:
    """Ids begin with the time: a damaged one that all kept ones are newer than is of no use to anybody."""
    kept = [each.id for each in listing.snapshots if each.id not in gone]
    return [each.id for each in listing.damaged if kept and each.id < min(kept)]
