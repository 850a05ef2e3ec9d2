"""Runs a planned stack: everything in its order, until it is told to end."""

import asyncio
import signal
import time

import httpx

from hazelgate.client.figures.pipelines import READY
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.operations.domain_check import DomainReport
from hazelgate.operations.postgres.migrating import migrate
from hazelgate.operations.stack.planning import Stack
from hazelgate.operations.stack.reloading import Reloading
from hazelgate.operations.stack.replacing import ReplaceableStack
from hazelgate.operations.stack.services import ChildSpec, ServiceGroup, Write
from hazelgate.sourcing.errors import PipelineUnavailable

_ASK_AGAIN_SECONDS = 0.1
_STILL_WAITING_SECONDS = 10.0
_NAME_WIDTH = 9
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run_stack(stack: Stack, write: Write, *, reloaded_from: DomainReport | None = None) -> int:
    """
    Run everything until SIGINT, SIGTERM or SIGHUP; then end everything.

    Args:
        reloaded_from: The domain as it is now, where its files are to be watched; None: they are not.

    Returns:
        The exit status: 0, or 1 where the stack could not go on.
    """
    told_to_stop = asyncio.Event()

    def say(line: str) -> None:
        """Nobody reads any more when the other end of a pipe is gone: then there is no reason to run on."""
        try:
            write(line)
        except OSError:
            told_to_stop.set()

    loop = asyncio.get_running_loop()
    for number in _ENDING_SIGNALS:
        loop.add_signal_handler(number, told_to_stop.set)
    width = max(_NAME_WIDTH, *(len(name) for name, _ in stack.places))
    for name, place in stack.places:
        say(f"{name:<{width}}   {place}")
    async with ServiceGroup(say) as services:
        becoming_ready = asyncio.create_task(_start(stack, services, say, reloaded_from))
        becoming_ready.add_done_callback(lambda task: _stop_if_failed(task, told_to_stop, say))
        await told_to_stop.wait()
        becoming_ready.cancel()
        [failed] = await asyncio.gather(becoming_ready, return_exceptions=True)
        say("stopping")
    say("stopped")
    for number in _ENDING_SIGNALS:
        loop.remove_signal_handler(number)
    return 1 if isinstance(failed, Exception) else 0


def _stop_if_failed(task: asyncio.Task[None], told_to_stop: asyncio.Event, say: Write) -> None:
    if not task.cancelled() and task.exception() is not None:
        say(f"the stack can't go on: {task.exception()}")
        told_to_stop.set()


async def _start(stack: Stack, services: ServiceGroup, write: Write, reloaded_from: DomainReport | None) -> None:
    """PostgreSQL first, then everything else, then the demo. Where it is reloaded, it goes on to watch."""
    if stack.database is not None:
        services.start(ChildSpec(name="postgres", command=stack.database.command, stop_seconds=5.0))
        await asyncio.to_thread(stack.database.wait_until_it_answers)
        await asyncio.to_thread(migrate, stack.database.dsn)
    parts = ReplaceableStack(stack, services)
    reloading = None if reloaded_from is None else Reloading(stack, parts, reloaded_from, write)
    try:
        if reloading is None:
            services.start(*stack.services)
        else:
            parts.start()
        seconds = max([await wait_until_ready(f"{url}/ready", write) for url in stack.urls])
        seconds += await _wait_until_joined(stack)
        write(f"ready after {seconds:.1f} s: {stack.url}/graphql")
        if stack.demo is not None:
            services.start(stack.demo)
        if reloading is not None:
            await reloading.run()
    finally:
        parts.close()


async def _wait_until_joined(stack: Stack) -> float:
    """Until several members are one cluster, each with its projector. Returns how many seconds it took."""
    began = time.monotonic()
    if len(stack.members) < 2:
        return 0.0
    cluster = HazelcastCluster(
        cluster_name=stack.cluster_name, members=[stack.members[0].address], deadline_seconds=_STILL_WAITING_SECONDS
    )
    await cluster.start()
    try:
        while True:
            if await _all_there(cluster, len(stack.members)):
                break
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
    finally:
        await cluster.close()
    return time.monotonic() - began


async def _all_there(cluster: HazelcastCluster, count: int) -> bool:
    try:
        stats = await cluster.stats()
    except PipelineUnavailable:
        return False
    return all(sum(member.projector == READY for member in pipeline.members) == count for pipeline in stats.pipelines)


async def wait_until_ready(url: str, write: Write, *, tell_after_seconds: float = _STILL_WAITING_SECONDS) -> float:
    """Ask until the answer is status 200, telling now and then what is missing. Returns how many seconds it took."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    tell_at = started + tell_after_seconds
    async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
        while True:
            try:
                answer = await client.get(url)
                if answer.status_code == httpx.codes.OK:
                    return loop.time() - started
                missing = answer.json()["problem"]
            except httpx.HTTPError:
                missing = "the gateway does not answer yet"
            if loop.time() >= tell_at:
                write(f"not ready yet: {missing}")
                tell_at += tell_after_seconds
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
