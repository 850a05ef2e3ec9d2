"""What is told of a fault in the user's code: its message and the frames that lead to it."""

from __future__ import annotations

import logging
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable
from types import FrameType

from hazelgate.sourcing.errors import NotYet

logger = logging.getLogger("hazelgate.projector")

Hear = Callable[[str, BaseException], None]
"""Hears of a fault: where it was, and the error."""

_LONGEST_MESSAGE = 2_000
_LONGEST = 4_000
_MOST_FRAMES = 8
_REMEMBERED_FAULTS = 1_000
_OURS = ("hazelgate.projector.", "hazelgate.sourcing.", "hazelgate.testing.")


def said(error: BaseException) -> str:
    """What a dead letter says of a fault: the message in its first line, then the last frames of the user's code."""
    message = f"{type(error).__name__}: {error}".encode("utf-8", "replace").decode()[:_LONGEST_MESSAGE]
    frames = [] if isinstance(error, NotYet) else _frames(error)
    if not frames:
        return message
    lines = traceback.StackSummary.extract(iter(frames)).format()
    return "\n".join((message, "".join(lines).encode("utf-8", "replace").decode().rstrip("\n")))[:_LONGEST]


def _frames(error: BaseException) -> list[tuple[FrameType, int]]:
    """The last frames that are the user's, and of each the line that was run."""
    found: deque[tuple[FrameType, int]] = deque(maxlen=_MOST_FRAMES)
    trace = error.__traceback__
    while trace is not None:
        if not str(trace.tb_frame.f_globals.get("__name__", "")).startswith(_OURS):
            found.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return list(found)


class FaultLog:
    """
    Writes each fault to the projector's log once, however often its event is tried.

    A batch goes through the projector again and again until everything it needs is loaded, so most faults come twice.
    """

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()

    def hear(self, where: str, error: BaseException) -> None:
        """Write it down, unless that was done lately or it is no fault: a projection that waits for another event."""
        if isinstance(error, NotYet):
            return
        text = said(error)
        if (where, text) in self._told:
            return
        self._told[where, text] = None
        if len(self._told) > _REMEMBERED_FAULTS:
            self._told.popitem(last=False)
        logger.warning("%s: %s", where, text)
