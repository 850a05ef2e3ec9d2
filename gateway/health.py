"""`/health`: this process lives. `/ready`: it can take in events, or which part it lacks."""

from typing import Any

from hazelgate.client.cluster import ClusterState
from hazelgate.client.figures.metrics import READY, RUNNING

Json = dict[str, Any]


def health() -> Json:
    """Whoever can answer this lives."""
    return {"status": "ok"}


def readiness(state: ClusterState, *, ending: bool = False) -> tuple[int, Json]:
    """
    The HTTP status, 503 while any part is away, and the state of each part.

    Args:
        ending: Whether this process is about to end: another one is to get the next request.
    """
    problem = "the gateway ends" if ending else state.problem
    ready = problem is None
    parts = {
        "member": _part(state.connected, "UP" if state.connected else "AWAY"),
        "projector": _part(state.projector == READY, state.projector),
        "pipeline": _part(state.job == RUNNING, state.job),
        "store": _part(state.connected and state.store_problem is None, _store(state)),
    }
    return (200 if ready else 503), {"ready": ready, "problem": problem, "warnings": state.warnings, **parts}


def _store(state: ClusterState) -> str:
    return (state.store_problem or "UP") if state.connected else "UNKNOWN"


def _part(ready: bool, state: str) -> Json:
    return {"ready": ready, "state": state}
