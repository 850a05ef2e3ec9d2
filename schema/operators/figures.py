"""What the pipeline says of itself: counters and latencies."""

import strawberry

from hazelgate.client.figures.metrics import Histogram, PipelineStats
from hazelgate.schema.scalars import Long


@strawberry.type(description="Latencies of the last 60 s; zero where nothing happened.")
class LatencySummary:
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, histogram: Histogram) -> "LatencySummary":
        return cls(
            p50_ms=histogram.quantile(0.5),
            p95_ms=histogram.quantile(0.95),
            p99_ms=histogram.quantile(0.99),
            max_ms=histogram.max_ms,
        )


@strawberry.type(description="The pipeline's figures, summed over its members.")
class PipelineMetrics:
    events_total: Long
    events_per_second: float
    pending: int
    dead_letters: int
    handlers_contained: int = strawberry.field(
        description="Calls of handlers that were marked as failed because the projector did not survive them."
    )
    projector_restarts: int = strawberry.field(description="How often a projector was replaced by another process.")
    total: LatencySummary
    jet: LatencySummary
    persist: LatencySummary
    view_update: LatencySummary
    publish: LatencySummary

    @classmethod
    def of(cls, stats: PipelineStats) -> "PipelineMetrics":
        recent = stats.recent
        return cls(
            events_total=Long(stats.events_total),
            events_per_second=stats.events_per_second,
            pending=stats.pending,
            dead_letters=stats.dead_letters,
            handlers_contained=stats.contained,
            projector_restarts=stats.projector_restarts,
            total=LatencySummary.of(recent.total),
            jet=LatencySummary.of(recent.jet),
            persist=LatencySummary.of(recent.persist),
            view_update=LatencySummary.of(recent.view_update),
            publish=LatencySummary.of(recent.publish),
        )
