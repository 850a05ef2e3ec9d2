"""
A gateway that dies at the worst moment: its events are in pending-events, and nobody has been answered.

`python -m tests.chaos.gateway CLUSTER MEMBERS ID…` submits one reading for each eventId and kills itself in between.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from hazelgate import Catalog
from hazelgate.client.cluster import Admission
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler, Submission, SubmitOptions
from tests.chaos.meters import MeterRead


class FatalCluster(HazelcastCluster):
    """Ends the process as soon as the members have taken the events."""

    async def submit(self, events: Sequence[tuple[str, bytes]]) -> Sequence[Admission]:
        await super().submit(events)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")


def reading_of(event_id: str) -> MeterRead:
    """The same for the same id, whoever submits it."""
    prefix = event_id.partition("-")[0]
    return MeterRead(meter_id=f"{prefix}-{event_id}", number=0, units=50, district=f"{prefix}-d")


async def main(cluster_name: str, members: Sequence[str], ids: Sequence[str]) -> None:
    """Never returns."""
    cluster = FatalCluster(cluster_name=cluster_name, members=members)
    await cluster.start()
    await cluster.wait_until_ready(60)
    handler = EventHandler(Catalog.load("tests.chaos.meters"), cluster)
    submissions = [Submission(reading_of(event_id), SubmitOptions(event_id=event_id)) for event_id in ids]
    await handler.handle_events(submissions)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2].split(","), sys.argv[3:]))
