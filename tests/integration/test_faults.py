"""Short forms of the faults of `make chaos`, one after the other on three members under load."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS, MAJORITY, SHORT, Fault
from tests.chaos.scene import DOMAIN, GIVE_UP_SECONDS, Result
from tests.support.many import Nodes, running_nodes

SEED = 5
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


async def happened(fault: Fault, nodes: Nodes, logs: Path) -> Result:
    """What came of a short form of it."""
    result = Result()
    await fault.run(nodes, SHORT, result, seed=SEED, logs=logs)
    return result


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.name in SHARED], ids=lambda fault: fault.name)
@pytest.mark.timeout(300)
async def test_a_fault_does_no_harm(nodes: Nodes, fault: Fault, tmp_path: Path) -> None:
    result = await happened(fault, nodes, tmp_path)
    assert result.violations == []
    assert result.acknowledged > 0
    if fault.recovers_in_seconds is not None:
        # How soon is for `make chaos` to say, on a machine that does nothing else.
        assert result.recovery_seconds is not None
        assert result.recovery_seconds < GIVE_UP_SECONDS


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


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.is_durable], ids=lambda fault: fault.name)
@pytest.mark.timeout(300)
async def test_what_was_committed_is_there_whatever_is_killed(
    durable_nodes: Nodes, fault: Fault, tmp_path: Path
) -> None:
    result = await happened(fault, durable_nodes, tmp_path)
    assert result.violations == []
    assert result.acknowledged > 0


@pytest.mark.timeout(300)
async def test_a_cut_network_does_no_harm(tmp_path: Path) -> None:
    """On members of its own, in network namespaces."""
    [split] = [fault for fault in FAULTS if fault.is_split]
    reason = split.why_not()
    if reason is not None:
        pytest.skip(reason)
    nodes = split.nodes(tmp_path)
    try:
        await asyncio.to_thread(nodes.start)
        result = await happened(split, nodes, tmp_path)
    finally:
        await asyncio.to_thread(nodes.stop)
    assert result.violations == []
    assert result.acknowledged > 0


def test_the_faults_that_are_run_here_exist() -> None:
    assert set(SHARED) < {fault.name for fault in FAULTS}
