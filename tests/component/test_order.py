"""The rule of `tests/support/order.py`: a stack that modules share starts once, and ends with the last of them."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CONFTEST = """
import pytest
from tests.support.order import ByModule, Shared, rank

def pytest_configure(config):
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(Shared())

def pytest_xdist_make_scheduler(config, log):
    return ByModule(config, log)

@pytest.fixture(scope="session")
def happened(request):
    def add(what):
        with (request.config.rootpath / "happened").open("a") as file:
            file.write(what + "\\n")
    return add

@pytest.fixture(scope="session")
def house(happened):
    happened("begins")
    yield
    happened("ends")

@pytest.fixture(scope="session")
def lodger(house, happened):
    yield
    happened("leaves")
"""

USES = "def test_it(lodger, happened):\n    happened('is used')\n"
OTHER = "def test_it(happened):\n    happened('is over')\n"


@pytest.mark.parametrize("processes", [1, 3])
def test_a_stack_that_modules_share_starts_once_and_ends_with_the_last_of_them(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'src'}")
    pytester.makeconftest(CONFTEST)
    for path, source in {
        "tests/domains/bookings/test_one.py": USES,
        "tests/domains/bookings/test_other.py": USES,
        "tests/unit/test_last.py": OTHER,
    }.items():
        file = pytester.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    options = (
        "--import-mode=importlib",
        "-p",
        "no:cacheprovider",
        "--dist",
        "loadscope",
        "--no-loadscope-reorder",
        "-o",
        "asyncio_default_fixture_loop_scope=session",
    )
    pytester.runpytest_subprocess(*options, "-n", str(processes)).assert_outcomes(passed=3)
    happened = (pytester.path / "happened").read_text(encoding="utf-8").splitlines()
    if processes == 1:
        assert happened == ["begins", "is used", "is used", "leaves", "ends", "is over"]
    else:
        assert [each for each in happened if each != "is over"] == ["begins", "is used", "is used", "leaves", "ends"]
