"""Fixtures for every tier: one real stack for the whole run, and stacks of their own for tests that hurt them."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from tests.support.connected import connected
from tests.support.engine import FRUGAL
from tests.support.ledger import MENDED
from tests.support.order import ByModule, Shared, rank
from tests.support.postgres import Postgres, running_postgres
from tests.support.stack import Stack, running_stack

# An example may take as long as it takes. The rest is as Hypothesis has it, which goes by whether CI runs the tests.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

LOG_LINES = 25
LOG_COLUMNS = 240


@pytest.fixture(scope="session", autouse=True)
def _environment_of_children(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What processes that tests start are told."""
    os.environ[MENDED] = str(tmp_path_factory.mktemp("mended"))
    os.environ.setdefault("JAVA_TOOL_OPTIONS", " ".join(FRUGAL))


def pytest_configure(config: pytest.Config) -> None:
    """One process alone comes back to the stacks that are shared: there they run to the end."""
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(Shared())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Several processes share the modules; one alone begins with what fails soonest."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank(item.nodeid))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModule:
    """Which process runs what."""
    return ByModule(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A test that fails shows how the logs of its own members, projectors and gateways end: its folder may be gone."""
    report = yield
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if report.failed and folder is not None:
        for log in sorted(folder.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-LOG_LINES:]
            report.sections.append((f"end of {log.name}", "\n".join(line[:LOG_COLUMNS] for line in lines)))
    return report


@pytest.fixture(scope="session")
def ledger() -> Catalog:
    """The catalog of the test domain."""
    return Catalog.load("tests.support.ledger")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A real member and projector with the test domain, shared by the whole run: use fresh ids, leave it running."""
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture(scope="session")
async def real_cluster(stack: Stack) -> AsyncIterator[HazelcastCluster]:
    """A client of the shared stack."""
    async with connected(stack.cluster()) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, shared by the whole run: use a database of your own, leave it running."""
    with running_postgres() as postgres:
        yield postgres


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack for this test alone: kill of it what you like."""
    with running_stack(tmp_path) as stack:
        yield stack


@pytest.fixture
async def own_cluster(own_stack: Stack) -> AsyncIterator[HazelcastCluster]:
    """A client of this test's own stack."""
    async with connected(own_stack.cluster()) as cluster:
        yield cluster
