"""What the Hazelcast client's errors mean to our callers."""

from __future__ import annotations

import pytest
from hazelcast.errors import RejectedExecutionError, TargetDisconnectedError

from hazelgate.client.hazelcast.failures import plain_errors
from hazelgate.sourcing.errors import PipelineUnavailable


@pytest.mark.parametrize("error", [RejectedExecutionError("leaving"), TargetDisconnectedError("gone")])
def test_a_member_that_leaves_is_away_and_another_may_be_asked(error: Exception) -> None:
    with pytest.raises(PipelineUnavailable, match="same eventId"), plain_errors():
        raise error


def test_a_member_whose_queue_is_full_says_so() -> None:
    full = RejectedExecutionError("Executor[hazelgate-reads] is overloaded!")
    with pytest.raises(PipelineUnavailable, match="more to do than it takes on"), plain_errors():
        raise full
