"""A subscriber that writes down what the gateway's feed gives it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress

from hazelgate.client.cluster import Cluster
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.inbox import Gap
from tests.chaos.checking import Seen

QUEUE_SIZE = 100_000


class Subscriber:
    """Listens to the events of all meters whose names begin with `prefix`, from `start` to `stop`."""

    def __init__(self, cluster: Cluster, prefix: str = "") -> None:
        self._prefix = prefix
        self.seen: list[Seen] = []
        self._feed = Feed(cluster, queue_size=QUEUE_SIZE)
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when everything that happens from now on will be heard."""
        await self._feed.start()
        self._listening = asyncio.create_task(self._listen())
        while not self._feed.subscriber_count:
            await asyncio.sleep(0)

    async def stop(self) -> None:
        """Hear no more."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        await self._feed.close()

    async def _listen(self) -> None:
        async with aclosing(
            self._feed.subscribe(lambda record: record.aggregate_id.startswith(self._prefix))
        ) as happenings:
            async for happening in happenings:
                if isinstance(happening, Gap):
                    self.seen.append(Seen())
                else:
                    record = happening.record
                    self.seen.append(
                        Seen(record.event_id, record.lane, record.position, record.aggregate_id, record.sequence)
                    )
