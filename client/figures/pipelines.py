"""
The configured pipelines and how each is: what members say of their share, put together.

A pipeline that is drained takes events in, and they wait; one whose projector is away refuses them at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

READY = "READY"
RUNNING = "RUNNING"
DRAINING = "DRAINING"
DRAINED = "DRAINED"


class Standing(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Lanes of a pipeline on one member that stand still: events wait in them, and none has left for 10 s."""

    lanes: int = 0
    seconds: float = 0.0
    """For how long the one that has stood longest."""
    oldest_seconds: float = 0.0
    """How long the oldest event has waited, in whatever lane."""


class MemberPipeline(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One member's share of a pipeline, in its own words."""

    name: str
    member: str
    """`host:port` of the member."""
    event_types: tuple[str, ...] = ()
    rest: bool = False
    """Whether it takes what no pipeline names, too."""
    job: str = "UNKNOWN"
    projector: str = "AWAY"
    address: str = ""
    """`host:port` of the member's projector."""
    fingerprint: str = ""
    """Of the projector's code; empty where it has not been seen yet."""
    problem: str | None = None
    """Why the projector is not used although it answers."""
    pending: int = 0
    standing: Standing = Standing()
    events_total: int = 0


class ControlAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A member's answer to a request about a pipeline."""

    member: str
    fingerprint: str = ""
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class PipelineState:
    """One pipeline over all members."""

    name: str
    members: tuple[MemberPipeline, ...]

    @property
    def status(self) -> str:
        """The job's status; DRAINING or DRAINED where operators want it so; RUNNING where it runs anywhere."""
        jobs = [member.job for member in self.members]
        for status in (DRAINING, DRAINED, RUNNING):
            if status in jobs:
                return status
        return jobs[0] if jobs else "UNKNOWN"

    @property
    def takes(self) -> str:
        """The event types, `*` for the rest."""
        first = self.members[0]
        return ", ".join([*first.event_types, *(["*"] if first.rest else [])])

    @property
    def pending(self) -> int:
        """Events that are in and not yet through."""
        return sum(member.pending for member in self.members)

    @property
    def standing_lanes(self) -> int:
        """How many of its lanes stand still."""
        return sum(member.standing.lanes for member in self.members)

    @property
    def standing_seconds(self) -> float:
        """For how long the one that has stood longest."""
        return max((member.standing.seconds for member in self.members), default=0.0)

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest event has waited."""
        return max((member.standing.oldest_seconds for member in self.members), default=0.0)

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Of the code of the projectors that are there; more than one where the code is mixed."""
        return tuple(sorted({member.fingerprint for member in self.members if member.projector == READY}))

    @property
    def problem(self) -> str | None:
        """Why its events can't be taken in just now, in a sentence; None when they can."""
        if self.status in (DRAINING, DRAINED):
            return None
        if self.status != RUNNING:
            return f"the job of pipeline {self.name} is {self.status}"
        if any(member.projector == READY for member in self.members):
            return None
        unfit = next((member.problem for member in self.members if member.problem), None)
        return unfit or f"the projector is away: pipeline {self.name} has none at {self._addresses()}"

    @property
    def warnings(self) -> list[str]:
        """Everything that operators have to know, though events are taken in."""
        told = []
        if self.status in (DRAINING, DRAINED):
            told.append(f"pipeline {self.name} is {self.status}: its events wait")
        elif self.status != RUNNING:
            told.append(f"the job of pipeline {self.name} is {self.status}: its events are not taken in")
        if len(self.fingerprints) > 1:
            code = ", ".join(
                f"{member.fingerprint} at {member.address}" for member in self.members if member.projector == READY
            )
            told.append(f"the projectors of pipeline {self.name} run different code: {code}")
        for member in self.members:
            if member.problem:
                told.append(f"the projector at {member.address} is not used: {member.problem}")
            elif member.projector != READY:
                told.append(f"the projector at {member.address} of pipeline {self.name} is away")
        return told

    def _addresses(self) -> str:
        return ", ".join(sorted({member.address for member in self.members}))


def merge_pipelines(parts: Iterable[MemberPipeline]) -> tuple[PipelineState, ...]:
    """The pipelines in the order of the members' configuration."""
    by_name: dict[str, list[MemberPipeline]] = {}
    for part in parts:
        by_name.setdefault(part.name, []).append(part)
    return tuple(
        PipelineState(name, tuple(sorted(members, key=lambda member: member.member)))
        for name, members in by_name.items()
    )


def pipeline_of(event_type: str, pipelines: Iterable[PipelineState]) -> PipelineState | None:
    """The pipeline that takes an event type; None where none does, and the engine will refuse it."""
    rest = None
    for pipeline in pipelines:
        first = pipeline.members[0]
        if event_type in first.event_types:
            return pipeline
        if first.rest:
            rest = pipeline
    return rest
