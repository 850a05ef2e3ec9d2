"""A cluster whose messages get lost on the way, and that counts what it is asked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from hazelgate.client.cluster import Admission, Callback, Cluster, ClusterState, LogPositions, Subscription
from hazelgate.client.event_stream import Wish
from hazelgate.client.figures.metrics import PipelineStats
from hazelgate.client.reading.gathering import Told, tell_later
from hazelgate.client.reading.queries import AggregatePage, AggregateQuery, EntryPage, EntryQuery
from hazelgate.client.resolutions import Resolution, ResolveOrder
from hazelgate.client.submitting.completions import GRACE_SECONDS
from hazelgate.sourcing.envelope import COMPLETED_EVENTS


class LossyCluster:
    """Passes everything on to another cluster, but for the messages that `loses` picks."""

    def __init__(self, inner: Cluster) -> None:
        self.loses: Callable[[bytes], bool] = lambda message: False
        self.reads: Counter[str] = Counter()
        """How often each map was read."""
        self.before_read: dict[str, Callable[[], Awaitable[None]]] = {}
        """What happens before a map is read."""
        self.looks_due = 0
        """How often an event may have been looked up, at most: once for each grace period that one took."""
        self.gateway_id = inner.gateway_id
        self._inner = inner

    @property
    def looks(self) -> int:
        """How often events were looked up because no notice of them had come."""
        return self.reads[COMPLETED_EVENTS]

    @contextmanager
    def submitting(self) -> Iterator[None]:
        """Around one submission: how long it takes says how many looks are due."""
        began = time.monotonic()
        yield
        self.looks_due += int((time.monotonic() - began) / GRACE_SECONDS)

    async def start(self) -> None:
        await self._inner.start()

    async def close(self) -> None:
        await self._inner.close()

    def state(self) -> ClusterState:
        return self._inner.state()

    async def wait_until_ready(self, timeout_seconds: float) -> None:
        await self._inner.wait_until_ready(timeout_seconds)

    async def submit(self, events: Sequence[tuple[str, bytes]]) -> Sequence[Admission]:
        return await self._inner.submit(events)

    async def read(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        self.reads[map_name] += 1
        if map_name in self.before_read:
            await self.before_read[map_name]()
        return await self._inner.read(map_name, keys)

    def tell(self, map_name: str, key: str, told: Told) -> None:
        tell_later(self.read(map_name, (key,)), told)

    async def select(self, map_name: str, keys: Sequence[str], selection: str) -> bytes | None:
        return await self._inner.select(map_name, keys, selection)

    async def query(self, query: EntryQuery) -> EntryPage:
        return await self._inner.query(query)

    async def aggregate(self, query: AggregateQuery) -> AggregatePage:
        return await self._inner.aggregate(query)

    async def log_positions(self) -> LogPositions:
        return await self._inner.log_positions()

    async def resolve_dead_letters(self, orders: Sequence[ResolveOrder]) -> list[Resolution]:
        return await self._inner.resolve_dead_letters(orders)

    async def stats(self) -> PipelineStats:
        return await self._inner.stats()

    async def maintain_views(self, request: bytes) -> bytes:
        return await self._inner.maintain_views(request)

    async def want(self, wish: Wish, by: object) -> None:
        await self._inner.want(wish, by)

    async def listen(
        self, topic: str, callback: Callback, *, interrupted: Callable[[], None] | None = None
    ) -> Subscription:
        def hear(message: bytes) -> None:
            if not self.loses(message):
                callback(message)

        return await self._inner.listen(topic, hear, interrupted=interrupted)
