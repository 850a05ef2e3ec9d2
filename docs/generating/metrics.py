"""The page of metrics, from a real answer of `/metrics`."""

from __future__ import annotations

from collections import defaultdict

from prometheus_client.parser import text_string_to_metric_families

from docs.generating.markdown import code, table
from hazelgate.client.cluster import ClusterState
from hazelgate.client.figures.metrics import MemberStats, merge_stats
from hazelgate.client.figures.pipelines import MemberPipeline
from hazelgate.client.figures.vitals import ClockDifference, Vitals
from hazelgate.gateway.metrics import GatewayMetrics


def answer() -> str:
    """What a gateway with a cluster answers."""
    pipeline = MemberPipeline(
        name="events", member="", event_types=(), rest=True, job="RUNNING", projector="READY", address="",
        fingerprint="", problem=None, pending=0, events_total=0,
    )  # fmt: skip
    member = MemberStats(
        member="", projector="READY", job="RUNNING", pipelines=(pipeline,), vitals=Vitals(heap_max=1),
        clock=ClockDifference(0.0, 0.0),
    )  # fmt: skip
    stats = merge_stats([member])

    metrics = GatewayMetrics()
    metrics.count_request("POST", 200)
    return (metrics.render_own() + metrics.render_pipeline(ClusterState(), stats)).decode()


def page() -> str:
    """The page."""
    rows = []
    for family in text_string_to_metric_families(answer()):
        labels: dict[str, set[str]] = defaultdict(set)
        for sample in family.samples:
            for label, value in sample.labels.items():
                if label != "le":
                    labels[label].add(value)
        if family.name.endswith("_created"):
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        rows.append((code(name), family.type, ", ".join(map(code, labels)), family.documentation))
    return (
        "# Metrics\n\n`GET /metrics` of a gateway answers in the text format of Prometheus.\n"
        "The figures of the pipeline are sums over its members. Each gateway counts its own requests and sockets.\n\n"
        + table(("metric", "type", "labels", "meaning"), rows)
    )
