"""`/metrics`: what the pipeline and this process count, as Prometheus text."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from hazelgate.client.cluster import ClusterState
from hazelgate.client.figures.metrics import STAGES, Histogram, PipelineStats, bucket_limit_ms, bucket_of
from hazelgate.gateway.door.refusals import Reason
from hazelgate.gateway.graphql.execution import Way

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_BOUNDS_MS = (0.5, 1, 2, 4, 6, 8, 10, 15, 20, 30, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000)
"""Upper bounds in milliseconds; a member's finer buckets are gathered into these."""


class GatewayMetrics:
    """Counters of this process, and where `/metrics` gets the rest from."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "hazelgate_http_requests", "GraphQL requests over HTTP", ["method", "status"], registry=self._registry
        )
        self._by_answer: dict[tuple[str, int], Counter] = {}
        operations = Counter(
            "hazelgate_operations", "Answered operations, by what answered them", ["way"], registry=self._registry
        )
        self._operations = {way: operations.labels(way.value) for way in Way}
        refused = Counter("hazelgate_refused", "Refused at the door or by a limit", ["reason"], registry=self._registry)
        self._refused = {reason: refused.labels(reason.value) for reason in Reason}
        self._sockets = Gauge("hazelgate_websockets", "Open websockets", registry=self._registry)
        self._streams = Gauge(
            "hazelgate_http_streams", "Open streams of server-sent events and of parts", registry=self._registry
        )
        self._subscribers = Gauge(
            "hazelgate_subscribers", "Subscriptions to events that run in this process", registry=self._registry
        )
        self._executions = Gauge(
            "hazelgate_subscription_executions",
            "Executions of subscriptions to events; subscribers of the same operation share one",
            registry=self._registry,
        )
        self._stalled = Counter(
            "hazelgate_websockets_stalled",
            "Websockets closed because their clients read nothing",
            registry=self._registry,
        )
        self._pipeline = _PipelineCollector()
        self._of_pipeline = CollectorRegistry()
        self._of_pipeline.register(self._pipeline)

    def count_request(self, method: str, status: int) -> None:
        """One answered request. A method that we don't know is not worth a time series of its own."""
        known = method if method in ("GET", "POST", "HEAD", "PUT", "DELETE") else "other"
        counter = self._by_answer.get((known, status))
        if counter is None:
            counter = self._by_answer[known, status] = self._requests.labels(known, str(status))
        counter.inc()

    def count_operation(self, way: Way) -> None:
        """One answered query or mutation, or one result of a subscription for all who share it."""
        self._operations[way].inc()

    def count_refusal(self, reason: Reason) -> None:
        """One request, connection or operation that was refused."""
        self._refused[reason].inc()

    def count_socket(self, change: int) -> None:
        """A websocket came (+1) or went (-1)."""
        self._sockets.inc(change)

    def count_stream(self, change: int) -> None:
        """A stream over HTTP came (+1) or went (-1)."""
        self._streams.inc(change)

    def watch_subscriptions(self, *, subscribers: Callable[[], int], executions: Callable[[], int]) -> None:
        """Ask these how many subscriptions to events there are, and how many executions they share."""
        self._subscribers.set_function(subscribers)
        self._executions.set_function(executions)

    def count_stalled(self) -> None:
        """A websocket was closed because its client read nothing."""
        self._stalled.inc()

    def render_own(self) -> bytes:
        """The figures of this process as text."""
        return generate_latest(self._registry)

    def render_pipeline(self, state: ClusterState, stats: PipelineStats | None) -> bytes:
        """Those of the pipeline; `stats` is None while the cluster is away, and its figures are left out then."""
        self._pipeline.state, self._pipeline.stats = state, stats
        return generate_latest(self._of_pipeline)


