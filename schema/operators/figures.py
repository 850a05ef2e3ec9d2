"""What the pipeline says of itself: counters and latencies."""

import strawberry

from hazelgate.client.figures.metrics import Histogram, PipelineStats
from hazelgate.schema.scalars import Long


@strawberry.type(description="Latencies of the last 60 s; zero where nothing happened.")
class LatencySummary:
    p50_ms: float = strawberry.field(description="Half of the events took at most so long.")
    p95_ms: float = strawberry.field(description="95 of 100 events took at most so long.")
    p99_ms: float = strawberry.field(description="99 of 100 events took at most so long.")
    max_ms: float = strawberry.field(description="The longest.")

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
    events_total: Long = strawberry.field(description="Events that went through since the members started.")
    events_per_second: float = strawberry.field(description="Of the last 60 s.")
    pending: int = strawberry.field(description="Events that are in and not yet through.")
    dead_letters: int = strawberry.field(description="Events that a view could not take and that wait.")
    handlers_contained: int = strawberry.field(
        description="Calls of handlers that were marked as failed because the projector did not survive them."
    )
    projector_restarts: int = strawberry.field(description="How often a projector was replaced by another process.")
    total: LatencySummary = strawberry.field(description="From submitted to completed.")
    jet: LatencySummary = strawberry.field(description="From submitted to received by the pipeline.")
    persist: LatencySummary = strawberry.field(description="From received to stored.")
    view_update: LatencySummary = strawberry.field(description="From stored to visible in the views.")
    publish: LatencySummary = strawberry.field(description="From visible in the views to published.")

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
