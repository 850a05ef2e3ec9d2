"""A pipeline's change of code: drained, switched to new projectors, and started, while its writes wait."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from hazelgate.client.figures.metrics import PipelineStats
from hazelgate.client.figures.pipelines import DRAINED, READY, RUNNING, ControlAnswer, PipelineState
from hazelgate.sourcing.errors import HazelgateError, PipelineUnavailable

_ASK_AGAIN_SECONDS = 0.05
_KEEP_SECONDS = 2.0
"""How often the members are told that a change is still under way. After 30 s without that they take it back."""
_STARTING_SECONDS = 10.0
"""How long a member is waited for that has just joined, and can't tell yet how its pipelines are."""
_CONTROL = "pipeline-control"


class _Change(msgspec.Struct, frozen=True):
    """Who changes a pipeline just now."""

    by: str = ""


class _Control(msgspec.Struct, frozen=True):
    """What operators want of a pipeline, in `pipeline-control`: its status, and its projectors by member or `*`."""

    status: str = RUNNING
    projectors: dict[str, str] = {}
    change: _Change | None = None


_decode_control = msgspec.json.Decoder(_Control).decode


class PipelineControl(Protocol):
    """As much of a cluster as a change of code needs."""

    async def stats(self) -> PipelineStats:
        """How the pipelines are."""
        ...

    async def control_pipeline(self, request: Mapping[str, Any], *, on_all: bool = False) -> list[ControlAnswer]:
        """Ask something of a pipeline."""
        ...

    async def read(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
        """Entries of a map as JSON, None where there is none."""
        ...


class Replacement:
    """
    The steps of a change of code, each awaited.

    Args:
        cluster: A connected cluster.
        timeout_seconds: How long each step may take.
        say: Told of the progress, line by line.
    """

    def __init__(self, cluster: PipelineControl, timeout_seconds: float, say: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._timeout_seconds = timeout_seconds
        self._say = say
        self._by = uuid.uuid4().hex
        """This operator, among others who may be at the same pipeline."""
        self._kept_at: float | None = None
        """When the members were last told that the change is under way; None while none is."""

    async def drain(self, name: str | None) -> None:
        """Return when the pipeline is drained on all members."""
        name = (await self._state(name)).name
        await self._ask("drain", name)
        state = await self._until(name, lambda state: _all(state, DRAINED), "it is not drained")
        self._say(f"{name} is drained; {state.pending} events wait")

    async def start(self, name: str | None) -> None:
        """Return when the pipeline runs on all members."""
        name = (await self._state(name)).name
        await self._ask("start", name)
        await self._until(name, lambda state: _all(state, RUNNING), "its job does not run")
        self._say(f"{name} runs")

    async def replace(self, name: str | None, projectors: tuple[str, ...]) -> None:
        """
        Return when the pipeline runs with the new code.

        The pipeline is claimed for as long as it takes: meanwhile no other operator's step is taken. Should this
        process be killed, the members take back what it has changed.

        Raises:
            HazelgateError: It can't be done; the message says how the pipeline is now. Where it can be, it is as
                it was before.
        """
        before = await self._state(name)
        name = before.name
        new_code = await self._tried(before, projectors) if projectors else None
        began = time.monotonic()
        await self._ask("claim", name, what="replace")
        self._kept_at = began
        try:
            code = await self._replaced(name, projectors, new_code)
        finally:
            self._kept_at = None
            with contextlib.suppress(HazelgateError):  # then the members take it for abandoned, and end it
                await self._ask("release", name)
        waited = time.monotonic() - began
        code = f"{code} in place of {', '.join(before.fingerprints) or 'none'}"
        self._say(f"{name} has code {code}; writes waited {waited:.1f} s")

    async def _replaced(self, name: str, projectors: tuple[str, ...], new_code: str | None) -> str:
        """The new code's fingerprint, with which the pipeline runs."""
        before = await self._state(name)  # as nobody else changes it any more
        named = (await self._control(name)).projectors
        try:
            code = await self._changed(before, projectors, new_code)
        except HazelgateError as error:
            raise PipelineUnavailable(f"{error.message}; {await self._restored(before, named)}") from error
        except BaseException:
            self._say(await self._restored(before, named))
            raise
        await self.start(name)
        return code

    async def _changed(self, before: PipelineState, projectors: tuple[str, ...], new_code: str | None) -> str:
        """The fingerprint that every member of the drained pipeline sees: of the new code."""
        name, old = before.name, before.fingerprints
        await self.drain(name)
        for written in projectors:
            member, address = _parted(written)
            await self._ask("switch", name, member=member, projector=address)
        if new_code is None:
            self._say("now start the new code where the old was; waiting until every member sees it")

        def has_new_code(state: PipelineState) -> bool:
            return _one_code(state) and (state.fingerprints == (new_code,) if new_code else state.fingerprints != old)

        return (await self._until(name, has_new_code, "not every member sees the new code")).fingerprints[0]

    async def _restored(self, before: PipelineState, named: Mapping[str, str]) -> str:
        """How the pipeline is now: as before where the code of before is still there; else it stays drained."""
        name = before.name
        try:
            control = await self._control(name)
            if control.change is None or control.change.by != self._by:
                return "its members had not heard of this command for long, and take its change back"
            if control.status == RUNNING:
                return "nothing was changed"
            await self._until(name, lambda state: _all(state, DRAINED), "it is not drained")
            if (await self._control(name)).projectors != named:
                await self._ask("switch", name, projectors=dict(named))
            await self._until(name, lambda state: _is_as(before, state), "the old code is not there any more")
            if before.status != RUNNING:
                return f"it is drained, as before, with code {', '.join(before.fingerprints) or 'none'}"
            await self._ask("start", name)
        except HazelgateError as error:
            return (
                f"its writes wait, for it could not be made as it was ({error.message}): see `hazelgate pipeline "
                "status`; `hazelgate pipeline start` goes on with what is there"
            )
        code = ", ".join(before.fingerprints) or "none"
        try:
            await self._until(name, lambda state: _all(state, RUNNING), "its job does not run yet")
        except HazelgateError as error:
            return f"it is started again with code {code}, as before ({error.message})"
        return f"it runs again with code {code}, as before"

    async def _ask(self, action: str, name: str, **more: Any) -> None:
        if self._kept_at is not None:
            more["claimed"] = True  # refused where the members took the change back meanwhile
        await self._cluster.control_pipeline({"action": action, "pipeline": name, "by": self._by, **more})

    async def _control(self, name: str) -> _Control:
        [control] = await self._cluster.read(_CONTROL, [name])
        return _decode_control(control) if control else _Control()

    async def _tried(self, before: PipelineState, projectors: tuple[str, ...]) -> str:
        """The fingerprint that all new projectors have, seen from every member that is to use them: from all."""
        seen: set[str] = set()
        served: set[str] = set()
        for written in projectors:
            member, address = _parted(written)
            answers = await self._cluster.control_pipeline(
                {"action": "try", "pipeline": before.name, "projector": address}, on_all=True
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
                served.add(answer.member)
        if len(seen) > 1:
            code = ", ".join(sorted(seen))
            raise PipelineUnavailable(f"the new projectors run different code: {code}; nothing was changed")
        [new_code] = seen
        left_out = [
            each.member
            for each in before.members
            if each.member not in served and (each.projector, each.fingerprint) != (READY, new_code)
        ]
        if left_out:
            members = ", ".join(left_out)
            raise PipelineUnavailable(
                f"no new projector is named for {members}: add --projector {left_out[0]}=HOST:PORT; nothing was changed"
            )
        self._say(f"the new projectors answer with code {new_code}")
        return new_code

    async def _state(self, name: str | None) -> PipelineState:
        states = (await self._stats()).pipelines
        named = [state for state in states if name in (None, state.name)]
        if len(named) != 1:
            names = ", ".join(state.name for state in states)
            wrong = "name one of the pipelines" if name is None else f"there is no pipeline {name}"
            raise PipelineUnavailable(f"{wrong}: {names}")
        return named[0]

    async def _stats(self) -> PipelineStats:
        deadline = time.monotonic() + min(_STARTING_SECONDS, self._timeout_seconds)
        while True:
            try:
                return await self._cluster.stats()
            except PipelineUnavailable:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(_ASK_AGAIN_SECONDS)

    async def _until(self, name: str, is_so: Callable[[PipelineState], bool], otherwise: str) -> PipelineState:
        deadline = time.monotonic() + self._timeout_seconds
        while not is_so(state := await self._state(name)):
            if self._kept_at is not None and time.monotonic() - self._kept_at > _KEEP_SECONDS:
                self._kept_at = time.monotonic()
                await self._ask("keep", name)
            if time.monotonic() > deadline:
                warnings = "; ".join(state.warnings)
                after = f"after {self._timeout_seconds:g} s"
                raise PipelineUnavailable(f"pipeline {name}, {after}: {otherwise} ({warnings})")
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
        return state


def _all(state: PipelineState, job: str) -> bool:
    return all(member.job == job for member in state.members)


def _one_code(state: PipelineState) -> bool:
    return len(state.fingerprints) == 1 and all(member.projector == READY for member in state.members)


def _is_as(before: PipelineState, now: PipelineState) -> bool:
    """Whether members have the projectors of before, with their code where it was seen. Members come and go."""
    seen = {member.member: member for member in now.members}
    return all(
        (there := seen.get(old.member)) is None
        or (
            there.address == old.address
            and (old.projector != READY or (there.projector, there.fingerprint) == (READY, old.fingerprint))
        )
        for old in before.members
    )


def _parted(written: str) -> tuple[str, str]:
    member, _, address = written.rpartition("=")
    return member or "*", address