class _PipelineCollector(Collector):
    """The pipeline's figures as a member counted them, handed over just before they are written."""

    def __init__(self) -> None:
        self.state = ClusterState()
        self.stats: PipelineStats | None = None

    def collect(self) -> Iterator[Metric]:
        ready = GaugeMetricFamily("hazelgate_ready", "1 while the part works", labels=["part"])
        ready.add_metric(["member"], float(self.state.connected))
        ready.add_metric(["projector"], float(self.state.projector == "READY"))
        ready.add_metric(["pipeline"], float(self.state.job == "RUNNING"))
        yield ready
        stats = self.stats
        if stats is None:
            return
        running = GaugeMetricFamily("hazelgate_pipeline_running", "1 while a pipeline's job runs", labels=["pipeline"])
        waiting = GaugeMetricFamily(
            "hazelgate_pipeline_pending", "A pipeline's events on their way", labels=["pipeline"]
        )
        versions = GaugeMetricFamily(
            "hazelgate_pipeline_code_versions", "Different code of its projectors; 1 is right", labels=["pipeline"]
        )
        standing = GaugeMetricFamily(
            "hazelgate_lanes_standing", "Lanes in which events wait and none has left for 10 s", labels=["pipeline"]
        )
        oldest = GaugeMetricFamily(
            "hazelgate_oldest_pending_seconds", "How long a pipeline's oldest event has waited", labels=["pipeline"]
        )
        for pipeline in stats.pipelines:
            running.add_metric([pipeline.name], float(pipeline.status == "RUNNING"))
            waiting.add_metric([pipeline.name], float(pipeline.pending))
            versions.add_metric([pipeline.name], float(len(pipeline.fingerprints)))
            standing.add_metric([pipeline.name], float(pipeline.standing_lanes))
            oldest.add_metric([pipeline.name], pipeline.oldest_seconds)
        yield from (running, waiting, versions, standing, oldest)
        yield from _of_members(stats)
        warnings = self.state.warnings
        yield GaugeMetricFamily("hazelgate_warnings", "Warnings of /ready and hazelgate doctor", value=len(warnings))
        yield _counter("hazelgate_events", "Events stored", stats.events_total)
        yield _counter("hazelgate_events_rejected", "Events that a guard or a check refused", stats.rejected_total)
        yield _counter(
            "hazelgate_journal_lost", "Journal entries overwritten before they were read", stats.journal_lost
        )
        yield _counter("hazelgate_reconciled", "Pending events found without the journal", stats.reconciled)
        yield _counter("hazelgate_conflicts", "Conditional writes refused and computed anew", stats.conflicts)
        yield _counter(
            "hazelgate_handlers_contained", "Calls of handlers that the projector did not survive", stats.contained
        )
        yield _counter("hazelgate_projector_restarts", "Projector workers started again", stats.projector_restarts)
        yield _counter(
            "hazelgate_tasks_given_up", "What members did not answer while somebody waited for it", stats.tasks_given_up
        )
        yield _counter(
            "hazelgate_clients_disconnected",
            "Connections of clients that did not read what members sent them",
            stats.clients_disconnected,
        )
        yield GaugeMetricFamily(
            "hazelgate_heap_full",
            "Whether a member takes no events, as its heap is full",
            value=bool(stats.heap_problem),
        )
        yield GaugeMetricFamily("hazelgate_pending_events", "Events on their way", value=stats.pending)
        yield GaugeMetricFamily("hazelgate_dead_letters", "Events that a view could not take", value=stats.dead_letters)
        yield GaugeMetricFamily("hazelgate_members", "Members that answered", value=stats.members)
        latency = HistogramMetricFamily(
            "hazelgate_stage_latency_seconds", "How long each stage of the pipeline took", labels=["stage"]
        )
        for stage in STAGES:
            buckets, total = buckets_of(getattr(stats.all, stage))
            latency.add_metric([stage], buckets, total)
        yield latency


def _of_members(stats: PipelineStats) -> Iterator[Metric]:
    heap = GaugeMetricFamily(
        "hazelgate_heap_used_ratio", "Of a member's heap, in use after the last collection", labels=["member"]
    )
    clocks = GaugeMetricFamily(
        "hazelgate_clock_offset_seconds", "How far a member's clock is ahead of the gateway's", labels=["member"]
    )
    for part in stats.parts:
        if part.vitals.heap_max:
            heap.add_metric([part.vitals.address], part.vitals.heap_used / part.vitals.heap_max)
        if part.clock is not None:
            clocks.add_metric([part.vitals.address], part.clock.seconds)
    yield from (heap, clocks)
    lost = next((part.vitals.lost.partitions for part in stats.parts if part.vitals.lost is not None), 0)
    yield GaugeMetricFamily("hazelgate_lost_partitions", "Lost with all copies, and not acknowledged", value=lost)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def buckets_of(histogram: Histogram) -> tuple[list[tuple[str, float]], float]:
    """The histogram in seconds, cumulative, in few buckets; and the sum. A latency is never put below where it was."""
    buckets: list[tuple[str, float]] = []
    for bound in _BOUNDS_MS:
        highest = bucket_of(bound)
        if bucket_limit_ms(highest) > bound * 1.000001:
            highest -= 1
        count = sum(n for bucket, n in histogram.counts if bucket <= highest)
        buckets.append((f"{bound / 1_000:g}", float(count)))
    buckets.append(("+Inf", float(histogram.count)))
    return buckets, histogram.sum_ms / 1_000
