"""The cluster that a contract is checked on: once in memory, once with a real member and projector."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sourcing import Catalog
from sourcing.cluster import Cluster
from sourcing.handler import EventHandler
from sourcing.memory import MemoryCluster
from sourcing.projector.process import Processor


@pytest.fixture(scope="session")
async def memory_cluster(ledger: Catalog) -> AsyncIterator[MemoryCluster]:
    """The pipeline in this process, with the test domain."""
    cluster = MemoryCluster(Processor(ledger))
    await cluster.start()
    yield cluster
    await cluster.close()


@pytest.fixture(scope="session", params=["memory", "real"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """One after the other, shared by all tests: use fresh ids."""
    cluster: Cluster = request.getfixturevalue(f"{request.param}_cluster")
    return cluster


@pytest.fixture
async def handler(ledger: Catalog, cluster: Cluster) -> AsyncIterator[EventHandler]:
    """Submits events of the test domain."""
    handler = EventHandler(ledger, cluster, source="contract")
    yield handler
    await handler.close()
