"""The rule of `tests/unit/conftest.py`: a unit test starts no process and opens no port."""

from pathlib import Path

import pytest

UNIT_CONFTEST = Path(__file__).parents[1] / "unit" / "conftest.py"

TESTS = """
import asyncio, contextlib, os, socket, subprocess
import grpc

def test_that_starts_a_process():
    subprocess.run(["true"])

def test_that_forks():
    os.fork()

def test_that_listens():
    socket.create_server(("127.0.0.1", 0))

def test_that_connects_and_takes_the_refusal_for_an_answer():
    with contextlib.suppress(Exception):
        socket.create_connection(("127.0.0.1", 1))

def test_that_serves_by_grpc():
    grpc.server(None)

def test_that_needs_neither():
    asyncio.run(asyncio.sleep(0))
    one, two = socket.socketpair()
    one.close()
    two.close()
"""


def test_a_unit_test_that_needs_a_process_or_a_port_fails(pytester: pytest.Pytester) -> None:
    """Even one that swallows the refusal; an event loop's own pair of sockets is no port."""
    pytester.makeconftest(UNIT_CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(test_some=TESTS)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio", "--tb=line")
    result.assert_outcomes(passed=2, failed=4, errors=5)
    result.stdout.fnmatch_lines(["*subprocess.Popen: a unit test starts no process: move the test to tests/component*"])
