"""
Several gateways at one port, each a process of its own: `hazelgate serve --workers`.

Python runs on one processor. Each worker listens at the port by itself (SO_REUSEPORT), and the system gives each
connection to one of them. This process starts them, starts a dead one again, and ends all of them once it is told to.
It keeps the port by a socket that does not listen, so that no other program takes it in between.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from hazelgate.sourcing import logs
from hazelgate.sourcing.backoff import Backoff
from hazelgate.sourcing.settings import LogOptions

_logger = logging.getLogger(__name__)

PAUSES = Backoff(first_seconds=0.5, longest_seconds=30.0)
"""Before a worker is started again that has lived for a short time."""
_ENDING = (signal.SIGINT, signal.SIGTERM)
STEADY_SECONDS = 30.0
"""A worker that has lived for so long has not failed at its start."""

Serve = Callable[[int, socket.socket, Path], None]
"""What a worker does: given its number, the socket that it listens on, and a folder that all workers share."""


def reuse_port(host: str, port: int) -> socket.socket:
    """A socket at that address, to which others can be bound, too; it does not listen."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(address)
    return made


class Workers:
    """
    The processes.

    Args:
        count: How many.
        serve: What each does. It returns when its process has been told to end.
        options: How all of them log.
    """

    def __init__(self, count: int, host: str, port: int, serve: Serve, options: LogOptions) -> None:
        self._count = count
        self._host = host
        self._serve = serve
        self._options = options
        self._kept = reuse_port(host, port)
        self._port: int = self._kept.getsockname()[1]
        self._folder = Path(tempfile.mkdtemp(prefix="hazelgate-workers-"))
        # The workers have the end that is read; nobody but this process has the other. So they know when it is gone.
        self._alive, self._life = os.pipe()
        self._running: dict[int, tuple[int, float]] = {}
        """By its process id: a worker's number, and since when it runs."""
        self._failures: dict[int, int] = {}
        self._is_ending = False
        self._own_pid = os.getpid()

    def run(self) -> int:
        """Until SIGINT or SIGTERM; returns the exit status."""
        logs.configure(self._options.log_level, self._options.log_form)
        for each in _ENDING:
            signal.signal(each, self._end)
        _logger.info("%d workers at port %d", self._count, self._port)
        try:
            for number in range(1, self._count + 1):
                self._start(number)
            while self._running:
                pid, status = os.wait()
                self._ended(pid, os.waitstatus_to_exitcode(status))
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
        return 0

    def _start(self, number: int) -> None:
        # A signal that comes here would be handled by both processes, before the child knows that it is one.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            if self._is_ending:
                return
            pid = os.fork()
            if pid:
                self._running[pid] = (number, time.monotonic())
                return
        finally:
            if os.getpid() == self._own_pid:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        self._be(number)

    def _be(self, number: int) -> None:
        """Be a worker, to the end of its process."""
        status = 1
        try:
            os.setpgid(0, 0)  # Ctrl-C is told to the first process alone, which tells the others once
            for each in _ENDING:
                signal.signal(each, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
            os.close(self._life)
            threading.Thread(target=_end_with, args=(self._alive,), daemon=True).start()
            _name_in_logs(number)
            listener = reuse_port(self._host, self._port)
            self._kept.close()
            self._serve(number, listener, self._folder)
            status = 0
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        except BaseException:
            _logger.exception("worker %d failed", number)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _ended(self, pid: int, status: int) -> None:
        """Start another worker in the place of one that was not told to end."""
        number, since = self._running.pop(pid)
        if self._is_ending:
            return
        has_failed_early = time.monotonic() - since < STEADY_SECONDS
        failures = self._failures[number] = self._failures.get(number, 0) + 1 if has_failed_early else 0
        pause = PAUSES.pause_seconds(failures)
        _logger.error("worker %d (process %d) ended with status %d; starting it again", number, pid, status)
        deadline = time.monotonic() + pause
        while not self._is_ending_now() and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
        self._start(number)

    def _is_ending_now(self) -> bool:
        """A signal may have come since it was last asked."""
        return self._is_ending

    def _end(self, number: int, _: FrameType | None) -> None:
        """Tell all of them; a second signal says to be quick, as it does to one of them alone."""
        self._is_ending = True
        for pid in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _end_with(alive: int) -> None:
    """End this process when the one is gone that has started it: then the pipe is at its end."""
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _name_in_logs(number: int) -> None:
    """Let each record of this process say which worker it is of."""
    make = logging.getLogRecordFactory()

    def made(*given: object, **named: object) -> logging.LogRecord:
        record = make(*given, **named)
        record.worker = number
        return record

    logging.setLogRecordFactory(made)
