"""The reads of one request: gathered per tick, asked once, refused at once while the cluster is away."""

import asyncio
from collections.abc import Sequence
from functools import partial

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.gathering import Entries, ReadGathering
from hazelgate.client.reading.queries import EntryPage, EntryQuery
from hazelgate.sourcing.errors import PipelineUnavailable


class RequestReads:
    """
    What one request, or one event of a subscription, reads from the cluster. Nothing is kept beyond that.

    The cluster in turn gathers the reads of concurrent requests into one task.
    """

    __slots__ = ("_asked", "_cluster", "_gathering")

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._gathering: ReadGathering | None = None
        self._asked: dict[tuple[str, str], asyncio.Future[Entries]] = {}

    async def load(self, map_name: str, key: str) -> bytes | None:
        asked = self._asked.get((map_name, key))
        if asked is None:
            if self._gathering is None:
                self._gathering = ReadGathering(partial(_fetch, self._cluster), max_calls=None)
            asked = self._asked[map_name, key] = self._gathering.ask(map_name, [key])
        return (await asked)[0]

    def forget(self) -> None:
        self._asked.clear()

    async def load_many(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
        require_available(self._cluster)
        return await self._cluster.read(map_name, keys)

    async def query(self, query: EntryQuery) -> EntryPage:
        require_available(self._cluster)
        return await self._cluster.query(query)


async def _fetch(cluster: Cluster, requests: list[tuple[str, list[str]]]) -> list[Entries]:
    require_available(cluster)
    if len(requests) == 1:
        return [await cluster.read(*requests[0])]
    return await asyncio.gather(*(cluster.read(map_name, keys) for map_name, keys in requests))


def require_available(cluster: Cluster) -> None:
    """
    Raises:
        PipelineUnavailable: A member or the projector is away. Said at once: what is read then may be long out of date.
    """
    problem = cluster.state().problem
    if problem is not None:
        raise PipelineUnavailable(f"{problem}; try again when /ready is true")
