"""Histograms and figures of several members add up, and quantiles stay within a bucket of the truth."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazelgate.client.figures.metrics import (
    Histogram,
    MemberStats,
    StageLatencies,
    bucket_limit_ms,
    bucket_of,
    decode_stats,
    merge_stats,
)

latencies = st.lists(st.floats(min_value=0.001, max_value=100_000), min_size=1, max_size=200)


@given(st.floats(min_value=0.0101, max_value=1e6))
def test_a_latency_is_in_the_first_bucket_that_holds_it(latency_ms: float) -> None:
    bucket = bucket_of(latency_ms)
    assert bucket_limit_ms(bucket - 1) < latency_ms * 1.000001
    assert latency_ms <= bucket_limit_ms(bucket) * 1.000001


@given(latencies, st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_at_most_a_bucket_above_the_true_one(values: list[float], fraction: float) -> None:
    rank = max(1, -(-len(values) * int(fraction * 100) // 100))
    truth = sorted(values)[rank - 1]
    assert truth * 0.999999 <= Histogram.of(values).quantile(fraction) <= max(0.01, truth * 2 ** (1 / 8)) * 1.000001


@given(latencies, latencies)
def test_merged_parts_are_the_histogram_of_all(one: list[float], other: list[float]) -> None:
    merged, whole = Histogram.merge([Histogram.of(one), Histogram.of(other)]), Histogram.of(one + other)
    assert (merged.counts, merged.max_ms) == (whole.counts, whole.max_ms)
    assert merged.sum_ms == pytest.approx(whole.sum_ms)


def test_an_empty_histogram_has_quantiles_of_zero() -> None:
    assert Histogram.merge([]).quantile(0.99) == 0.0


def test_the_longest_bounds_a_quantile() -> None:
    assert Histogram.of([5.0]).quantile(0.5) == 5.0


def member(projector: str = "READY", job: str = "RUNNING", events: int = 0) -> MemberStats:
    recent = StageLatencies(total=Histogram.of([float(n + 1) for n in range(events)]))
    return MemberStats(
        member="m", projector=projector, job=job, events_total=events, events_per_second=1.5, pending=2, recent=recent
    )


def test_members_figures_add_up() -> None:
    stats = merge_stats([member(events=3), member(events=4)])
    assert (stats.members, stats.events_total, stats.events_per_second, stats.pending) == (2, 7, 3.0, 4)
    assert stats.recent.total.count == 7


@pytest.mark.parametrize(
    ("projectors", "expected"), [(["READY", "AWAY"], "READY"), (["AWAY", "AWAY"], "AWAY"), ([], "AWAY")]
)
def test_the_projector_is_ready_while_one_member_has_it(projectors: list[str], expected: str) -> None:
    assert merge_stats([member(projector) for projector in projectors]).projector == expected


@pytest.mark.parametrize(
    ("jobs", "expected"), [(["STARTING", "RUNNING"], "RUNNING"), (["FAILED"], "FAILED"), ([], "UNKNOWN")]
)
def test_the_job_runs_while_it_runs_anywhere(jobs: list[str], expected: str) -> None:
    assert merge_stats([member(job=job) for job in jobs]).job == expected


def test_an_answer_is_read_as_the_engine_writes_it() -> None:
    histogram = {"counts": [[3, 2]], "sumMs": 1.5, "maxMs": 1.0}
    stages = dict.fromkeys(["total", "jet", "persist", "viewUpdate", "publish"], histogram)
    answer = {
        "member": "m",
        "projector": "READY",
        "job": "RUNNING",
        "eventsTotal": 2,
        "eventsPerSecond": 0.5,
        "pending": 1,
        "deadLetters": 4,
        "journalLost": 5,
        "reconciled": 6,
        "conflicts": 7,
        "rejectedTotal": 8,
        "contained": 9,
        "projectorRestarts": 10,
        "recent": stages,
        "all": stages,
    }
    stats = decode_stats(msgspec.json.encode(answer))
    assert (stats.journal_lost, stats.reconciled, stats.conflicts, stats.rejected_total) == (5, 6, 7, 8)
    assert (stats.contained, stats.projector_restarts) == (9, 10)
    assert stats.recent.view_update == Histogram(((3, 2),), 1.5, 1.0)
