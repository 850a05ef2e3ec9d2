"""Clients and handlers of a cluster, for as long as a block lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hazelgate import Catalog
from hazelgate.client.cluster import Cluster
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler

READY_SECONDS = 30.0


@asynccontextmanager
async def connected(
    cluster: HazelcastCluster, *, ready_seconds: float = READY_SECONDS
) -> AsyncIterator[HazelcastCluster]:
    """The client, started, and ready to take events in."""
    await cluster.start()
    try:
        await cluster.wait_until_ready(ready_seconds)
        yield cluster
    finally:
        await cluster.close()


@asynccontextmanager
async def handling(catalog: Catalog, cluster: Cluster) -> AsyncIterator[EventHandler]:
    """A handler that hears what becomes of its events."""
    handler = EventHandler(catalog, cluster)
    await handler.start()
    try:
        yield handler
    finally:
        await handler.close()
