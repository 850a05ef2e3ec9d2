"""How much work something does, by a measure that is the same on any machine: the lines of Python that are run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass
class Lines:
    """
    How many were run.

    What is not written in Python, as a regular expression's search, counts for nothing. No more does what SlipCover
    adds: the work of its own, and its marks of branches, which stand on no line that there is.
    """

    count: int = 0


_MOST_LINES = 1_000_000


@contextmanager
def lines_counted() -> Iterator[Lines]:
    """Those of this thread, while the block lasts, but for those of the function that the block stands in."""
    lines = Lines()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "call" and str(frame.f_globals.get("__name__")).startswith("slipcover"):
            return None
        lines.count += event == "line" and 0 < frame.f_lineno < _MOST_LINES
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lines
    finally:
        sys.settrace(before)


def lines_of(act: Callable[[], object]) -> int:
    """Those that a call runs."""
    with lines_counted() as lines:
        act()
    return lines.count
