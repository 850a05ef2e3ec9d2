"""A short form of the fault of `make chaos` that cuts the network between members."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS, Fault
from tests.support.faults import happened


@pytest.mark.parametrize("split", [fault for fault in FAULTS if fault.is_split], ids=lambda fault: fault.name)
async def test_a_cut_network_does_no_harm(split: Fault, tmp_path: Path) -> None:
    """On members of its own, in network namespaces."""
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
