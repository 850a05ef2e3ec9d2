"""The reads of one request: gathered per tick, asked once, refused at once while the cluster is away."""

from collections.abc import Awaitable, Sequence

from strawberry.dataloader import DataLoader

from hazelgate.client.cluster import Cluster
from hazelgate.client.reads import ClusterReads


class RequestReads(ClusterReads):
    """
    What one request, or one event of a subscription, reads from the cluster. Nothing is kept beyond that.

    There is a loader per map. The cluster in turn gathers the loaders of concurrent requests into one task.
    """

    __slots__ = ("_loaders",)

    def __init__(self, cluster: Cluster, *, max_scanned_entries: int) -> None:
        super().__init__(cluster, max_scanned_entries=max_scanned_entries)
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
