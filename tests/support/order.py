"""In which order several processes take the test modules: the longest first, so that the end is made of short ones."""

from __future__ import annotations

from pathlib import Path

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
