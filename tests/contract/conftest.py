"""The cluster that a contract is checked on: once in memory, once with a real member and projector."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from hazelcast.asyncio import HazelcastClient
from hazelcast.core import HazelcastJsonValue

from hazelgate import Catalog
from hazelgate.client.cluster import Cluster
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster
from tests.support.connected import PatientHandler
from tests.support.maps import Put
from tests.support.stack import Stack


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
    handler = PatientHandler(ledger, cluster, source="contract")
    yield handler
    await handler.close()


@pytest.fixture
async def put(request: pytest.FixtureRequest, cluster: Cluster) -> AsyncIterator[Put]:
    """Writes into a map, as an operation of the cluster itself would."""
    if isinstance(cluster, MemoryCluster):
        engine = cluster.engine

        async def put_in_memory(map_name: str, key: str, value: dict[str, object]) -> None:
            engine.map(map_name)[key] = msgspec.json.encode(value)

        yield put_in_memory
        return
    stack: Stack = request.getfixturevalue("stack")
    client = await HazelcastClient.create_and_start(cluster_name=stack.cluster_name, cluster_members=[stack.address])

    async def put_really(map_name: str, key: str, value: dict[str, object]) -> None:
        entries: Any = await client.get_map(map_name)
        await entries.set(key, HazelcastJsonValue(msgspec.json.encode(value).decode()))

    yield put_really
    await client.shutdown()
