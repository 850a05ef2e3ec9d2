"""A view's name leads to its live generation, for reads and for queries, from one moment to the next."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from hazelcast.asyncio import HazelcastClient
from hazelcast.core import HazelcastJsonValue

from sourcing.cluster import Cluster
from sourcing.generations import VIEW_GENERATIONS
from sourcing.ids import new_id
from sourcing.memory import MemoryCluster
from sourcing.queries import EntryQuery
from tests.support.stack import Stack
from tests.support.until import eventually

Put = Callable[[str, str, dict[str, object]], Awaitable[None]]


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
        await entries.set(key, HazelcastJsonValue(value))

    yield put_really
    await client.shutdown()


async def test_a_view_is_read_in_its_live_generation(cluster: Cluster, put: Put) -> None:
    view = f"{new_id()}-view"
    await put(view, "k", {"shelf": "old"})
    await put(f"g2.{view}", "k", {"shelf": "new"})
    before = (await cluster.read(view, ["k"]))[0]
    await put(VIEW_GENERATIONS, view, {"live": f"g2.{view}", "previous": view})

    async def is_switched() -> bool:
        entry = (await cluster.read(view, ["k"]))[0]
        return bool(msgspec.json.decode(entry or b"{}") == {"shelf": "new"})

    assert msgspec.json.decode(before or b"{}") == {"shelf": "old"}
    await eventually(is_switched)
    page = await cluster.query(EntryQuery(map_name=view))
    assert [msgspec.json.decode(each.entry) for each in page.entries] == [{"shelf": "new"}]
