"""
How several processes share the test modules: the longest first, so that the end is made of short ones.

Modules that use one running stack are taken by one process: others would start one more. It ends with the last of them.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

SHARED = {
    "dev": (
        "tests/acceptance/test_dev.py",
        "tests/acceptance/test_graphiql.py",
        "tests/acceptance/test_node_client.py",
    ),
    "house": ("tests/domains/bookings/",),
    "stack": (
        "tests/contract/",
        "tests/integration/test_bulk.py",
        "tests/integration/test_connecting.py",
        "tests/integration/test_dead_letters.py",
        "tests/integration/test_dead_letters_command.py",
        "tests/integration/test_handler.py",
        "tests/integration/test_show.py",
    ),
}
"""Running stacks by the fixture that starts each, and the modules that share it. Others that use it have their own."""

TIERS = ("integration", "acceptance", "docs", "contract", "component", "unit")
LONGEST_FIRST = (
    "test_as_written",
    "test_wheel",
    "test_faults",
    "test_containment",
    "test_faults_with_postgres",
    "test_walk",
    "test_crashes",
    "test_dev",
    "test_members",
    "test_api",
    "test_postgres_slow",
    "test_surroundings",
    "test_split_network",
    "test_transfer",
    "test_postgres_away",
    "test_snapshots",
    "test_site",
    "test_snapshots_of_members",
    "test_past",
    "test_contested_guards",
    "test_bounded_memory",
    "test_equality",
    "test_example",
    "test_resuming",
    "test_tenants",
    "test_schema_lint",
    "test_reload",
    "test_rebuild",
    "test_clients",
    "test_new_project",
    "test_domains",
    "test_graphql",
    "test_pipeline_command",
    "test_workers",
)


def rank(nodeid: str) -> tuple[int, int, str]:
    """Where a test's module belongs."""
    module = nodeid.split("::", 1)[0]
    *folders, file = module.split("/")
    name = file.removesuffix(".py")
    tier = next((number for number, folder in enumerate(TIERS) if folder in folders), len(TIERS))
    long = LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)
    return (tier if long == len(LONGEST_FIRST) else 0, long, module)


def taken_together(nodeid: str) -> str:
    """What one process takes along with that test: its module, or all modules that share a stack."""
    return next((name for name, modules in SHARED.items() if nodeid.startswith(modules)), nodeid.split("::", 1)[0])


class Shared:
    """The running stacks of one process: each ends with the last test that it is shared by."""

    def __init__(self) -> None:
        self._running: list[tuple[pytest.FixtureDef[Any], pytest.FixtureRequest]] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Keep in mind what is started."""
        if fixturedef.argname in SHARED:
            self._running.append((fixturedef, request))
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
        """End it, and what stands on it: members work even where nobody asks them."""
        yield
        if nextitem is None or taken_together(nextitem.nodeid) != taken_together(item.nodeid):
            while self._running:
                definition, request = self._running.pop()
                definition.finish(request)  # type: ignore[arg-type]


class ByModule(LoadScopeScheduling):
    """A process takes a module, or all modules that share a stack."""

    def _split_scope(self, nodeid: str) -> str:
        return taken_together(nodeid)
