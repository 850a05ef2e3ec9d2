"""One stack for all tests that only use it, and what the machine may lack."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.acceptance.dev_stack import DevStack, running_dev

NODE_TESTS = Path(__file__).parent / "node"


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def dev() -> AsyncIterator[DevStack]:
    """A stack with demo data, as a newcomer has it. They keep moving, so it ends with the last test that uses it."""
    async with running_dev() as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Where Chromium is."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    pytest.skip("Chromium is not installed")


@pytest.fixture(scope="session")
def node() -> Path:
    """Where Node.js is, with the packages of `tests/acceptance/node`."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node.js is not installed")
    if not (NODE_TESTS / "node_modules").is_dir():
        pytest.skip("the packages of tests/acceptance/node are not installed: `make test` installs them")
    return Path(found)
