"""Short forms of the faults of `make chaos`, one after the other on three members under load."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS, MAJORITY, Fault
from tests.chaos.scene import DOMAIN, GIVE_UP_SECONDS
from tests.support.faults import happened
from tests.support.many import Nodes, running_nodes

SHARED = [
    "kill-projector",
    "pause-projector",
    "kill-gateway",
    "poison",
    "retry-letters",
    "same-id",
    "kill-member",
    "rebuild-killed",
]
"""The others need members of other settings, or more time."""


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Three members that every fault leaves whole."""
    with running_nodes(tmp_path_factory.mktemp("faults"), 3, domain=DOMAIN, options=MAJORITY) as nodes:
        yield nodes


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.name in SHARED], ids=lambda fault: fault.name)
async def test_a_fault_does_no_harm(nodes: Nodes, fault: Fault, tmp_path: Path) -> None:
    result = await happened(fault, nodes, tmp_path)
    assert result.violations == []
    assert result.acknowledged > 0
    if fault.recovers_in_seconds is not None:
        # How soon is for `make chaos` to say, on a machine that does nothing else.
        assert result.recovery_seconds is not None
        assert result.recovery_seconds < GIVE_UP_SECONDS


def test_the_faults_that_are_run_here_exist() -> None:
    assert set(SHARED) < {fault.name for fault in FAULTS}
