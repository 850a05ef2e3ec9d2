"""The supervisor of a projector, with small workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hazelgate.projector.serving.supervisor import how_it_ended
from tests.support.processes import is_alive
from tests.support.until import PATIENCE_SECONDS, blocking_until

WORKER = """
import os, signal, socket, sys, time
options = dict(argument[2:].split("=", 1) for argument in sys.argv[1:])
line = socket.socket(fileno=int(options["supervised-by"]))
signal.signal(signal.SIGUSR1, lambda *_: None)
def up():
    line.sendall(b"4711\\n")
    print("up", os.getpid(), options["port"], options["ended"], flush=True)
def live():
    while True:
        line.sendall(b".")
        time.sleep(0.05)
"""


@contextmanager
def supervised(worker: str, limit_seconds: float = 60.0) -> Iterator[subprocess.Popen[str]]:
    """A supervisor in a process of its own."""
    source = (
        "import sys; from hazelgate.projector.serving.supervisor import Supervisor;"
        f" worker = [sys.executable, '-c', {WORKER + worker!r}];"
        f" sys.exit(Supervisor(worker, port=0, limit_seconds={limit_seconds}).run())"
    )
    command = [sys.executable, "-c", source]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.readline().split(maxsplit=3)


def test_a_worker_that_dies_is_started_again_at_once_on_its_port() -> None:
    with supervised("up(); live()") as supervisor:
        _, pid, port = said(supervisor)
        assert port == "0"
        os.kill(int(pid), signal.SIGKILL)
        again = said(supervisor)
        assert again[1] != pid
        assert again[2] == "4711"
        assert again[3].strip() == "ended its process (signal 9, SIGKILL)"


def test_a_worker_that_gives_no_sign_of_life_is_killed() -> None:
    with supervised("up(); options['ended'] or time.sleep(600); live()", limit_seconds=2.0) as supervisor:
        _, pid, _ = said(supervisor)
        assert said(supervisor)[3].strip() == "did not return within 2 s"
        assert not is_alive(int(pid))


def test_a_worker_that_is_stopped_is_not_taken_for_one_that_hangs() -> None:
    with supervised("up(); live()", limit_seconds=2.0) as supervisor:
        _, pid, _ = said(supervisor)
        os.kill(int(pid), signal.SIGSTOP)
        time.sleep(5)  # there is nothing to wait for: nothing must happen
        os.kill(int(pid), signal.SIGCONT)
        assert is_alive(int(pid))


def test_a_worker_that_can_not_start_ends_the_supervisor_with_its_status() -> None:
    with supervised("sys.exit(2)") as supervisor:
        assert supervisor.wait(PATIENCE_SECONDS) == 2


def test_a_worker_that_dies_while_it_starts_is_waited_for() -> None:
    with supervised("sys.exit(1)") as supervisor:
        assert supervisor.stderr is not None
        lines = [supervisor.stderr.readline() for _ in range(2)]
    assert "exit status 1" in lines[0]
    assert "in 0.5 s" in lines[0]
    assert "in 1.0 s" in lines[1]


def test_the_worker_ends_when_the_supervisor_is_told_to() -> None:
    with supervised("up(); live()") as supervisor:
        pid = int(said(supervisor)[1])
        supervisor.terminate()
        assert supervisor.wait(PATIENCE_SECONDS) == 0
        assert not is_alive(pid)


def test_a_real_worker_ends_when_the_supervisor_is_killed() -> None:
    command = [
        sys.executable,
        "-m",
        "hazelgate.operations.cli",
        "projector",
        "--port",
        "0",
        "--domain",
        "tests.support.villains",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline().startswith("projector listens on")
        children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split()
        supervisor.kill()
    assert blocking_until(lambda: not is_alive(int(children[0])))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (70, "did not return within 5 s"),
        (3, "ended its process (exit status 3)"),
        (-11, "ended its process (signal 11, SIGSEGV)"),
    ],
)
def test_an_exit_status_is_said_in_words(status: int, words: str) -> None:
    assert how_it_ended(status, 5.0) == words
