"""
What users' tests and ours stand on: given/when/then, and the cluster in memory.

It imports `client`, `projector` and `sourcing`.
"""

from hazelgate.testing.scenarios import given

__all__ = ["given"]
