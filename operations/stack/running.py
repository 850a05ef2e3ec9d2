"""Runs a planned stack: everything in its order, until it is told to end."""

import asyncio
import signal

import httpx

from hazelgate.operations.postgres.migrating import migrate
from hazelgate.operations.stack.planning import Stack
from hazelgate.operations.stack.services import ChildSpec, ServiceGroup, Write

_ASK_AGAIN_SECONDS = 0.1
_STILL_WAITING_SECONDS = 10.0
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run_stack(stack: Stack, write: Write) -> int:
    """
    Run everything until SIGINT, SIGTERM or SIGHUP; then end everything.

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
    for name, place in stack.places:
        say(f"{name:<9}   {place}")
    async with ServiceGroup(say) as services:
        becoming_ready = asyncio.create_task(_start(stack, services, say))
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


async def _start(stack: Stack, services: ServiceGroup, write: Write) -> None:
    """PostgreSQL first, then everything else, then the demo."""
    if stack.database is not None:
        services.start(ChildSpec(name="postgres", command=stack.database.command, stop_seconds=5.0))
        await asyncio.to_thread(stack.database.wait_until_it_answers)
        await asyncio.to_thread(migrate, stack.database.dsn)
    services.start(*stack.services)
    seconds = await wait_until_ready(f"{stack.url}/ready", write)
    write(f"ready after {seconds:.1f} s: {stack.url}/graphql")
    if stack.demo is not None:
        services.start(stack.demo)


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
