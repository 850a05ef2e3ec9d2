"""
How several processes share the test modules: the longest first, so that the end is made of short ones.

Modules that use one running stack are taken by one process: others would start one more, and leave it to run.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

SHARED = ("dev", "stack")
"""Fixtures that modules share."""

TIERS = ("integration", "acceptance", "docs", "contract", "component", "unit")
LONGEST_FIRST = (
    "test_as_written",
    "test_faults",
    "test_faults_with_postgres",
    "test_members",
    "test_postgres_away",
    "test_snapshots",
    "test_snapshots_of_members",
    "test_rebuild",
    "test_containment",
    "test_random_catalogs",
    "test_dev",
    "test_split_network",
    "test_transfer",
    "test_wheel",
    "test_past",
    "test_cluster",
    "test_pipeline_command",
    "test_graphiql",
    "test_new_project",
    "test_reload",
    "test_postgres_slow",
    "test_pipelines",
    "test_graphql",
    "test_crashes",
    "test_queries",
)


def rank(path: Path) -> tuple[int, int, str]:
    """Where a module belongs."""
    tier = next((number for number, name in enumerate(TIERS) if name in path.parts), len(TIERS))
    long = LONGEST_FIRST.index(path.stem) if path.stem in LONGEST_FIRST else len(LONGEST_FIRST)
    return (tier if long == len(LONGEST_FIRST) else 0, long, str(path))


def shared(item: pytest.Function) -> str | None:
    """Which running stack its module shares with others."""
    if "contract" in item.path.parts:
        return "stack"
    for name in SHARED:
        defined = item._fixtureinfo.name2fixturedefs.get(name)
        if defined and defined[-1].scope in ("session", "package"):
            return name
    return None


class ByModule(LoadScopeScheduling):
    """A process takes a module, or all modules that share a stack."""

    def _split_scope(self, nodeid: str) -> str:
        group = nodeid.rpartition("@")[2]  # pytest-xdist writes it there
        return group if group in SHARED else nodeid.split("::", 1)[0]
