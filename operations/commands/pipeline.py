"""`hazelgate pipeline`: how the pipelines are, and new code for one of them while its writes wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import click

from hazelgate.client.figures.pipelines import DRAINED, READY, RUNNING, PipelineState
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.operations.command_line.connecting import Connection, connection_options
from hazelgate.sourcing.errors import PipelineUnavailable

ASK_AGAIN_SECONDS = 0.05

_NAME = click.argument("name", required=False)
_TIMEOUT = click.option(
    "--timeout-seconds", type=click.FloatRange(1), default=60.0, help="How long each step may take.", show_default=True
)


@click.group()
def pipeline() -> None:
    """Look at the pipelines, stop and start one, and give one new code."""


@pipeline.command()
@connection_options
def status(connection: Connection) -> None:
    """Say how each pipeline is, on each member."""
    for state in connection.run(_states):
        click.echo(f"{state.name}: {state.status}, takes {state.takes}, {state.pending} pending")
        for member in state.members:
            code = f"code {member.fingerprint}" if member.fingerprint else "code not seen yet"
            click.echo(f"  member {member.member}: projector {member.address} {member.projector}, {code}")
        for warning in state.warnings:
            click.echo(f"  warning: {warning}")


@pipeline.command()
@_NAME
@_TIMEOUT
@connection_options
def drain(connection: Connection, name: str | None, timeout_seconds: float) -> None:
    """Finish what is under way and stop. Writes are taken in, and wait for `start`. A single pipeline needs no NAME."""
    connection.run(lambda cluster: Replacement(cluster, timeout_seconds, click.echo).drain(name))


@pipeline.command()
@_NAME
@_TIMEOUT
@connection_options
def start(connection: Connection, name: str | None, timeout_seconds: float) -> None:
    """Run a drained pipeline again: first what waits, in order."""
    connection.run(lambda cluster: Replacement(cluster, timeout_seconds, click.echo).start(name))


@pipeline.command()
@_NAME
@click.option(
    "--projector",
    "projectors",
    multiple=True,
    metavar="[MEMBER=]HOST:PORT",
    help="The new projector, for all members or the one at MEMBER. Left out: new code at the old addresses.",
)
@_TIMEOUT
@connection_options
def replace(connection: Connection, name: str | None, projectors: tuple[str, ...], timeout_seconds: float) -> None:
    """
    Give a pipeline new code: drain it, switch all members to the new projectors at once, and start it.

    The new projectors are looked at before anything is stopped. Without --projector the pipeline is drained, and you
    start the new code at the old addresses; it goes on when every member sees the same new code.
    """
    connection.run(lambda cluster: Replacement(cluster, timeout_seconds, click.echo).replace(name, projectors))


async def _states(cluster: HazelcastCluster) -> tuple[PipelineState, ...]:
    return (await cluster.stats()).pipelines


class Replacement:
    """
    The steps of a change of code, each awaited.

    Args:
        cluster: A connected cluster.
        timeout_seconds: How long each step may take.
        say: Told of the progress, line by line.
    """

    def __init__(self, cluster: HazelcastCluster, timeout_seconds: float, say: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._timeout_seconds = timeout_seconds
        self._say = say

    async def drain(self, name: str | None) -> None:
        """Return when the pipeline is drained on all members."""
        name = (await self._state(name)).name
        await self._cluster.control_pipeline({"action": "drain", "pipeline": name})
        state = await self._until(name, lambda state: _all(state, DRAINED), "it is not drained")
        self._say(f"{name} is drained; {state.pending} events wait")

    async def start(self, name: str | None) -> None:
        """Return when the pipeline runs on all members."""
        name = (await self._state(name)).name
        await self._cluster.control_pipeline({"action": "start", "pipeline": name})
        await self._until(name, lambda state: _all(state, RUNNING), "its job does not run")
        self._say(f"{name} runs")

    async def replace(self, name: str | None, projectors: tuple[str, ...]) -> None:
        """Return when the pipeline runs with the new code."""
        before = await self._state(name)
        name = before.name
        new_code = await self._tried(name, projectors) if projectors else None
        began = time.monotonic()
        await self.drain(name)
        for written in projectors:
            member, address = _parted(written)
            await self._cluster.control_pipeline(
                {"action": "switch", "pipeline": name, "member": member, "projector": address}
            )
        if new_code is None:
            self._say("now start the new code where the old was; waiting until every member sees it")
        old = before.fingerprints

        def has_new_code(state: PipelineState) -> bool:
            return _one_code(state) and (state.fingerprints == (new_code,) if new_code else state.fingerprints != old)

        state = await self._until(
            name,
            has_new_code,
            "not every member sees the new code; its writes wait: see `hazelgate pipeline status`; "
            "`hazelgate pipeline start` goes on with what is there",
        )
        await self.start(name)
        waited = time.monotonic() - began
        code = f"{state.fingerprints[0]} in place of {', '.join(old) or 'none'}"
        self._say(f"{name} has code {code}; writes waited {waited:.1f} s")

    async def _tried(self, name: str, projectors: tuple[str, ...]) -> str:
        """The fingerprint that all new projectors have, seen from every member that is to use them."""
        seen: set[str] = set()
        for written in projectors:
            member, address = _parted(written)
            answers = await self._cluster.control_pipeline(
                {"action": "try", "pipeline": name, "projector": address}, on_all=True
            )
            asked = [answer for answer in answers if member in ("*", answer.member)]
            if not asked:
                there = ", ".join(sorted(answer.member for answer in answers))
                raise PipelineUnavailable(f"no member is at {member}; there are {there}; nothing was changed")
            for answer in asked:
                if answer.problem is not None:
                    wrong = f"the projector at {address}, seen from member {answer.member}: {answer.problem}"
                    raise PipelineUnavailable(f"{wrong}; nothing was changed")
                seen.add(answer.fingerprint)
        if len(seen) > 1:
            code = ", ".join(sorted(seen))
            raise PipelineUnavailable(f"the new projectors run different code: {code}; nothing was changed")
        self._say(f"the new projectors answer with code {', '.join(seen)}")
        return seen.pop()

    async def _state(self, name: str | None) -> PipelineState:
        states = await _states(self._cluster)
        named = [state for state in states if name in (None, state.name)]
        if len(named) != 1:
            names = ", ".join(state.name for state in states)
            wrong = "name one of the pipelines" if name is None else f"there is no pipeline {name}"
            raise PipelineUnavailable(f"{wrong}: {names}")
        return named[0]

    async def _until(self, name: str, is_so: Callable[[PipelineState], bool], otherwise: str) -> PipelineState:
        deadline = time.monotonic() + self._timeout_seconds
        while not is_so(state := await self._state(name)):
            if time.monotonic() > deadline:
                warnings = "; ".join(state.warnings)
                after = f"after {self._timeout_seconds:g} s"
                raise PipelineUnavailable(f"pipeline {name}, {after}: {otherwise} ({warnings})")
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        return state


def _all(state: PipelineState, job: str) -> bool:
    return all(member.job == job for member in state.members)


def _one_code(state: PipelineState) -> bool:
    return len(state.fingerprints) == 1 and all(member.projector == READY for member in state.members)


def _parted(written: str) -> tuple[str, str]:
    member, _, address = written.rpartition("=")
    return member or "*", address
