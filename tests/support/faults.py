"""Short forms of the faults of `make chaos`."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.faults import Fault
from tests.chaos.scene import Result
from tests.chaos.sizes import SHORT
from tests.support.many import Nodes

SEED = 5


async def happened(fault: Fault, nodes: Nodes, logs: Path) -> Result:
    """What came of a short form of it."""
    result = Result()
    await fault.run(nodes, SHORT, result, seed=SEED, logs=logs)
    return result
