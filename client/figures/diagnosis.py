"""
What is right with a cluster and what is not, one line each. `/ready` warns of it, `hazelgate doctor` shows all of it.

It comes from the figures that each client has of the members anyway, so that it costs nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from hazelgate.client.figures.metrics import READY, MemberStats, PipelineStats
from hazelgate.client.figures.pipelines import DRAINED, DRAINING, PipelineState
from hazelgate.client.figures.vitals import ConnectedGateway

CLOCKS_SECONDS = 2.0
"""How far clocks may be apart."""
STORE_SECONDS = 1.0
"""How long 99 of 100 events may take to be stored."""
WAITING_SECONDS = 60.0
"""How long the oldest event may be on its way."""


class Finding(msgspec.Struct, frozen=True):
    """
    One thing that was looked at.

    Args:
        subject: In a word, as `clocks`.
        text: How it is.
        advice: What to do; empty where there is nothing to.
        warning: Whether it is not right.
    """

    subject: str
    text: str
    advice: str = ""
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.text}: {self.advice}" if self.advice else self.text


def examine(stats: PipelineStats, silent: Iterable[str] = ()) -> tuple[Finding, ...]:
    """
    Everything but the pipelines themselves, in one order.

    Args:
        silent: Members that gave no figures, as an operator can find them.
    """
    parts = stats.parts
    return (
        *_members(parts, list(silent)),
        *_gateways(stats),
        *_letters(stats),
        *_snapshots(parts),
        *_lag(stats),
        *_clocks(parts),
        *_heap(parts),
        *_store(stats),
        *_losses(parts),
    )


def examine_pipelines(pipelines: Iterable[PipelineState]) -> tuple[Finding, ...]:
    """The pipelines, with each member's projector."""
    return tuple(finding for pipeline in pipelines for finding in _pipeline(pipeline))


def _pipeline(pipeline: PipelineState) -> Iterator[Finding]:
    for warning in pipeline.warnings:
        yield Finding("pipeline", warning, "see `hazelgate pipeline status`", warning=True)
    projectors = ", ".join(
        f"{each.address} {each.fingerprint[:12]}" for each in pipeline.members if each.projector == READY
    )
    if not pipeline.warnings:
        yield Finding("pipeline", f"{pipeline.name} is {pipeline.status}; projectors with their code: {projectors}")


def _members(parts: tuple[MemberStats, ...], silent: list[str]) -> Iterator[Finding]:
    sizes = {each.vitals.cluster_size for each in parts if each.vitals.cluster_size}
    seen = max(sizes, default=len(parts))
    expected = max((each.vitals.expected_members for each in parts), default=0)
    if silent:
        yield Finding(
            "members",
            f"no figures from {', '.join(silent)}",
            "look whether it hangs, or has just started",
            warning=True,
        )
    if len(sizes) > 1:
        counts = ", ".join(f"{each.vitals.address} {each.vitals.cluster_size}" for each in parts)
        yield Finding(
            "members", f"members see clusters of different size: {counts}", "look at the network", warning=True
        )
    if seen < expected:
        there = ", ".join(sorted(each.vitals.address for each in parts))
        text = f"{seen} of {expected} members are there: {there}"
        yield Finding("members", text, "start the missing ones, or leave them out of --members", warning=True)
    elif not silent and len(sizes) <= 1:
        yield Finding("members", f"{seen} of {max(seen, expected)} members are there")


def _gateways(stats: PipelineStats) -> Iterator[Finding]:
    """Several pipelines may have a domain each, and a gateway all: then gateways are compared with each other."""
    there: dict[str, ConnectedGateway] = {
        each.name: each for part in stats.parts for each in part.vitals.gateways if each.code
    }
    codes = {each.code for each in there.values()}
    projectors = set(stats.pipelines[0].fingerprints) if len(stats.pipelines) == 1 else set()
    listed = ", ".join(f"{each.name} at {each.host} {each.code[:12]}" for each in there.values())
    if len(codes) > 1 or (len(projectors) == 1 and codes and codes != projectors):
        of_projectors = f"; the projectors have {next(iter(projectors))[:12]}" if len(projectors) == 1 else ""
        advice = "restart those with old code once the projectors have the new one"
        yield Finding("gateways", f"gateways have other code: {listed}{of_projectors}", advice, warning=True)
    else:
        yield Finding("gateways", f"{len(there)} connected" + (f": {listed}" if listed else ""))


def _letters(stats: PipelineStats) -> Iterator[Finding]:
    if stats.dead_letters:
        text = f"{stats.dead_letters:,} dead letters"
        yield Finding("letters", text, "see `hazelgate dead-letters list`", warning=True)
    else:
        yield Finding("letters", "no dead letters")


