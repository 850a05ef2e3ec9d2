"""Which part of this machine other work had meanwhile: a fault's aim is for a machine that has nothing else to do."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 1.0
_MOST = 0.95
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """Seconds of all processors since the machine started, at an instant of the monotonic clock."""

    at: float
    busy: float
    idle: float
    ours: float
    """Of this process and all that it has started, those that have ended included."""


def others(before: Sample, after: Sample) -> float:
    """
    The part of the machine, from 0 to 1, that others had while nothing was left.

    What was idle beside them nobody had to wait for.
    """
    busy, idle = after.busy - before.busy, after.idle - before.idle
    if busy + idle <= 0:
        return 0.0
    theirs = max(0.0, busy - (after.ours - before.ours))
    return min(_MOST, max(0.0, (theirs - idle) / (busy + idle)))


class Machine:
    """Looks every second, from `start` to `stop`."""

    def __init__(self) -> None:
        self._samples: list[Sample] = []
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._looking = asyncio.create_task(self._look())

    def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        while True:
            self._samples.append(sample())
            await asyncio.sleep(SAMPLE_SECONDS)

    def others_since(self, since: float) -> float:
        """The same as `others`, from an instant of the monotonic clock until now."""
        now = sample()
        before = [each for each in self._samples if each.at <= since] or self._samples[:1]
        return others(before[-1], now) if before else 0.0


def sample() -> Sample:
    """How it stands now; of a system without /proc/stat it says that others have nothing."""
    try:
        ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    except OSError:
        return Sample(time.monotonic(), 0.0, 0.0, 0.0)
    idle = ticks[3] + ticks[4]
    return Sample(
        time.monotonic(), (sum(ticks) - idle) / _TICKS_PER_SECOND, idle / _TICKS_PER_SECOND, _ours() / _TICKS_PER_SECOND
    )


def _ours() -> int:
    """Ticks of this process and its descendants, with those of their children that have ended."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:  # it has just ended
            continue
        fields = text[text.rindex(")") + 2 :].split()
        pid = int(stat.parent.name)
        parents[pid], ticks[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    here = os.getpid()

    def is_ours(pid: int) -> bool:
        while pid and pid != here:
            pid = parents.get(pid, 0)
        return pid == here

    return sum(spent for pid, spent in ticks.items() if is_ours(pid))
