"""The figures of several processes as one text."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from hazelgate.gateway.workers import summed


def figures(*counted: tuple[str, int], sockets: int) -> bytes:
    registry = CollectorRegistry()
    counter = Counter("requests", "Answered requests", ["status"], registry=registry)
    for status, times in counted:
        counter.labels(status).inc(times)
    Gauge("sockets", "Open sockets", registry=registry).set(sockets)
    return generate_latest(registry)


def values(text: bytes) -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels.get("status", "")): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_values_of_the_same_sample_are_added_up() -> None:
    text = summed([figures(("200", 3), sockets=2), figures(("200", 4), ("400", 1), sockets=5)])
    assert values(text) == {("requests_total", "200"): 7, ("requests_total", "400"): 1, ("sockets", ""): 7}


def test_the_figures_of_one_stay_as_they_are() -> None:
    one = figures(("200", 3), sockets=2)
    assert values(summed([one])) == values(one)
    assert summed([one]).count(b"# TYPE") == one.count(b"# TYPE")


def test_something_counts_since_the_first_of_them_counts_it() -> None:
    def text(value: float) -> bytes:
        return f"# TYPE requests_created gauge\nrequests_created {value}\n".encode()

    assert summed([text(20.0), text(10.0)]) == text(10.0)
