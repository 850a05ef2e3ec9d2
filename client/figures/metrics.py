"""
The pipeline's figures: counters and latency histograms, summed over the members.

A histogram's bucket `i` holds latencies up to `0.01 ms × 2^(i/8)`: a quantile is right within 9 %. Bucket counts add up
across members, quantiles do not; so members send counts and this module makes quantiles.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from hazelgate.client.figures.pipelines import MemberPipeline, PipelineState, merge_pipelines
from hazelgate.client.figures.vitals import ClockDifference, Vitals

STAGES = ("total", "jet", "persist", "view_update", "publish")
READY = "READY"
AWAY = "AWAY"
RUNNING = "RUNNING"


def bucket_of(latency_ms: float) -> int:
    """The bucket that counts this latency; what is shorter than a hundredth of a millisecond is in bucket 0."""
    return max(0, math.ceil(8 * math.log2(latency_ms / 0.01))) if latency_ms > 0.01 else 0


def bucket_limit_ms(bucket: int) -> float:
    """The longest latency that the bucket counts, in milliseconds."""
    return 0.01 * math.pow(2.0, bucket / 8)


class Histogram(msgspec.Struct, frozen=True, rename="camel"):
    """Latencies by bucket, their sum and the longest, in milliseconds."""

    counts: tuple[tuple[int, int], ...] = ()
    sum_ms: float = 0.0
    max_ms: float = 0.0

    @property
    def count(self) -> int:
        """How many latencies are in it."""
        return sum(n for _, n in self.counts)

    def quantile(self, fraction: float) -> float:
        """The latency in milliseconds that this fraction stays within; 0.0 where nothing was measured."""
        left = math.ceil(self.count * fraction)
        for bucket, n in sorted(self.counts):
            left -= n
            if left <= 0:
                return min(bucket_limit_ms(bucket), self.max_ms)
        return self.max_ms

    @staticmethod
    def of(latencies_ms: Iterable[float]) -> Histogram:
        """The histogram of these latencies."""
        values = list(latencies_ms)
        counts = Counter(map(bucket_of, values))
        return Histogram(tuple(sorted(counts.items())), math.fsum(values), max(values, default=0.0))

    @staticmethod
    def merge(parts: Sequence[Histogram]) -> Histogram:
        """All parts as one."""
        counts: Counter[int] = Counter()
        for part in parts:
            for bucket, n in part.counts:
                counts[bucket] += n
        return Histogram(
            tuple(sorted(counts.items())),
            math.fsum(part.sum_ms for part in parts),
            max((part.max_ms for part in parts), default=0.0),
        )


class StageLatencies(msgspec.Struct, frozen=True, rename="camel"):
    """A histogram per stage: jet up to received, persist up to stored, and so on; total from submitted to completed."""

    total: Histogram = Histogram()
    jet: Histogram = Histogram()
    persist: Histogram = Histogram()
    view_update: Histogram = Histogram()
    publish: Histogram = Histogram()

    @staticmethod
    def merge(parts: Sequence[StageLatencies]) -> StageLatencies:
        """All parts as one, stage by stage."""
        return StageLatencies(**{stage: Histogram.merge([getattr(part, stage) for part in parts]) for stage in STAGES})


class MemberStats(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One member's answer to PipelineStats."""

    member: str
    projector: str
    job: str
    store_problem: str | None = None
    views_problem: str | None = None
    events_total: int = 0
    events_per_second: float = 0.0
    pending: int = 0
    dead_letters: int = 0
    journal_lost: int = 0
    reconciled: int = 0
    conflicts: int = 0
    rejected_total: int = 0
    contained: int = 0
    projector_restarts: int = 0
    heap_problem: str | None = None
    tasks_given_up: int = 0
    clients_disconnected: int = 0
    pipelines: tuple[MemberPipeline, ...] = ()
    vitals: Vitals = Vitals()
    clock: ClockDifference | None = None
    """Not in the answer: whoever asked knows when."""
    recent: StageLatencies = StageLatencies()
    all: StageLatencies = StageLatencies()


class PipelineStats(msgspec.Struct, frozen=True, kw_only=True):
    """
    The whole pipeline's figures. `recent` covers the last 60 s, `all` everything since the members started.

    `store_problem` says why nothing can be stored just now, where that is so.
    `views_problem` says why the views do not hold all that is stored, where that is so.
    `heap_problem` says why a member takes no new events, where one does not.
    `projector` is READY while at least one member has one; `job` is RUNNING while it runs anywhere.
    """

    members: int
    projector: str
    job: str
    store_problem: str | None = None
    views_problem: str | None = None
    events_total: int
    events_per_second: float
    pending: int
    dead_letters: int
    journal_lost: int
    reconciled: int
    conflicts: int
    rejected_total: int
    contained: int
    """Calls of handlers that were marked as failed because the projector did not survive them."""
    projector_restarts: int
    heap_problem: str | None = None
    tasks_given_up: int = 0
    """What members were asked for and did not begin or end while somebody waited for it."""
    clients_disconnected: int = 0
    """Connections of clients that did not read what was sent to them."""
    recent: StageLatencies
    all: StageLatencies
    pipelines: tuple[PipelineState, ...] = ()
    parts: tuple[MemberStats, ...] = ()
    """Each member's own."""


_decoder = msgspec.json.Decoder(MemberStats)


def decode_stats(answer: bytes) -> MemberStats:
    """One member's answer."""
    return _decoder.decode(answer)


def decode_timed(answer: bytes, asked_at: float, answered_at: float) -> MemberStats:
    """The same with how far its clock is from this machine's, by whose clock it was asked and had answered."""
    stats = decode_stats(answer)
    return msgspec.structs.replace(stats, clock=ClockDifference.of(stats.vitals, asked_at, answered_at))


def merge_stats(parts: Sequence[MemberStats]) -> PipelineStats:
    """One picture of what every member said of its own share."""
    jobs = [part.job for part in parts]
    return PipelineStats(
        members=len(parts),
        store_problem=next((part.store_problem for part in parts if part.store_problem is not None), None),
        views_problem=next((part.views_problem for part in parts if part.views_problem is not None), None),
        projector=READY if any(part.projector == READY for part in parts) else AWAY,
        job=RUNNING if RUNNING in jobs else (jobs[0] if jobs else "UNKNOWN"),
        events_total=sum(part.events_total for part in parts),
        events_per_second=math.fsum(part.events_per_second for part in parts),
        pending=sum(part.pending for part in parts),
        dead_letters=sum(part.dead_letters for part in parts),
        journal_lost=sum(part.journal_lost for part in parts),
        reconciled=sum(part.reconciled for part in parts),
        conflicts=sum(part.conflicts for part in parts),
        rejected_total=sum(part.rejected_total for part in parts),
        contained=sum(part.contained for part in parts),
        projector_restarts=sum(part.projector_restarts for part in parts),
        heap_problem=next((part.heap_problem for part in parts if part.heap_problem is not None), None),
        tasks_given_up=sum(part.tasks_given_up for part in parts),
        clients_disconnected=sum(part.clients_disconnected for part in parts),
        recent=StageLatencies.merge([part.recent for part in parts]),
        all=StageLatencies.merge([part.all for part in parts]),
        pipelines=merge_pipelines(pipeline for part in parts for pipeline in part.pipelines),
        parts=tuple(parts),
    )
