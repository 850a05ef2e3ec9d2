"""A cluster in this process: what tests and examples run on where no member is wanted."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Protocol, Self
from weakref import WeakKeyDictionary

from hazelgate.client.cluster import Admission, Callback, ClusterState, LogPositions, Subscription, stream_topic
from hazelgate.client.event_stream import EVERYTHING, Wish, joined
from hazelgate.client.figures.metrics import AWAY, READY, RUNNING, PipelineStats, merge_stats
from hazelgate.client.reading.gathering import Told, tell_later
from hazelgate.client.reading.queries import AggregatePage, AggregateQuery, EntryPage, EntryQuery, merge_aggregates
from hazelgate.client.resolutions import Resolution, ResolveOrder
from hazelgate.client.state_log import log_change
from hazelgate.projector.process import Processor
from hazelgate.sourcing import clock
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.errors import NotAvailableYet, PipelineUnavailable
from hazelgate.testing.memory.engine import MemoryEngine, take_all
from hazelgate.testing.memory.queries import aggregate_entries, query_entries
from hazelgate.testing.memory.selections import select_entries

_logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.1


class Processes(Protocol):
    """A projector: `hazelgate.projector.process.Processor` is one."""

    def process(self, request: bytes) -> bytes:
        """One call of Process, bytes to bytes."""

    def resolve(self, request: bytes) -> bytes:
        """One call of Resolve."""

    def settle(self, request: bytes) -> bytes:
        """One call of Settle."""


class MemoryCluster:
    """
    The whole pipeline in one process, behind the same interface as the real cluster.

    A test can disturb it: `disconnect`, `projector_away`, `hold`, and `crash_before` for a crash at any step.

    Args:
        processor: The projector that folds the events.
        gateway_id: The name that completions are addressed to.
        max_in_flight: How many events may be pending before more are refused.
    """

    def __init__(self, processor: Processes, *, gateway_id: str = "memory", max_in_flight: int = 20_000) -> None:
        self.gateway_id = gateway_id
        self.engine = MemoryEngine(
            processor.process,
            self._publish,
            resolve=processor.resolve,
            settle=processor.settle,
            max_in_flight=max_in_flight,
        )
        self.log_id = str(uuid.uuid4())
        self.crash_before: Callable[[str], bool] = lambda step: False
        self._state = ClusterState()
        self._state_changed = asyncio.Event()
        self._held = False
        self._pump_due = False
        self._retry_timer: asyncio.TimerHandle | None = None
        self._listeners: dict[str, list[_Listener]] = {}
        self._wishes: WeakKeyDictionary[object, Wish] = WeakKeyDictionary()

    @classmethod
    def of(cls, catalog: Catalog) -> Self:
        """A cluster that runs a domain."""
        return cls(Processor(catalog))

    # ------------------------------------------------------------------ Cluster

    async def start(self) -> None:
        self.connect()

    async def close(self) -> None:
        self._state = ClusterState()
        self._state_changed.set()
        if self._retry_timer is not None:
            self._retry_timer.cancel()

    def state(self) -> ClusterState:
        return self._state

    async def wait_until_ready(self, timeout_seconds: float) -> None:
        try:
            async with asyncio.timeout(timeout_seconds):
                while self._state.problem is not None:
                    self._state_changed.clear()
                    await self._state_changed.wait()
        except TimeoutError:
            raise PipelineUnavailable(f"not ready after {timeout_seconds:g} s: {self._state.problem}") from None

    async def submit(self, events: Sequence[tuple[str, bytes]]) -> Sequence[Admission]:
        await self._answering()
        taken = self.engine.submit(events)
        self._schedule()
        return taken

    async def read(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        await self._answering()
        entries = self.engine.live_map(map_name)
        return [entries.get(key) for key in keys]

    def tell(self, map_name: str, key: str, told: Told) -> None:
        tell_later(self.read(map_name, (key,)), told)

    async def select(self, map_name: str, keys: Sequence[str], selection: str) -> bytes | None:
        await self._answering()
        entries = self.engine.live_map(map_name)
        return select_entries([entries.get(key) for key in keys], selection)

    async def query(self, query: EntryQuery) -> EntryPage:
        await self._answering()
        return query_entries(self.engine.live_map(query.map_name), query)

    async def aggregate(self, query: AggregateQuery) -> AggregatePage:
        await self._answering()
        found = aggregate_entries(self.engine.live_map(query.map_name), query)
        return merge_aggregates(query, [found])

    async def log_positions(self) -> LogPositions:
        await self._answering()
        return LogPositions(self.log_id, self.engine.settled(), self.engine.reached())

    async def resolve_dead_letters(self, orders: Sequence[ResolveOrder]) -> list[Resolution]:
        await self._answering()
        return [take_all(self.engine.dead_letters.resolve(order)) for order in orders]

    async def stats(self) -> PipelineStats:
        await self._answering()
        return merge_stats([self.engine.stats(projector=self._state.projector, job=self._state.job)])

    async def maintain_views(self, request: bytes) -> bytes:
        raise NotAvailableYet("a cluster in memory builds no generations: a rebuild needs a member")

    async def want(self, wish: Wish, by: object) -> None:
        await self._answering()
        self._wishes[by] = wish
        self.engine.gateways[self.gateway_id] = joined(self._wishes.values())

    async def listen(
        self, topic: str, callback: Callback, *, interrupted: Callable[[], None] | None = None
    ) -> Subscription:
        if topic == stream_topic(self.gateway_id):
            self.engine.gateways.setdefault(self.gateway_id, EVERYTHING)
        return _Listener(callback, interrupted, self._listeners.setdefault(topic, []))

    # ------------------------------------------------------------------ disturbances

    def connect(self) -> None:
        """The cluster answers; who listened before is told that messages may have been missed."""
        was_away = not self._state.connected
        self._set(ClusterState(True, READY, RUNNING, 1))
        if was_away:
            for listeners in self._listeners.values():
                for listener in listeners:
                    if listener.interrupted is not None:
                        listener.interrupted()
        self._schedule()

    def disconnect(self) -> None:
        """Nothing answers, and no message arrives; what is in the pipeline goes on."""
        self._set(ClusterState())

    def projector_away(self) -> None:
        """The cluster answers, and processes nothing until `connect`."""
        self._set(dataclasses.replace(self._state, projector=AWAY))

    def hold(self) -> None:
        """Leave what is submitted pending."""
        self._held = True

    def release(self) -> None:
        """Process what is pending."""
        self._held = False
        self._schedule()

    # ------------------------------------------------------------------ the pipeline

    async def _answering(self) -> None:
        if not self._state.connected:
            raise PipelineUnavailable("no member of the cluster answers; nothing was sent: try when /ready is true")
        await asyncio.sleep(0)

    def _set(self, state: ClusterState) -> None:
        log_change("memory", self.gateway_id, self._state, state)
        self._state = state
        self._state_changed.set()

    def _schedule(self) -> None:
        if not self._pump_due and not self.engine.idle:
            self._pump_due = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._pump_due = False
        if self._held or self._state.projector == AWAY:
            return
        try:
            for step in self.engine.run_batch():
                if self.crash_before(step):
                    _logger.info("crash before step %r", step)
                    self.engine.restart()
                    break
        except Exception:
            _logger.exception("a batch failed and is tried again in %g s", RETRY_SECONDS)
            self.engine.restart()
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._schedule)
        else:
            self._schedule()
            self._watch()

    def _watch(self) -> None:
        """Try again what is due, and look again when the next is."""
        if self._retry_timer is not None:
            self._retry_timer.cancel()
            self._retry_timer = None
        now = clock.now()
        for retry_at, letter_id in self.engine.dead_letters.retries():
            if retry_at > now:
                wait = clock.milliseconds_between(now, retry_at) / 1_000
                self._retry_timer = asyncio.get_running_loop().call_later(wait, self._watch)
                return
            if not self._held and self._state.projector != AWAY:
                take_all(self.engine.dead_letters.resolve(ResolveOrder(dead_letter_id=letter_id, action="AGAIN")))
        if self.engine.dead_letters.retries():
            self._retry_timer = asyncio.get_running_loop().call_later(RETRY_SECONDS, self._watch)

    def _publish(self, topic: str, message: bytes) -> None:
        if self._state.connected:
            loop = asyncio.get_running_loop()
            for listener in self._listeners.get(topic, ()):
                loop.call_soon(listener.hear, message)


class _Listener:
    def __init__(self, callback: Callback, interrupted: Callable[[], None] | None, among: list[_Listener]) -> None:
        self.interrupted = interrupted
        self._callback = callback
        self._among = among
        among.append(self)

    def hear(self, message: bytes) -> None:
        if self in self._among:
            self._callback(message)

    async def close(self) -> None:
        if self in self._among:
            self._among.remove(self)
