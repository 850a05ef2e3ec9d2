"""
All that is refused at the door: each is counted, and few are told in the log.

A client that is refused may try ten thousand times. The log gets one line for a reason in a while, with the number of
those that went untold.
"""

import logging
import time
from collections.abc import Callable
from enum import StrEnum

logger = logging.getLogger(__name__)

_QUIET_SECONDS = 10.0


class Reason(StrEnum):
    """Why something was refused, by which the metric is labelled."""

    HOST = "host"
    """A `Host` that is no name of this gateway."""
    ORIGIN = "origin"
    """A page of a site that may not ask."""
    COMPLEXITY = "complexity"
    """A document or an operation beyond a limit."""
    RATE = "rate"
    """A client that asks for more than its share over time."""
    DEADLINE = "deadline"
    """An operation that took too long."""
    HEADER_SIZE = "header-size"
    """Headers that are too long or too many."""
    HEADER_TIME = "header-time"
    """Headers that took too long to come."""
    BODY_TIME = "body-time"
    """A body that took too long to come."""
    IDENTITY = "identity"
    """Credentials that do not hold."""
    HALF_OPEN = "half-open"
    """A connection without a request, closed because there were too many of them."""


class Refusals:
    """
    Counts what is refused, and tells of it now and then.

    Args:
        count: Told the reason of each, for the metrics.
        clock: Seconds that only grow.
    """

    def __init__(
        self, count: Callable[[Reason], None] = lambda reason: None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._count = count
        self._clock = clock
        self._quiet_until: dict[Reason, float] = {}
        self._untold: dict[Reason, int] = {}

    def add(self, reason: Reason, detail: str, client: str | None = None) -> None:
        """One more. `detail` says what was refused, and `client` the address that it came from."""
        self._count(reason)
        now = self._clock()
        if now < self._quiet_until.get(reason, 0.0):
            self._untold[reason] = self._untold.get(reason, 0) + 1
            return
        self._quiet_until[reason] = now + _QUIET_SECONDS
        untold = self._untold.pop(reason, 0)
        more = f" ({untold:,} more since the last line)" if untold else ""
        fields = {"reason": str(reason), "client": client, "untold": untold}
        logger.warning("refused: %s%s", detail, more, extra=fields)
