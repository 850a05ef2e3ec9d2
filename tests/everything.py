"""
Everything that `make test` runs: pytest in several processes, and Maven's tests beside it.

Both languages count: it fails where either does. At the end it prints the coverage of both, and what took how long.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from hazelgate.operations.java import find_java
from tests.support.coverage import PYTHON_REPORTS, coverage_table
from tests.support.engine import FRUGAL, flags_of_bundled
from tests.support.junit import EngineTests

BUSY_LOOPS = 2
# It ends with whoever started it, however that one ends.
BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    for _ in range(1_000_000):\n        pass\n"


@contextmanager
def busy_machine() -> Iterator[None]:
    """Two loops that do nothing, as fast as they can, while the block lasts."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(BUSY_LOOPS)]
    print(f"{BUSY_LOOPS} busy loops run beside the tests: processes {', '.join(str(each.pid) for each in loops)}")
    try:
        yield
    finally:
        for each in loops:
            each.kill()
            each.wait()


def ran_pytest(workers: str, arguments: tuple[str, ...], *, measured: bool) -> int:
    """Its exit status."""
    command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadscope", "--no-loadscope-reorder"]
    if measured:
        command += ["-p", "tests.support.measuring"]
    member_flags = " ".join((*FRUGAL, *flags_of_bundled(find_java())))
    pytest = subprocess.Popen([*command, *arguments], env={"JAVA_TOOL_OPTIONS": member_flags, **os.environ})
    try:
        return pytest.wait()
    except KeyboardInterrupt:
        pytest.send_signal(signal.SIGINT)  # it ends its workers, and they end what they have started
        pytest.wait()
        raise


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--workers", default="4", help="Processes that pytest uses.")
@click.option("--loaded/--quiet", default=False, help="Whether busy loops run beside the tests.")
@click.option("--coverage/--no-coverage", "measured", default=True, help="Whether Python's coverage is measured.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def main(workers: str, loaded: bool, measured: bool, arguments: tuple[str, ...]) -> None:
    """Run the tests; ARGUMENTS are pytest's, and with any the engine's tests and the coverage are left out."""
    # As if by Ctrl-C, so that everything that was started is ended; in the background, Ctrl-C is ignored otherwise.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    whole = not arguments
    began = time.monotonic()
    engine = EngineTests()
    lines: list[str] = []
    shutil.rmtree(PYTHON_REPORTS, ignore_errors=True)
    with busy_machine() if loaded else noise_as_it_is():
        runs_engine = whole and (loaded or os.environ.get("CI", "").lower() == "true" or not engine.passed_before())
        with engine.running() if runs_engine else noise_as_it_is():
            status = ran_pytest(workers, arguments, measured=measured and whole)
            lines.append(f"pytest: {time.monotonic() - began:.0f} s")
            if runs_engine:
                status = engine.wait() or status
        lines.append(engine.said if runs_engine or not whole else "engine: unchanged since its tests passed")
    if whole:
        print(coverage_table())
    print("\n".join(line for line in lines if line))
    sys.exit(status)


@contextmanager
def noise_as_it_is() -> Iterator[None]:
    """Nothing beside the tests."""
    yield


if __name__ == "__main__":
    main()
