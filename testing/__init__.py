"""
What users' tests and ours stand on. It imports `client`, `projector` and `sourcing`, and no domain.

- `scenarios.py`: given what was, when an event is submitted, then a view looks so or the event is refused
- `memory/`: the cluster and its pipeline in one process, with which `scenarios` runs
"""

from hazelgate.testing.scenarios import given

__all__ = ["given"]
