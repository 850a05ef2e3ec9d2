"""One line for each change of what is known of a cluster."""

import logging

import pytest

from hazelgate.client.cluster import ClusterState
from hazelgate.client.figures.metrics import AWAY, READY, RUNNING
from hazelgate.client.state_log import log_change

LOST = ClusterState()
READY_ONE = ClusterState(True, READY, RUNNING, 1)
READY_TWO = ClusterState(True, READY, RUNNING, 2, pending=7)
NO_PROJECTOR = ClusterState(True, AWAY, RUNNING, 1)


@pytest.mark.parametrize(
    ("before", "now", "line"),
    [
        (LOST, READY_ONE, ("INFO", "cluster dev is connected: ready")),
        (LOST, NO_PROJECTOR, ("INFO", "cluster dev is connected: the projector is away")),
        (READY_ONE, LOST, ("WARNING", "cluster dev is lost: no member of the cluster answers")),
        (NO_PROJECTOR, LOST, ("WARNING", "cluster dev is lost: no member of the cluster answers")),
        (READY_ONE, NO_PROJECTOR, ("WARNING", "cluster dev: the projector is away")),
        (NO_PROJECTOR, READY_ONE, ("INFO", "cluster dev: ready")),
    ],
)
def test_a_change_is_told_in_one_line_that_names_both(
    caplog: pytest.LogCaptureFixture, before: ClusterState, now: ClusterState, line: tuple[str, str]
) -> None:
    with caplog.at_level(logging.INFO):
        log_change("dev", "gw-1", before, now)
    [record] = caplog.records
    assert (record.levelname, record.getMessage()) == line
    assert (vars(record)["cluster"], vars(record)["client"]) == ("dev", "gw-1")


@pytest.mark.parametrize(("before", "now"), [(LOST, LOST), (READY_ONE, READY_TWO), (NO_PROJECTOR, NO_PROJECTOR)])
def test_a_state_as_good_as_before_leaves_no_line(
    caplog: pytest.LogCaptureFixture, before: ClusterState, now: ClusterState
) -> None:
    with caplog.at_level(logging.INFO):
        log_change("dev", "gw-1", before, now)
    assert caplog.records == []