def _snapshots(parts: tuple[MemberStats, ...]) -> Iterator[Finding]:
    figures = next((each.vitals.snapshots for each in parts if each.vitals.snapshots is not None), None)
    if figures is None:
        yield Finding("snapshots", "none are kept")
        return
    age = "none is known of" if figures.taken_at is None else f"the last is {_age(figures.taken_at)} old"
    if figures.problem is not None:
        advice = "see the log of the oldest member, and `hazelgate snapshot list`"
        yield Finding("snapshots", f"{age}; no other could be taken: {figures.problem}", advice, warning=True)
    else:
        yield Finding(
            "snapshots", age + (f"; one is due every {figures.every_seconds} s" if figures.every_seconds else "")
        )


def _age(instant: str) -> str:
    seconds = max(0.0, (datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _lag(stats: PipelineStats) -> Iterator[Finding]:
    right = True
    for pipeline in stats.pipelines:
        if pipeline.status in (DRAINING, DRAINED):
            continue
        if pipeline.standing_lanes:
            text = (
                f"{pipeline.standing_lanes} lanes of pipeline {pipeline.name} stand still for "
                f"{pipeline.standing_seconds:.0f} s: events wait in them and none has left"
            )
            right = False
            yield Finding("lag", text, "the member's log says why, where it is known", warning=True)
        elif pipeline.oldest_seconds > WAITING_SECONDS:
            text = f"the oldest event of pipeline {pipeline.name} has waited for {pipeline.oldest_seconds:.0f} s"
            right = False
            yield Finding("lag", text, "see hazelgate_stage_latency_seconds for the slow stage", warning=True)
    if right:
        oldest = max((pipeline.oldest_seconds for pipeline in stats.pipelines), default=0.0)
        yield Finding("lag", f"{stats.pending:,} events on their way, the oldest for {oldest:.0f} s")


def _clocks(parts: tuple[MemberStats, ...]) -> Iterator[Finding]:
    known = [(each.vitals.address, each.clock) for each in parts if each.clock is not None]
    if not known:
        return
    wrong = [f"{at} by {clock.seconds:+.1f} s" for at, clock in known
             if abs(clock.seconds) - clock.within_seconds > CLOCKS_SECONDS]  # fmt: skip
    (first, ahead), (last, behind) = (
        max(known, key=lambda each: each[1].seconds),
        min(known, key=lambda each: each[1].seconds),
    )
    apart = max(0.0, ahead.seconds - behind.seconds - ahead.within_seconds - behind.within_seconds)
    if apart > CLOCKS_SECONDS:
        text = f"the clocks of {first} and {last} are {ahead.seconds - behind.seconds:.1f} s apart"
        yield Finding("clocks", text, "have all machines keep their time by NTP", warning=True)
    elif wrong:
        text = f"clocks differ from this machine's: {', '.join(wrong)}"
        yield Finding("clocks", text, "have all machines keep their time by NTP", warning=True)
    else:
        most = max(abs(clock.seconds) for _, clock in known)
        yield Finding("clocks", f"members and this machine are within {max(most, 0.1):.1f} s")


def _heap(parts: tuple[MemberStats, ...]) -> Iterator[Finding]:
    known = [each.vitals for each in parts if each.vitals.heap_max]
    full = [f"{each.vitals.address}: {each.heap_problem}" for each in parts if each.heap_problem is not None]
    if full:
        yield Finding("heap", f"no new events are taken by {', '.join(full)}", warning=True)
    elif known:
        shown = ", ".join(
            f"{each.address} {each.heap_used / each.heap_max:.0%} of {each.heap_max / 2**20:,.0f} MiB" for each in known
        )
        yield Finding("heap", f"in use after a collection: {shown}")


def _store(stats: PipelineStats) -> Iterator[Finding]:
    kept_in = next((each.vitals.store for each in stats.parts), "memory")
    lag = stats.recent.persist.quantile(0.99) / 1_000
    if stats.store_problem is not None:
        yield Finding("store", stats.store_problem, "nothing is stored until that is over", warning=True)
    elif lag > STORE_SECONDS:
        text = f"99 of 100 events took up to {lag:.1f} s to be stored in {kept_in}, in the last minute"
        yield Finding("store", text, "look at the database and its disk", warning=True)
    else:
        speed = f"99 of 100 events of the last minute were stored within {lag * 1_000:.0f} ms"
        yield Finding("store", f"{kept_in}; {speed}" if stats.recent.persist.count else f"{kept_in} is there")


def _losses(parts: tuple[MemberStats, ...]) -> Iterator[Finding]:
    lost = next((each.vitals.lost for each in parts if each.vitals.lost is not None), None)
    if lost is not None:
        text = (
            f"{lost.partitions} of {lost.of} partitions were lost at {lost.at}: about {lost.partitions / lost.of:.0%} "
            "of the events and entries that were in memory alone may be missing"
        )
        advice = "restore them from an export, or go on without; then `hazelgate doctor --acknowledge-losses`"
        yield Finding("losses", text, advice, warning=True)
