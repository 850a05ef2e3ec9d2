"""/health, /ready and /metrics."""

from dataclasses import replace

import pytest

from hazelgate.client.cluster import ClusterState
from hazelgate.client.figures.metrics import Histogram
from hazelgate.gateway.health import readiness
from hazelgate.gateway.metrics import buckets_of
from tests.support.gateway import Gateway, create_customer


async def test_health_says_that_the_process_lives_even_without_a_cluster(gateway: Gateway) -> None:
    gateway.cluster.disconnect()
    response = await gateway.http.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_ready_when_all_parts_are_there(gateway: Gateway) -> None:
    response = await gateway.http.get("/ready")
    assert response.status_code == 200
    body = response.json()
    assert body["ready"] is True
    assert [body[part]["ready"] for part in ("member", "projector", "pipeline")] == [True, True, True]


async def test_not_ready_without_a_member(gateway: Gateway) -> None:
    gateway.cluster.disconnect()
    response = await gateway.http.get("/ready")
    assert response.status_code == 503
    assert response.json()["member"] == {"ready": False, "state": "AWAY"}


async def test_not_ready_without_a_projector(gateway: Gateway) -> None:
    gateway.cluster.projector_away()
    response = await gateway.http.get("/ready")
    assert response.status_code == 503
    body = response.json()
    assert (body["member"]["ready"], body["projector"]) == (True, {"ready": False, "state": "AWAY"})
    assert body["problem"] == "the projector is away"


async def test_without_a_projector_it_can_still_be_read(gateway: Gateway) -> None:
    gateway.cluster.projector_away()
    response = await gateway.http.get("/ready", params={"for": "reads"})
    assert response.status_code == 200
    body = response.json()
    assert (body["readable"], body["writable"], body["readProblem"]) == (True, False, None)
    assert (await gateway.http.get("/ready", params={"for": "writes"})).status_code == 503


async def test_without_a_member_nothing_can_be_read(gateway: Gateway) -> None:
    gateway.cluster.disconnect()
    response = await gateway.http.get("/ready", params={"for": "reads"})
    assert (response.status_code, response.json()["readable"]) == (503, False)


def test_while_views_are_restored_nothing_can_be_read() -> None:
    """They do not hold yet all that is stored. A database that is away is another matter: they hold it all."""
    state = ClusterState(True, "READY", "RUNNING", 1, store_problem="the database is away")
    assert readiness(state, for_reads=True)[0] == 200
    state = replace(state, views_problem="views are being restored")
    status, body = readiness(state, for_reads=True)
    assert (status, body["readProblem"]) == (503, "views are being restored")


async def test_ready_is_asked_for_reads_or_writes(gateway: Gateway) -> None:
    assert (await gateway.http.get("/ready", params={"for": "lunch"})).status_code == 400


async def test_metrics_count_events_and_time_their_stages(gateway: Gateway) -> None:
    await create_customer(gateway, "c1")
    response = await gateway.http.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert "hazelgate_events_total 1.0" in response.text
    assert 'hazelgate_stage_latency_seconds_count{stage="total"} 1.0' in response.text
    assert 'hazelgate_http_requests_total{method="POST",status="200"} 1.0' in response.text
    assert "hazelgate_journal_lost_total 0.0" in response.text
    assert 'hazelgate_ready{part="projector"} 1.0' in response.text


async def test_metrics_answer_without_a_cluster_and_make_no_figures_up(gateway: Gateway) -> None:
    gateway.cluster.disconnect()
    response = await gateway.http.get("/metrics")
    assert response.status_code == 200
    assert 'hazelgate_ready{part="member"} 0.0' in response.text
    assert "hazelgate_events_total" not in response.text


async def test_the_root_leads_to_graphql(gateway: Gateway) -> None:
    assert (await gateway.http.get("/")).headers["location"] == "/graphql"


@pytest.mark.parametrize("latency_ms", [0.001, 0.4, 7.9, 90.0, 100_000.0])
def test_a_latency_is_in_every_bucket_above_it_and_in_none_below(latency_ms: float) -> None:
    buckets, total = buckets_of(Histogram.of([latency_ms]))
    assert total == pytest.approx(latency_ms / 1_000)
    assert len(buckets) > 10
    for bound, count in buckets:
        if float(bound) * 1_000 < latency_ms:
            assert count == 0
        if float(bound) * 1_000 > latency_ms * 1.2:
            assert count == 1


async def test_metrics_tell_each_pipeline_and_its_code(gateway: Gateway) -> None:
    """More than one version of the code is what an operator wants an alarm for."""
    text = (await gateway.http.get("/metrics")).text
    assert 'hazelgate_pipeline_running{pipeline="events"} 1.0' in text
    assert 'hazelgate_pipeline_code_versions{pipeline="events"} 1.0' in text
