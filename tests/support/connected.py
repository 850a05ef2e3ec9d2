"""Clients and handlers of a cluster, for as long as a block lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec

from hazelgate import Catalog
from hazelgate.client.cluster import Cluster
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission
from hazelgate.client.submitting.submissions import DEFAULT_OPTIONS, MAX_TIMEOUT_SECONDS
from hazelgate.sourcing.errors import EventError
from tests.support.until import PATIENCE_SECONDS


class PatientHandler(EventHandler):
    """Waits as long as one may for an event whose options name no time: five seconds are little on a busy machine."""

    async def handle_events(self, submissions: Sequence[Submission]) -> list[Receipt | EventError]:
        """As its base does."""
        return await super().handle_events([_patient(each) for each in submissions])


def _patient(submission: Submission) -> Submission:
    options = submission.options
    if options.timeout_seconds != DEFAULT_OPTIONS.timeout_seconds:
        return submission
    patient = msgspec.structs.replace(options, timeout_seconds=MAX_TIMEOUT_SECONDS)
    return msgspec.structs.replace(submission, options=patient)


@asynccontextmanager
async def connected(cluster: HazelcastCluster) -> AsyncIterator[HazelcastCluster]:
    """The client, started, and ready to take events in."""
    await cluster.start()
    try:
        await cluster.wait_until_ready(PATIENCE_SECONDS)
        yield cluster
    finally:
        await cluster.close()


@asynccontextmanager
async def handling(catalog: Catalog, cluster: Cluster) -> AsyncIterator[EventHandler]:
    """A handler that hears what becomes of its events."""
    handler = PatientHandler(catalog, cluster)
    await handler.start()
    try:
        yield handler
    finally:
        await handler.close()
