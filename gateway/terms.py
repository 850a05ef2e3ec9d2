"""How long a connection may stay open."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

LOOK_SECONDS = 5.0
"""How often it is looked whether credentials that can be taken away still hold."""


@dataclass(frozen=True, slots=True)
class Term:
    """
    As long as the credentials hold by which its caller is known.

    Args:
        expires_at: When they expire, in seconds since 1970; None: never.
        holds: Whether they have not been taken away; None: they can't be.
    """

    expires_at: float | None = None
    holds: Callable[[], bool] | None = None

    def watch(self, over: Callable[[], None]) -> Callable[[], None]:
        """
        Call `over` once it is over.

        Returns:
            Ends the watch.
        """
        loop = asyncio.get_running_loop()
        end = math.inf if self.expires_at is None else loop.time() + self.expires_at - time.time()
        timer: asyncio.TimerHandle | None = None

        def wait() -> None:
            nonlocal timer
            at = end if self.holds is None else min(end, loop.time() + LOOK_SECONDS)
            timer = None if at == math.inf else loop.call_at(at, look)

        def look() -> None:
            if loop.time() >= end or (self.holds is not None and not self.holds()):
                over()
            else:
                wait()

        def cancel() -> None:
            if timer is not None:
                timer.cancel()

        wait()
        return cancel


ENDLESS = Term()
"""Without an end."""
