"""A member with a projector: one cluster of its own, that a test may hurt."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.operations.member import SnapshotOptions
from tests.support.processes import Child, free_port, member, projector, supervised_projector


@dataclass(frozen=True)
class Stack:
    """A running member and its projector."""

    cluster_name: str
    address: str
    """`host:port` of the member."""
    member: Child
    projector: Child

    def cluster(self, *, deadline_seconds: float = 30.0) -> HazelcastCluster:
        """A client of it, not yet started."""
        return HazelcastCluster(
            cluster_name=self.cluster_name, members=[self.address], deadline_seconds=deadline_seconds
        )


@contextmanager
def running_stack(
    folder: Path,
    *,
    domain: str = "tests.support.ledger",
    max_in_flight: int = 20_000,
    handler_timeout_seconds: float | None = None,
    postgres_dsn: str | None = None,
    recent_events: int = 100_000,
    snapshots: SnapshotOptions | None = None,
    recent_seconds: int = 0,
) -> Iterator[Stack]:
    """
    A stack of its own; nothing of it is left when the block ends.

    With `handler_timeout_seconds`, its projector is supervised, as `hazelgate projector` is.
    """
    name = f"test-{uuid.uuid4().hex[:12]}"
    projector_port, member_port = free_port(), free_port()
    log = folder / f"{name}-projector.log"
    if handler_timeout_seconds is None:
        folds = projector(projector_port, log=log, domain=domain)
    else:
        folds = supervised_projector(
            projector_port, log=log, domain=domain, handler_timeout_seconds=handler_timeout_seconds
        )
    runs = member(
        member_port,
        cluster_name=name,
        projector_port=projector_port,
        log=folder / f"{name}-member.log",
        max_in_flight=max_in_flight,
        postgres_dsn=postgres_dsn,
        recent_events=recent_events,
        snapshots=snapshots,
        recent_seconds=recent_seconds,
    )
    try:
        folds.launch()
        runs.start()
        folds.wait_until_up()
        yield Stack(name, f"127.0.0.1:{member_port}", runs, folds)
    finally:
        runs.kill()  # there is nobody to hand anything over to
        folds.stop()
