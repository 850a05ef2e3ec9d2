"""
The cluster and its pipeline in one process: for tests, examples and crash experiments.

It needs no member, no projector process and no network. tests/contract holds it to the behaviour of the real cluster.
It imports `client` (but `client.hazelcast`), `projector` and `sourcing`.
"""

from hazelgate.testing.memory.cluster import MemoryCluster
from hazelgate.testing.memory.engine import MemoryEngine

__all__ = ["MemoryCluster", "MemoryEngine"]
