"""Rules for the whole run of the tests."""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]  # for the tests of these rules

_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("hazelgate", deadline=None)
settings.load_profile("hazelgate")

_NOTHING_MAY_BE_SKIPPED = os.environ.get("CI", "").lower() == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI=true, a test that skips itself has failed: a machine that lacks something proves nothing."""
    report = yield
    return _judged(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole module that skips itself."""
    report = yield
    return _judged(report)


def _judged(report: _Report) -> _Report:
    if _NOTHING_MAY_BE_SKIPPED and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped where CI=true: {reason}"
    return report
