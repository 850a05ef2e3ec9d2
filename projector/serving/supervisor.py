"""
Keeps a projector's worker running: a process of its own, so that a handler can take no more than that process along.

The worker gives a sign of life now and then, over a socket that both hold. When none comes, a handler holds the
interpreter's lock and nothing in the worker can end it: the supervisor has its threads written to the log, and kills
it. When the supervisor is gone, the socket is closed, and the worker ends itself.
"""

from __future__ import annotations

import contextlib
import logging
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hazelgate.projector.serving.watchdog import EXIT_HANDLER_HANGS, LOOKS_PER_LIMIT
from hazelgate.sourcing.backoff import Backoff

log = logging.getLogger("hazelgate.projector")

EXIT_CANNOT_START = 2
_BACKOFF = Backoff(first_seconds=0.5, longest_seconds=10.0)
_STOP_SECONDS = 3.0
_DUMP_SECONDS = 0.3
_GRACE_LOOKS = 5
"""How many looks later than the worker's own watchdog it steps in."""


def worker_command(arguments: Sequence[str]) -> list[str]:
    """How a worker is started; `-P` keeps the current folder from shadowing packages."""
    return [sys.executable, "-P", "-m", "hazelgate.projector", *arguments]


class Supervisor:
    """
    Args:
        command: Starts a worker; what a worker needs to know besides is added as options.
        port: Where it listens. After the first worker has found a free one for 0, all others take that.
        limit_seconds: How long one call of a handler may take.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        port: int,
        limit_seconds: float,
    ) -> None:
        self._command = list(command)
        self._port = port
        self._limit_seconds = limit_seconds
        self._stopping = False
        self._been_up = False
        self._wake, self._woken = socket.socketpair()

    def stop(self, *_: object) -> None:
        """End the worker, and then return from `run`. Safe in a signal handler."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._wake.send(b"!")

    def _told_to_stop(self) -> bool:
        return self._stopping

    def run(self) -> int:
        """Run until told to stop. Returns the exit status: 0, or 2 where the worker can't be started at all."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.stop)
        failures = 0
        ended = ""
        while not self._stopping:
            came_up, status, hung = self._run_worker(ended)
            if self._told_to_stop():
                break
            if status == EXIT_CANNOT_START and not self._been_up:
                return EXIT_CANNOT_START
            ended = how_it_ended(status, self._limit_seconds, hung=hung)
            failures = 0 if came_up else failures + 1
            pause = _BACKOFF.pause_seconds(failures)
            when = f"in {pause:.1f} s" if pause else "at once"
            log.warning("the worker %s; it is started again %s", ended, when)
            select.select([self._woken], [], [], pause)
        return 0

    def _run_worker(self, ended: str) -> tuple[bool, int, bool]:
        """One worker from start to end: whether it came up, its exit status, and whether it had to be killed."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                options = [f"--port={self._port}", f"--supervised-by={theirs.fileno()}", f"--ended={ended}"]
                process = subprocess.Popen(
                    [*self._command, *options], stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
                )
            try:
                came_up, hung = self._watch(process, ours)
                return came_up, process.wait(), hung
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()

    def _watch(self, process: subprocess.Popen[bytes], line: socket.socket) -> tuple[bool, bool]:
        """Until the worker has ended, or was killed."""
        came_up, silent_looks = False, 0
        while process.poll() is None:
            readable, _, _ = select.select([line, self._woken], [], [], self._limit_seconds / LOOKS_PER_LIMIT)
            if self._stopping:
                self._end(process)
            elif line in readable:
                said = line.recv(4096)
                if not said:
                    self._expect_end(process)
                elif not came_up:
                    self._port = int(said.split()[0])
                    came_up = self._been_up = True
                silent_looks = 0
            elif came_up and not _is_stopped(process.pid):
                silent_looks += 1
                if silent_looks > LOOKS_PER_LIMIT + _GRACE_LOOKS:
                    self._kill_hanging(process)
                    return came_up, True
        return came_up, False

    def _expect_end(self, process: subprocess.Popen[bytes]) -> None:
        """Its end of the socket is closed: it is ending. If not, a handler has closed it."""
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _kill_hanging(self, process: subprocess.Popen[bytes]) -> None:
        log.error(
            "the worker gives no sign of life for %g s: a handler holds the interpreter's lock. It is killed."
            " All threads:",
            self._limit_seconds,
        )
        process.send_signal(signal.SIGUSR1)
        time.sleep(_DUMP_SECONDS)
        process.kill()
        process.wait()


def how_it_ended(status: int, limit_seconds: float, *, hung: bool = False) -> str:
    """An exit status in words that go on behind the name of the handler that was running."""
    if hung or status == EXIT_HANDLER_HANGS:
        return f"did not return within {limit_seconds:g} s"
    if status >= 0:
        return f"ended its process (exit status {status})"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return f"ended its process (signal {-status}, {name})"


def _is_stopped(pid: int) -> bool:
    """Whether somebody has stopped it (SIGSTOP): then it can't give a sign of life, and does not hang."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in ("T", "t")
    except (OSError, IndexError):
        return False
