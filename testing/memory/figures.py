"""The work of the pipeline in memory, in the figures of PipelineStats."""

from __future__ import annotations

import time
from collections import Counter, deque

import msgspec

from hazelgate.client.figures.metrics import STAGES, Histogram, MemberStats, StageLatencies, bucket_of
from hazelgate.client.figures.pipelines import MemberPipeline
from hazelgate.sourcing.clock import milliseconds_between
from hazelgate.sourcing.envelope import Completion

RECENT_SECONDS = 60.0

_decode = msgspec.json.Decoder(Completion).decode


class Figures:
    """Counters, and a histogram per stage."""

    def __init__(self) -> None:
        self.rejected = 0
        self.conflicts = 0
        self._events = 0
        self._counts = {stage: Counter[int]() for stage in STAGES}
        self._sums = dict.fromkeys(STAGES, 0.0)
        self._maxima = dict.fromkeys(STAGES, 0.0)
        self._recent: deque[tuple[float, dict[str, float]]] = deque()

    def completed(self, completion: bytes) -> None:
        """An event is through; its completion has the times."""
        self._events += 1
        latencies = _latencies(_decode(completion))
        self._recent.append((time.monotonic(), latencies))
        for stage, latency in latencies.items():
            self._counts[stage][bucket_of(latency)] += 1
            self._sums[stage] += latency
            self._maxima[stage] = max(self._maxima[stage], latency)

    def stats(self, *, projector: str, job: str, pending: int, dead_letters: int) -> MemberStats:
        """All figures as they are now."""
        oldest = time.monotonic() - RECENT_SECONDS
        while self._recent and self._recent[0][0] < oldest:
            self._recent.popleft()
        return MemberStats(
            member="memory",
            projector=projector,
            job=job,
            events_total=self._events,
            events_per_second=len(self._recent) / RECENT_SECONDS,
            pending=pending,
            dead_letters=dead_letters,
            conflicts=self.conflicts,
            rejected_total=self.rejected,
            pipelines=(
                MemberPipeline(
                    name="events",
                    member="memory",
                    rest=True,
                    job=job,
                    projector=projector,
                    pending=pending,
                    address="memory",
                    fingerprint="memory",
                    events_total=self._events,
                ),
            ),
            recent=StageLatencies(
                **{stage: Histogram.of(latencies[stage] for _, latencies in self._recent) for stage in STAGES}
            ),
            all=StageLatencies(
                **{
                    stage: Histogram(tuple(sorted(self._counts[stage].items())), self._sums[stage], self._maxima[stage])
                    for stage in STAGES
                }
            ),
        )


def _latencies(completion: Completion) -> dict[str, float]:
    at = completion.stages
    steps = {
        "total": (at.timestamp, at.completed_at),
        "jet": (at.timestamp, at.received_at),
        "persist": (at.received_at, at.persisted_at),
        "view_update": (at.persisted_at, at.view_updated_at),
        "publish": (at.view_updated_at, at.published_at),
    }
    return {
        stage: max(0.0, milliseconds_between(begin, end))
        for stage, (begin, end) in steps.items()
        if begin is not None and end is not None
    }
