"""What every fault happens to: a cluster under load, somebody who watches, and the check when all is quiet again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.sourcing.errors import PipelineUnavailable
from tests.chaos.answers import AnswerLog, Told
from tests.chaos.checking import Broken, Violation, check
from tests.chaos.durable import stored_in
from tests.chaos.load import Client, Load
from tests.chaos.machine import Machine
from tests.chaos.meters import MeterRead
from tests.chaos.reading import RawMaps, raw_maps
from tests.chaos.sizes import Size
from tests.chaos.watching import Subscriber
from tests.support.until import PATIENCE_SECONDS

DOMAIN = "tests.chaos.meters"
READY_SECONDS = QUIET_SECONDS = PATIENCE_SECONDS
PROBE_SECONDS = 0.1
GIVE_UP_SECONDS = PATIENCE_SECONDS


@dataclass
class Result:
    """How one fault went."""

    sent: int = 0
    acknowledged: int = 0
    violations: list[Violation] = field(default_factory=list)
    recovery_seconds: float | None = None
    others: float = 0.0
    """Which part of the machine other work had until then, from 0 to 1."""

    def count(self, broken: Broken) -> int:
        """How many violations of a kind there are."""
        return Counter(violation.broken for violation in self.violations)[broken]


class Scene:
    """
    A cluster under load.

    Args:
        gateway: A started client of the cluster.
        raw: A plain one.
        logs: Where processes that the fault starts write theirs.
        prefix: What all names of this scene begin with, so that several can share a cluster.
    """

    def __init__(
        self,
        gateway: HazelcastCluster,
        raw: RawMaps,
        log: AnswerLog,
        *,
        prefix: str,
        seed: int,
        events_per_second: float,
        logs: Path,
    ) -> None:
        self.logs = logs
        self.gateway = gateway
        self.raw = raw
        self.log = log
        self.prefix = prefix
        self.handler = EventHandler(Catalog.load(DOMAIN), gateway)
        self.client = Client(self.handler, log, name=f"{prefix}c")
        self.load = Load(self.client, seed=seed, prefix=prefix, events_per_second=events_per_second)
        self.recovery_seconds: float | None = None
        self.others = 0.0
        self.machine = Machine()
        self.violations: list[Violation] = []
        """What the fault has found by itself."""
        self._probes = Client(self.handler, log, name=f"{prefix}p", timeout_seconds=3.0)
        self._probed: dict[str, int] = {}

    async def recovered(self, since: float, meter_ids: Sequence[str]) -> None:
        """
        Submit until one is acknowledged, and note how long that took.

        Args:
            since: When the fault was, by the monotonic clock.
            meter_ids: What to submit to: those that the fault has hurt.
        """
        running: set[asyncio.Task[bool]] = set()
        number = 0
        while time.monotonic() - since < GIVE_UP_SECONDS:
            running.add(asyncio.create_task(self._probe(meter_ids[number % len(meter_ids)])))
            number += 1
            done, running = await asyncio.wait(running, timeout=PROBE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if any(task.result() for task in done):
                took = time.monotonic() - since
                if took > (self.recovery_seconds or 0.0):
                    self.recovery_seconds, self.others = took, self.machine.others_since(since)
                break
            if done:
                await asyncio.sleep(PROBE_SECONDS)
        else:
            self.recovery_seconds = float("inf")
        await asyncio.gather(*running)

    async def _probe(self, meter_id: str) -> bool:
        number = self._probed[meter_id] = self._probed.get(meter_id, -1) + 1
        reading = MeterRead(meter_id=meter_id, number=number, units=20, district=f"{self.prefix}probed")
        [answer] = await self._probes.submit([reading])
        return answer.told is Told.OK

    async def ready(self) -> None:
        """
        Return when events can be taken in.

        Raises:
            PipelineUnavailable: Not in time.
        """
        await self.gateway.wait_until_ready(READY_SECONDS)


@asynccontextmanager
async def scene(
    cluster_name: str,
    addresses: Sequence[str],
    result: Result,
    *,
    prefix: str,
    seed: int,
    logs: Path,
    size: Size,
    loaded: bool = True,
    forgets: bool = False,
    dsn: str | None = None,
) -> AsyncIterator[Scene]:
    """
    A scene on a running cluster; what the block leaves is checked when it ends, into `result`.

    Args:
        size: How much the load client submits.
        loaded: Whether the load client runs meanwhile.
        forgets: Whether all memory is lost meanwhile.
        dsn: The PostgreSQL that its events are in; None: in memory.
    """
    gateway = HazelcastCluster(cluster_name=cluster_name, members=addresses)
    watcher = HazelcastCluster(cluster_name=cluster_name, members=addresses)
    log = AnswerLog(logs / f"{prefix}answers.jsonl")
    try:
        await gateway.start()
        await watcher.start()
        async with raw_maps(cluster_name, addresses) as raw, AsyncExitStack() as ending:
            await gateway.wait_until_ready(READY_SECONDS)
            await watcher.wait_until_ready(READY_SECONDS)
            subscriber = Subscriber(watcher, prefix)
            ending.push_async_callback(subscriber.stop)
            await subscriber.start()
            stage = Scene(
                gateway, raw, log, prefix=prefix, seed=seed, events_per_second=size.events_per_second, logs=logs
            )
            ending.push_async_callback(stage.handler.close)
            await stage.handler.start()
            stage.machine.start()
            if loaded:
                stage.load.start()
            try:
                yield stage
            finally:
                stage.machine.stop()
                await stage.load.stop()
            await _judge(stage, subscriber, result, forgets, dsn)
    finally:
        log.close()
        await gateway.close()
        await watcher.close()


async def _judge(stage: Scene, subscriber: Subscriber, result: Result, forgets: bool, dsn: str | None) -> None:
    try:
        await stage.ready()
    except PipelineUnavailable as error:
        result.violations.append(Violation(Broken.UNFINISHED, str(error)))
    await stage.raw.quiet(timeout_seconds=QUIET_SECONDS)
    result.sent, result.acknowledged = stage.log.sent, stage.log.acknowledged
    result.recovery_seconds, result.others = stage.recovery_seconds, stage.others
    maps = await stage.raw.read(stage.prefix)
    if dsn is not None:
        maps = replace(maps, store=await asyncio.to_thread(stored_in, dsn, stage.prefix))
    result.violations += stage.violations
    result.violations += check(stage.log.answers, maps, subscriber.seen, forgets=forgets)
