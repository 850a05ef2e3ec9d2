"""
The watch over handlers, within the worker's process: whoever does not return in time ends the process.

It costs a batch next to nothing: a thread of its own wakes ten times a limit and sees whether each running batch's
pulse has moved. Time is counted in looks, so that a process that was stopped (SIGSTOP, a paused container) is not taken
for one that hangs. A handler that holds the interpreter's lock stops this thread, too: then the supervisor gets no sign
of life any more.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hazelgate.projector.core.calls import Pulse

EXIT_HANDLER_HANGS = 70
LOOKS_PER_LIMIT = 10


class Watchdog:
    """
    Args:
        limit_seconds: How long one call of a handler may take.
        beat: Called at each look, as long as all is well.
        on_hang: Called when a handler does not return; it does not come back in earnest.
    """

    def __init__(
        self,
        limit_seconds: float,
        *,
        beat: Callable[[], None] = lambda: None,
        on_hang: Callable[[], None] | None = None,
    ) -> None:
        self.limit_seconds = limit_seconds
        self._beat = beat
        self._on_hang = on_hang or self._end_the_process
        self._running: dict[Pulse, None] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="projector-watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    @contextmanager
    def watching(self, pulse: Pulse) -> Iterator[None]:
        """A batch runs."""
        self._running[pulse] = None
        try:
            yield
        finally:
            del self._running[pulse]

    def look(self) -> None:
        """Look once."""
        for pulse in list(self._running):
            if pulse.resting or pulse.beats != pulse.seen:
                pulse.seen, pulse.looks = pulse.beats, 0
                continue
            pulse.looks += 1
            if pulse.looks > LOOKS_PER_LIMIT:
                self._on_hang()

    def _watch(self) -> None:
        while not self._stopped.wait(self.limit_seconds / LOOKS_PER_LIMIT):
            self.look()
            self._beat()

    def _end_the_process(self) -> None:
        print(
            f"ERROR hazelgate.projector: a handler did not return within {self.limit_seconds:g} s;"
            " the projector ends itself. All threads:",
            file=sys.stderr,
            flush=True,
        )
        faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
        os._exit(EXIT_HANDLER_HANGS)
