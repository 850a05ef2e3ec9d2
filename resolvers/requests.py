"""The reads of one request: gathered per tick, asked once, refused at once while the cluster is away."""

import asyncio
from collections.abc import Awaitable, Sequence
from functools import partial

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.gathering import Entries, ReadGathering
from hazelgate.client.reading.queries import EntryPage, EntryQuery
from hazelgate.sourcing.errors import PipelineUnavailable


class RequestReads:
    """
    The reads of one request, or of one event of a subscription. Nothing is kept beyond that.

    The cluster in turn gathers the reads of concurrent requests into one task.
    """

    __slots__ = ("_asked", "_cluster", "_gathering")

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._gathering: ReadGathering | None = None
        self._asked: dict[tuple[str, str], asyncio.Future[bytes | None]] = {}

    def load(self, map_name: str, key: str) -> Awaitable[bytes | None]:
        """The raw entry; None where there is none."""
        asked = self._asked.get((map_name, key))
        if asked is None:
            if self._gathering is None:
                self._gathering = ReadGathering(partial(_fetch, self._cluster), max_calls=None)
            asked = self._asked[map_name, key] = self._gathering.read_one(map_name, key)
        return asked

    def forget(self) -> None:
        """Read anew from now on: something was written."""
        self._asked.clear()

    async def load_many(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
        """Raw entries that nothing else of the request asks for."""
        return await available(self._cluster).read(map_name, keys)

    async def query(self, query: EntryQuery) -> EntryPage:
        """One page of a map."""
        return await available(self._cluster).query(query)


async def _fetch(cluster: Cluster, requests: list[tuple[str, list[str]]]) -> list[Entries]:
    if len(requests) == 1:
        return [await available(cluster).read(*requests[0])]
    return await asyncio.gather(*(available(cluster).read(map_name, keys) for map_name, keys in requests))


def available(cluster: Cluster) -> Cluster:
    """
    The cluster, if it can be asked just now.

    Raises:
        PipelineUnavailable: A member or the projector is away. Said at once: what is read then may be long out of date.
    """
    problem = cluster.state().problem
    if problem is not None:
        raise PipelineUnavailable(f"{problem}; try again when /ready is true")
    return cluster
