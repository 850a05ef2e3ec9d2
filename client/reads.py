"""Reads of a cluster that are bounded, and refused at once while it is away."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.queries import AggregatePage, AggregateQuery, EntryPage, EntryQuery
from hazelgate.sourcing.errors import PipelineUnavailable


class ClusterReads:
    """
    What a caller reads from the cluster. Nothing is kept.

    Args:
        max_scanned_entries: How many entries one query may look at where no index answers its filter.
    """

    __slots__ = ("_cluster", "_max_scanned_entries")

    def __init__(self, cluster: Cluster, *, max_scanned_entries: int) -> None:
        self._cluster = cluster
        self._max_scanned_entries = max_scanned_entries

    @property
    def max_scanned_entries(self) -> int:
        """How many entries one query may look at."""
        return self._max_scanned_entries

    async def load_many(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
        """Raw entries in the order of the keys, None where there is none."""
        return await available(self._cluster).read(map_name, keys)

    async def select(self, map_name: str, keys: Sequence[str], selection: str) -> bytes | None:
        """What is selected of entries, as the cluster's `select` has it."""
        return await available(self._cluster).select(map_name, keys, selection)

    async def query(self, query: EntryQuery) -> EntryPage:
        """One page of a map. A filter looks at `max_scanned_entries` at most."""
        bounded = replace(query, max_scanned=self._max_scanned_entries) if query.filter is not None else query
        return await available(self._cluster).query(bounded)

    async def aggregate(self, query: AggregateQuery) -> AggregatePage:
        """Figures over a map. It looks at `max_scanned_entries` at most."""
        return await available(self._cluster).aggregate(replace(query, max_scanned=self._max_scanned_entries))


def available(cluster: Cluster) -> Cluster:
    """
    The cluster, if it can be read just now, whether it takes in events or not.

    Raises:
        PipelineUnavailable: No member answers, or the views do not hold yet what is stored. Said at once.
    """
    return _without(cluster.state().read_problem, cluster)


def writable(cluster: Cluster) -> Cluster:
    """
    The cluster, if it takes in events just now.

    Raises:
        PipelineUnavailable: A member, the projector or the database is away. Said at once.
    """
    return _without(cluster.state().problem, cluster)


def _without(problem: str | None, cluster: Cluster) -> Cluster:
    if problem is not None:
        raise PipelineUnavailable(f"{problem}; try again when /ready is true")
    return cluster
