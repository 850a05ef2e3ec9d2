"""
Calls of the user's code: what is told before each of them, so that one that never returns can be named afterwards.

In the normal mode a call only counts, for the watchdog. In the careful mode a *crumb* goes to the engine before each
call: when the process does not survive it, the engine knows which one it was, and marks it as failed when it asks
again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import msgspec

from hazelgate.projector.core.faults import Hear

FAULTS = (Exception, SystemExit, KeyboardInterrupt, GeneratorExit)
"""What a handler may raise and be blamed for: `sys.exit()` in a guard must not end the projector."""


class Stage(StrEnum):
    """What is about to run."""

    UPCAST = "upcast"
    KEYS = "keys"
    GUARD = "guard"
    FOLD = "fold"
    EVENT = "event"
    """The event as a whole."""
    WRITE = "write"
    """The entries are about to be encoded; no event is to blame for what happens then."""


# On Python 3.11 to name a member costs as much as a call, and these are named for each event.
UPCAST, KEYS, GUARD, FOLD, EVENT = Stage.UPCAST, Stage.KEYS, Stage.GUARD, Stage.FOLD, Stage.EVENT


class Crumb(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One call of the user's code, before it is made."""

    stage: str
    function: str
    event_id: str
    view: str = ""
    entry_key: str = ""


class FailedCall(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A call that is not to be made again: it counts as failed, with this message."""

    stage: str
    function: str
    event_id: str
    view: str
    entry_key: str
    message: str


class HandlerMisbehaved(Exception):
    """A handler did not return, did not leave its process alive, or made more than fits: as bad as an exception."""


class BatchTooLarge(Exception):
    """The batch does not fit into one answer, or into the memory. In parts it may."""


class Unusual(Exception):
    """Not to be folded by a replay, which knows the usual case alone. No fault of anybody's."""


class Abandoned(BaseException):
    """Nobody waits for the answer any more. No fault of the handler that is about to be called."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much handlers may make."""

    max_value_bytes: int = 16 * 1024 * 1024
    """Of one event or one view entry, as JSON."""
    max_answer_bytes: int = 60 * 1024 * 1024
    """Of all that a batch comes to."""


class Pulse:
    """
    A batch's sign of life: it grows with each call of the user's code. The watchdog looks whether it does.

    `seen` and `looks` are the watchdog's: what it saw last, and how many looks ago that was new.
    """

    __slots__ = ("beats", "looks", "resting", "seen")

    def __init__(self) -> None:
        self.beats = 0
        self.resting = False
        """It waits for the engine, and runs nothing of the user's."""
        self.seen = self.looks = 0


class Calls:
    """The normal mode: calls are counted."""

    def __init__(self, pulse: Pulse | None = None, *, alone: bool = False, hear: Hear | None = None) -> None:
        self.pulse = Pulse() if pulse is None else pulse
        self._alone = alone
        self._hear = hear

    def before(self, stage: Stage, function: str, event_id: str, view: str = "", entry_key: str = "") -> None:
        """
        The user's code is about to be called.

        Raises:
            HandlerMisbehaved: It must not be: this call has failed twice.
        """
        self.pulse.beats += 1

    def blame(self, error: BaseException, where: str | None = None) -> None:
        """
        A handler raised this.

        Args:
            where: The handler, and what it was called for; None where the fault is to be expected.

        Raises:
            BatchTooLarge: The memory is full, and it can't be told which event of the batch filled it.
        """
        if isinstance(error, MemoryError) and not self._alone:
            raise BatchTooLarge("the memory is full") from None
        if self._hear is not None and where is not None:
            self._hear(where, error)


class CarefulCalls(Calls):
    """The careful mode: each call is told before it is made, and those that are known to fail are not made."""

    def __init__(
        self,
        pulse: Pulse,
        tell: Callable[[Crumb], None],
        failed: Iterable[FailedCall],
        *,
        alone: bool,
        hear: Hear | None = None,
    ) -> None:
        super().__init__(pulse, alone=alone, hear=hear)
        self._tell = tell
        self._failed = {
            Crumb(each.stage, each.function, each.event_id, each.view, each.entry_key): each.message for each in failed
        }

    def before(self, stage: Stage, function: str, event_id: str, view: str = "", entry_key: str = "") -> None:
        """Tell the engine, and wait until it knows."""
        crumb = Crumb(stage, function, event_id, view, entry_key)
        message = self._failed.get(crumb)
        if message is not None:
            raise HandlerMisbehaved(f"{function} {message}" if stage is Stage.FOLD else message)
        self._tell(crumb)
        self.pulse.beats += 1


Tell = Callable[[Crumb], None]
"""Hears of a call of the user's code before it is made; returns when the engine knows of it, too."""


def to_nobody(crumb: Crumb) -> None:
    """Nobody asked: the process is the tests' own."""


class Asking(Protocol):
    """A request, which says how carefully it is to be answered."""

    @property
    def careful(self) -> bool: ...
    @property
    def failed(self) -> Sequence[FailedCall]: ...


def calls_of(
    request: Asking, pulse: Pulse | None, tell: Tell, *, alone: bool = True, hear: Hear | None = None
) -> Calls:
    """The calls that a request leads to, in the mode that it asks for."""
    if request.careful:
        return CarefulCalls(pulse or Pulse(), tell, request.failed, alone=alone, hear=hear)
    return Calls(pulse, alone=alone, hear=hear)


def check_size(what: str, size: int, limits: Limits) -> None:
    """
    Raises:
        HandlerMisbehaved: More than an event or entry may have.
    """
    if size > limits.max_value_bytes:
        raise HandlerMisbehaved(f"{what} made {size:,} bytes; at most {limits.max_value_bytes:,}")


encode_crumb = msgspec.msgpack.Encoder().encode
