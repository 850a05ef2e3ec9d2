"""A cluster as a query reads it that is watched: there is no way to read past the watch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from hazelgate.client.cluster import Admission, Callback, Cluster, ClusterState, LogPositions, Subscription
from hazelgate.client.event_stream import Wish
from hazelgate.client.figures.metrics import PipelineStats
from hazelgate.client.following.watches import Watch
from hazelgate.client.reading.gathering import Told, tell_later
from hazelgate.client.reading.queries import AggregatePage, AggregateQuery, EntryPage, EntryQuery
from hazelgate.client.resolutions import Resolution, ResolveOrder

T = TypeVar("T")

_SETTLES_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 0.002


class WatchedCluster:
    """
    A cluster that tells a watch of every read.

    A page of the log ends where everything is settled. That may be before an event that was heard already, so the log
    is waited for until it is settled that far.
    """

    def __init__(self, cluster: Cluster, watch: Watch) -> None:
        self._cluster = cluster
        self._watch = watch
        self.gateway_id = cluster.gateway_id

    async def start(self) -> None:
        await self._cluster.start()

    async def close(self) -> None:
        await self._cluster.close()

    async def wait_until_ready(self, timeout_seconds: float) -> None:
        await self._cluster.wait_until_ready(timeout_seconds)

    def state(self) -> ClusterState:
        found = self._cluster.state()
        if found.read_problem is not None:
            self._watch.look_again()
        return found

    async def submit(self, events: Sequence[tuple[str, bytes]]) -> Sequence[Admission]:
        return await self._cluster.submit(events)

    async def read(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        self._watch.entries(map_name, list(keys))
        return await self._asked(self._cluster.read(map_name, keys))

    def tell(self, map_name: str, key: str, told: Told) -> None:
        tell_later(self.read(map_name, (key,)), told)

    async def select(self, map_name: str, keys: Sequence[str], selection: str) -> bytes | None:
        self._watch.entries(map_name, list(keys))
        return await self._asked(self._cluster.select(map_name, keys, selection))

    async def query(self, query: EntryQuery) -> EntryPage:
        query = replace(query, selection=None)  # which entries are on it is told by their keys
        noted = self._watch.page(query)
        page = await self._asked(self._cluster.query(query))
        if noted is not None:
            noted.answered(page)
        return page

    async def aggregate(self, query: AggregateQuery) -> AggregatePage:
        self._watch.figures(query.map_name)
        return await self._asked(self._cluster.aggregate(query))

    async def log_positions(self) -> LogPositions:
        heard = self._watch.feed.furthest_position
        loop = asyncio.get_running_loop()
        ends, pause = loop.time() + _SETTLES_SECONDS, _FIRST_PAUSE_SECONDS
        while True:
            where = await self._asked(self._cluster.log_positions())
            if where.settled >= heard:
                return where
            if loop.time() >= ends:
                self._watch.look_again()
                return where
            await asyncio.sleep(pause)
            pause *= 2

    async def resolve_dead_letters(self, orders: Sequence[ResolveOrder]) -> list[Resolution]:
        return await self._cluster.resolve_dead_letters(orders)

    async def stats(self) -> PipelineStats:
        self._watch.look_again()
        return await self._cluster.stats()

    async def maintain_views(self, request: bytes) -> bytes:
        self._watch.look_again()
        return await self._cluster.maintain_views(request)

    async def want(self, wish: Wish, by: object) -> None:
        await self._cluster.want(wish, by)

    async def listen(
        self, topic: str, callback: Callback, *, interrupted: Callable[[], None] | None = None
    ) -> Subscription:
        return await self._cluster.listen(topic, callback, interrupted=interrupted)

    async def _asked(self, answer: Awaitable[T]) -> T:
        """The answer. What could not be read, an operation that is out of time included, is looked at again."""
        try:
            return await answer
        except BaseException:
            self._watch.look_again()
            raise
