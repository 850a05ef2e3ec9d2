"""`/health`: this process lives. `/ready`: it can take in events, or at least be read, or which part it lacks."""

from typing import Any

from hazelgate.client.cluster import ClusterState
from hazelgate.client.figures.metrics import READY, RUNNING

Json = dict[str, Any]


def health() -> Json:
    """Whoever can answer this lives."""
    return {"status": "ok"}


def readiness(state: ClusterState, *, ending: bool = False, for_reads: bool = False) -> tuple[int, Json]:
    """
    The HTTP status, 503 while any part is away that is needed, and the state of each part.

    Args:
        ending: Whether this process is about to end: another one is to get the next request.
        for_reads: Whether it is enough that views can be read, though no event is taken in.
    """
    told = "the gateway ends" if ending else None
    problem, read_problem = told or state.problem, told or state.read_problem
    parts = {
        "member": _part(state.connected, "UP" if state.connected else "AWAY"),
        "projector": _part(state.projector == READY, state.projector),
        "pipeline": _part(state.job == RUNNING, state.job),
        "store": _part(state.connected and state.store_problem is None, _store(state)),
    }
    body = {
        "ready": problem is None,
        "readable": read_problem is None,
        "writable": problem is None,
        "problem": problem,
        "readProblem": read_problem,
        "warnings": state.warnings,
        **parts,
    }
    return (200 if (read_problem if for_reads else problem) is None else 503), body


def _store(state: ClusterState) -> str:
    return (state.store_problem or "UP") if state.connected else "UNKNOWN"


def _part(ready: bool, state: str) -> Json:
    return {"ready": ready, "state": state}
