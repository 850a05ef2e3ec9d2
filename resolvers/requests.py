"""The reads of one request: gathered per tick, asked once, refused at once while the cluster is away."""

from collections.abc import Awaitable, Sequence

from msgspec.structs import replace
from strawberry.dataloader import DataLoader

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.queries import AggregatePage, AggregateQuery, EntryPage, EntryQuery
from hazelgate.sourcing.errors import PipelineUnavailable


class RequestReads:
    """
    What one request, or one event of a subscription, reads from the cluster. Nothing is kept beyond that.

    There is a loader per map. The cluster in turn gathers the loaders of concurrent requests into one task.
    """

    __slots__ = ("_cluster", "_loaders", "max_scanned_entries")

    def __init__(self, cluster: Cluster, *, max_scanned_entries: int) -> None:
        self.max_scanned_entries = max_scanned_entries
        self._cluster = cluster
        self._loaders: dict[str, DataLoader[str, bytes | None]] = {}

    def load(self, map_name: str, key: str) -> Awaitable[bytes | None]:
        """The raw entry; None where there is none."""
        loader = self._loaders.get(map_name)
        if loader is None:

            async def read(keys: list[str]) -> Sequence[bytes | None]:
                return await self.load_many(map_name, keys)

            loader = self._loaders[map_name] = DataLoader(read)
        return loader.load(key)

    def forget(self) -> None:
        """Read anew from now on: something was written."""
        self._loaders.clear()

    async def load_many(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
        """Raw entries that nothing else of the request asks for."""
        return await available(self._cluster).read(map_name, keys)

    async def query(self, query: EntryQuery) -> EntryPage:
        """One page of a map. A filter looks at `max_scanned_entries` at most."""
        bounded = replace(query, max_scanned=self.max_scanned_entries) if query.filter is not None else query
        return await available(self._cluster).query(bounded)

    async def aggregate(self, query: AggregateQuery) -> AggregatePage:
        """Figures over a map. It looks at `max_scanned_entries` at most."""
        return await available(self._cluster).aggregate(replace(query, max_scanned=self.max_scanned_entries))


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
