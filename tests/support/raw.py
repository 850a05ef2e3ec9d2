"""What a test puts into a cluster's maps behind the pipeline's back: what an older release would have left there."""

from __future__ import annotations

from typing import Any

from hazelcast.core import HazelcastJsonValue

from hazelgate.client.cluster import Cluster
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.testing.memory import MemoryCluster


class _PartitionedKey(str):
    """A key whose partition is that of what follows `@`, as on the members."""

    def get_partition_key(self) -> str:
        return self.rpartition("@")[2]


async def put(cluster: Cluster, map_name: str, key: str, value: bytes) -> None:
    """Put an entry as it is."""
    if isinstance(cluster, MemoryCluster):
        cluster.engine.map(map_name)[key] = value
        return
    assert isinstance(cluster, HazelcastCluster)
    assert cluster._client is not None
    entries: Any = await cluster._client.get_map(map_name)
    await entries.set(_PartitionedKey(key), HazelcastJsonValue(value.decode()))


async def keys(cluster: HazelcastCluster, map_name: str) -> list[str]:
    """The keys of a map, whatever is in it."""
    assert cluster._client is not None
    entries: Any = await cluster._client.get_map(map_name)
    return list(await entries.key_set())


async def entries(cluster: HazelcastCluster, map_name: str) -> dict[str, str]:
    """All entries of a map, as their text."""
    assert cluster._client is not None
    found: Any = await cluster._client.get_map(map_name)
    return {key: value.to_string() for key, value in await found.entry_set()}
