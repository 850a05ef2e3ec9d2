"""How long to wait between attempts at something that fails: pauses that double, up to a longest one."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_DOUBLINGS = 60
"""More of them than any pause has, and few enough for a float."""


@dataclass(frozen=True)
class Backoff:
    """A schedule of pauses. Whoever waits counts the failures, and begins to count anew after a success."""

    first_seconds: float
    longest_seconds: float

    def pause_seconds(self, failures: int) -> float:
        """The pause after so many failures in a row; none after 0."""
        if failures <= 0:
            return 0.0
        return min(self.first_seconds * 2.0 ** min(failures - 1, _MOST_DOUBLINGS), self.longest_seconds)
