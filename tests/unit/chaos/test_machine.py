"""A fault that was late on a machine with other work is judged by what was left to it."""

from __future__ import annotations

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.machine import Sample, others, sample
from tests.chaos.scene import Result
from tests.chaos.table import is_good

KILL_MEMBER = next(fault for fault in FAULTS if fault.name == "kill-member")


@pytest.mark.parametrize(
    ("busy", "idle", "ours", "expected"),
    [
        (20.0, 0.0, 5.0, 0.75),
        (20.0, 0.0, 20.0, 0.0),
        (10.0, 10.0, 5.0, 0.0),
        (15.0, 5.0, 5.0, 0.25),
        (0.0, 0.0, 0.0, 0.0),
    ],
)
def test_others_have_what_is_neither_ours_nor_idle(busy: float, idle: float, ours: float, expected: float) -> None:
    before = Sample(100.0, 1_000.0, 500.0, 30.0)
    assert others(before, Sample(110.0, 1_000.0 + busy, 500.0 + idle, 30.0 + ours)) == pytest.approx(expected)


def test_this_process_is_ours() -> None:
    before = sample()
    while (after := sample()).ours - before.ours < 0.05:
        pass
    assert 0.0 < after.ours - before.ours <= after.busy - before.busy + 0.05


@pytest.mark.parametrize(
    ("seconds", "share", "good"), [(9.9, 0.0, True), (10.1, 0.0, False), (38.0, 0.75, True), (41.0, 0.75, False)]
)
def test_what_others_had_does_not_count(seconds: float, share: float, good: bool) -> None:
    assert is_good(KILL_MEMBER, Result(sent=1, acknowledged=1, recovery_seconds=seconds, others=share)) is good
