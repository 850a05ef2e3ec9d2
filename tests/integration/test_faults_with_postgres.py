"""Short forms of the faults of `make chaos` that PostgreSQL is there for, one after the other on three members."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS, Fault
from tests.support.faults import happened
from tests.support.many import Nodes


@pytest.fixture(scope="module")
def durable_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Three members with a PostgreSQL of their own, which every fault leaves whole."""
    [fault, *_] = [fault for fault in FAULTS if fault.is_durable]
    reason = fault.why_not()
    if reason is not None:
        pytest.skip(reason)
    nodes = fault.nodes(tmp_path_factory.mktemp("durable-faults"))
    try:
        nodes.start()
        yield nodes
    finally:
        nodes.stop()


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.is_durable and fault.members == 3], ids=lambda fault: fault.name
)
async def test_what_was_committed_is_there_whatever_is_killed(
    durable_nodes: Nodes, fault: Fault, tmp_path: Path
) -> None:
    result = await happened(fault, durable_nodes, tmp_path)
    assert result.violations == []
    assert result.acknowledged > 0
