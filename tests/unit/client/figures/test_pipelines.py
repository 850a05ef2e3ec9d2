"""What members say of their pipelines, put together."""

from __future__ import annotations

from hazelgate.client.cluster import ClusterState
from hazelgate.client.figures.pipelines import MemberPipeline, merge_pipelines, pipeline_of


def member(name: str = "orders", at: str = "a:1", **said: object) -> MemberPipeline:
    given = {"job": "RUNNING", "projector": "READY", "address": f"{at}0", "fingerprint": "f1", **said}
    return MemberPipeline(name=name, member=at, **given)  # type: ignore[arg-type]


def state(*members: MemberPipeline) -> ClusterState:
    return ClusterState(True, "READY", "RUNNING", 1, pipelines=merge_pipelines(members))


def test_an_event_goes_to_the_pipeline_that_names_it_and_the_rest_to_the_star() -> None:
    """In whatever order they are configured."""
    pipelines = merge_pipelines([member("rest", rest=True), member(event_types=("OrderCreated",))])
    named, other = pipeline_of("OrderCreated", pipelines), pipeline_of("Other", pipelines)
    assert named is not None
    assert other is not None
    assert (named.name, other.name) == ("orders", "rest")
    assert pipeline_of("Other", pipelines[1:]) is None


def test_a_pipeline_without_a_projector_refuses_its_events_alone() -> None:
    """And says where the projector was looked for."""
    both = state(member(event_types=("OrderCreated",), projector="AWAY"), member("rest", rest=True))
    assert both.problem is None
    assert both.problem_of("Other") is None
    assert "a:10" in (both.problem_of("OrderCreated") or "")


def test_nothing_is_ready_when_no_pipeline_takes_events() -> None:
    """Then the first problem is said."""
    assert "away" in (state(member(projector="AWAY"), member("rest", projector="AWAY")).problem or "")


def test_a_job_that_does_not_run_yet_is_warned_of_beside_another_that_does() -> None:
    """Its events are refused until the warning goes, so there has to be one."""
    starting = state(member(job="STARTING", event_types=("OrderCreated",)), member("rest", rest=True))
    assert starting.problem is None
    assert starting.problem_of("OrderCreated") == "the job of pipeline orders is STARTING"
    assert starting.warnings == ["the job of pipeline orders is STARTING: its events are not taken in"]


def test_a_drained_pipeline_takes_events_in_even_without_its_projector() -> None:
    """They wait, and operators are told."""
    drained = state(member(job="DRAINED", projector="AWAY", rest=True))
    assert drained.problem_of("Any") is None
    assert "orders is DRAINED: its events wait" in " ".join(drained.warnings)


def test_a_pipeline_is_draining_while_one_member_is() -> None:
    """The last one to finish counts."""
    [pipeline] = merge_pipelines([member(job="DRAINED"), member(at="b:1", job="DRAINING")])
    assert pipeline.status == "DRAINING"


def test_mixed_code_is_said_with_where_it_runs() -> None:
    """A projector that is away runs none."""
    mixed = state(member(), member(at="b:1", fingerprint="f2"), member(at="c:1", fingerprint="f3", projector="AWAY"))
    [pipeline] = mixed.pipelines
    assert pipeline.fingerprints == ("f1", "f2")
    assert any("different code: f1 at a:10, f2 at b:10" in warning for warning in mixed.warnings)


def test_why_a_projector_is_not_used_is_said() -> None:
    """In the engine's own words."""
    unfit = state(member(projector="AWAY", problem="the event types of Order are spread over pipelines"))
    assert unfit.problem == "the event types of Order are spread over pipelines"


def test_all_is_well_without_a_warning() -> None:
    """Nothing is said of what is as it should be."""
    assert state(member(), member(at="b:1")).warnings == []
