"""
Ends the services of a process when that process is gone, however it went.

Runs as a process of its own, by its path: `python leash.py`. It reads `+<pid>` and `-<pid>` lines, one for each child
(the head of a process group) that was started or has ended. The pipe's other end is held by that process alone; at
its end of file the children that are still listed are ended, first kindly. It works where there is no death signal.
"""

import contextlib
import os
import signal
import sys
import time
from typing import TextIO

GRACE_SECONDS = 5.0


def watch(lines: TextIO) -> set[int]:
    """Read until the process is gone. Returns the process groups that it left behind."""
    groups: set[int] = set()
    for line in lines:
        change, pid = line[0], int(line[1:])
        if change == "+":
            groups.add(pid)
        else:
            groups.discard(pid)
    return groups


def end(groups: set[int], grace_seconds: float = GRACE_SECONDS) -> None:
    """Ask each group to end, and kill what has not done so in time."""
    _signal(groups, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline and any(map(_lives, groups)):
        time.sleep(0.05)
    _signal({group for group in groups if _lives(group)}, signal.SIGKILL)


def _signal(groups: set[int], number: signal.Signals) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, number)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end(watch(sys.stdin))
