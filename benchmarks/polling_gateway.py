"""
A gateway that learns of its events by polling: it looks for each event in `completed-events` every 10 ms.

So the first version of Hazelgate did it. All else is today's gateway, and it takes the same settings from the
environment: `python -m benchmarks.polling_gateway`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from hazelgate.client.cluster import Admission, Callback, Subscription, completions_topic
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.gateway.app import create_app
from hazelgate.gateway.server import EndingServer, configuration
from hazelgate.gateway.settings import Settings
from hazelgate.sourcing import logs
from hazelgate.sourcing.envelope import COMPLETED_EVENTS

_EVERY_SECONDS = 0.01
_PATIENCE_SECONDS = 10.0


class _Id(msgspec.Struct, rename="camel"):
    event_id: str


_id_of = msgspec.json.Decoder(_Id).decode


class _Silence:
    """A subscription to nothing."""

    async def close(self) -> None:
        """Nothing is to be done."""


class PollingCluster(HazelcastCluster):
    """A cluster whose word on events is polled, each event by a call of its own."""

    def __init__(self, *, cluster_name: str, members: Sequence[str], deadline_seconds: float) -> None:
        super().__init__(cluster_name=cluster_name, members=members, deadline_seconds=deadline_seconds)
        self._told: Callback | None = None
        self._polls: set[asyncio.Task[None]] = set()

    async def listen(
        self, topic: str, callback: Callback, *, interrupted: Callable[[], None] | None = None
    ) -> Subscription:
        if topic != completions_topic(self.gateway_id):
            return await super().listen(topic, callback, interrupted=interrupted)
        self._told = callback
        return _Silence()

    async def submit(self, events: Sequence[tuple[str, bytes]]) -> Sequence[Admission]:
        admissions = await super().submit(events)
        for _, envelope in events:
            poll = asyncio.create_task(self._poll_for(_id_of(envelope).event_id))
            self._polls.add(poll)
            poll.add_done_callback(self._polls.discard)
        return admissions

    async def _poll_for(self, event_id: str) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            found: bytes | None = None
            while found is None:
                await asyncio.sleep(_EVERY_SECONDS)
                [[found]] = await self._read_entries([(COMPLETED_EVENTS, [event_id])])
        if self._told is not None:
            self._told(b"[" + found + b"]")


def main() -> None:
    """Serve until the process is told to end."""
    settings = Settings()
    logs.configure(settings.log_level, settings.log_form)
    cluster = PollingCluster(
        cluster_name=settings.cluster_name,
        members=settings.members,
        deadline_seconds=settings.operation_timeout_seconds,
    )
    app = create_app(settings, cluster=cluster)
    EndingServer(configuration(settings, app), app.state.ending, settings.drain_seconds).run()


if __name__ == "__main__":
    main()
