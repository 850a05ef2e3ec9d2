"""The rule of the root `conftest.py`: where CI=true, nothing may be skipped."""

from pathlib import Path

import pytest

ROOT_CONFTEST = Path(__file__).parents[2] / "conftest.py"

TESTS = """
import pytest

def test_that_skips():
    pytest.skip("no browser")

def test_that_passes():
    pass

@pytest.mark.xfail(strict=True)
def test_that_fails_as_expected():
    assert False
"""


def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str) -> pytest.RunResult:
    monkeypatch.setenv("CI", ci)
    pytester.makeconftest(ROOT_CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(test_some=TESTS, test_module="import pytest\npytest.importorskip('not_to_be_found')")
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio", "--continue-on-collection-errors")


def test_a_skip_is_a_failure_in_ci(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a test and of a whole module; a failure that is expected is none."""
    result = run(pytester, monkeypatch, "true")
    result.assert_outcomes(passed=1, failed=1, errors=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "*nothing may be skipped where CI=true: *not_to_be_found*",
            "*nothing may be skipped where CI=true: *no browser*",
        ]
    )


def test_a_skip_is_a_skip_elsewhere(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer without a browser is told, and goes on."""
    run(pytester, monkeypatch, "").assert_outcomes(passed=1, skipped=2, xfailed=1)
