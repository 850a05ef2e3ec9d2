"""What is right with a cluster and what is not."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from hazelgate.client.cluster import state_of
from hazelgate.client.figures.diagnosis import Finding
from hazelgate.client.figures.metrics import Histogram, MemberStats, StageLatencies, decode_timed, merge_stats
from hazelgate.client.figures.pipelines import DRAINED, MemberPipeline, Standing
from hazelgate.client.figures.vitals import (
    ClockDifference,
    ConnectedGateway,
    LostPartitions,
    SnapshotFigures,
    Vitals,
    gateway_labels,
)

MIB = 2**20


def gateway(name: str, code: str = "f1") -> ConnectedGateway:
    return ConnectedGateway(name=name, host="10.0.0.9", labels=gateway_labels(code))


def member(
    at: str = "a:1", *, clock: float = 0.0, pipeline: dict[str, Any] | None = None, of: dict[str, Any] | None = None,
    **vitals: Any,
) -> MemberStats:  # fmt: skip
    """One of two members with which all is right, but for what is given."""
    own = MemberPipeline(
        **{
            "name": "events",
            "member": at,
            "job": "RUNNING",
            "projector": "READY",
            "address": f"{at}0",
            "fingerprint": "f1",
            **(pipeline or {}),
        }
    )
    given: dict[str, Any] = {"cluster_size": 2, "expected_members": 2, "heap_used": 100 * MIB, "heap_max": 1_000 * MIB}
    return MemberStats(
        **{
            "member": at,
            "projector": "READY",
            "job": "RUNNING",
            "pipelines": (own,),
            "vitals": Vitals(address=at, **{**given, "gateways": (gateway("gw-1"),), **vitals}),
            "clock": ClockDifference(clock, 0.1),
            **(of or {}),
        }
    )


def warned(*members: MemberStats, silent: tuple[str, ...] = ()) -> list[Finding]:
    state = state_of(merge_stats(members), silent)
    found = [each for each in state.findings if each.warning]
    assert len(state.warnings) == len(found), "/ready warns of the same as doctor"
    return found


def test_all_is_right_in_a_line_each() -> None:
    findings = state_of(merge_stats([member(), member("b:1")])).findings
    assert not any(each.warning for each in findings)
    assert [each.subject for each in findings] == [
        *("pipeline", "members", "gateways", "letters", "snapshots", "lag", "clocks", "heap", "store"),
    ]
    assert "2 of 2 members are there" in findings[1].text


SLOW = StageLatencies(persist=Histogram.of([3_000.0] * 50))


@pytest.mark.parametrize(
    ("subject", "words", "wrong"),
    [
        ("pipeline", "of pipeline events is away", {"pipeline": {"projector": "AWAY"}}),
        ("pipeline", "run different code", {"pipeline": {"fingerprint": "f2"}, "gateways": ()}),
        ("members", "2 of 3 members are there: a:1, b:1", {"expected_members": 3}),
        ("gateways", "other code: gw-1 at 10.0.0.9 f1, gw-2 at 10.0.0.9 f0", {"gateways": (gateway("gw-2", "f0"),)}),
        ("letters", "3 dead letters", {"of": {"dead_letters": 3}}),
        ("snapshots", "could be taken: the disk is full", {"snapshots": SnapshotFigures(problem="the disk is full")}),
        ("lag", "2 lanes of pipeline events stand still for 12 s", {
            "pipeline": {"standing": Standing(lanes=2, seconds=12.0, oldest_seconds=12.0)}}),
        ("lag", "has waited for 100 s", {"pipeline": {"standing": Standing(oldest_seconds=100.0)}}),
        ("clocks", "clocks of a:1 and b:1 are 3600.0 s apart", {"clock": -3_600.0}),
        ("heap", "no new events are taken by b:1: the heap is 90 % full", {
            "of": {"heap_problem": "the heap is 90 % full after collection; give members a larger --heap"}}),
        ("store", "PostgreSQL is away", {"of": {"store_problem": "PostgreSQL is away"}}),
        ("store", "up to 3.0 s to be stored in memory", {"of": {"recent": SLOW}}),
        ("losses", "7 of 71 partitions were lost", {"lost": LostPartitions(at="now", partitions=7, of=71)}),
    ],
)  # fmt: skip
def test_what_is_not_right_is_warned_of_with_what_to_do(subject: str, words: str, wrong: dict[str, Any]) -> None:
    found = warned(member(), member("b:1", **wrong))
    assert [each.subject for each in found][:1] == [subject]
    assert words in found[0].text
    assert found[0].advice or "give members" in found[0].text


def test_members_that_see_different_clusters_and_one_that_says_nothing_are_told() -> None:
    found = warned(member(), member("b:1", cluster_size=1), silent=("c:1",))
    assert ["c:1" in found[0].text, "of different size: a:1 2, b:1 1" in found[1].text] == [True, True]


def test_both_members_clocks_against_this_machine_are_told_once() -> None:
    found = warned(member(clock=9.0), member("b:1", clock=9.0))
    assert [each.text for each in found] == ["clocks differ from this machine's: a:1 by +9.0 s, b:1 by +9.0 s"]


def test_a_slow_answer_says_nothing_of_a_clock() -> None:
    [unsure] = [msgspec.structs.replace(member(), clock=ClockDifference(3.0, 2.5))]
    assert warned(unsure, member("b:1")) == []


def test_a_clock_is_told_by_when_its_member_was_asked() -> None:
    now = time.time()
    vitals = {"clockMicros": round((now + 5) * 1e6)}
    answer = msgspec.json.encode({"member": "m", "projector": "READY", "job": "RUNNING", "vitals": vitals})
    clock = decode_timed(answer, now - 1, now + 1).clock
    assert clock is not None
    assert (round(clock.seconds, 3), round(clock.within_seconds, 3)) == (5.0, 1.0)


def test_what_operators_have_drained_stands_still_on_purpose() -> None:
    standing = Standing(lanes=1, seconds=50.0, oldest_seconds=50.0)
    found = warned(*(member(at, pipeline={"job": DRAINED, "standing": standing}) for at in ("a:1", "b:1")))
    assert [each.subject for each in found] == ["pipeline"]


def test_with_a_pipeline_per_service_gateways_are_compared_with_each_other() -> None:
    """Each pipeline has a domain of its own, and a gateway all of them."""
    both = merge_stats([member(gateways=(gateway("gw-1", "all"),))])
    two = msgspec.structs.replace(both, pipelines=both.pipelines * 2)
    assert not any(each.warning and each.subject == "gateways" for each in state_of(two).findings)
