"""
How a gateway ends: `/ready` drops, sockets close one by one, and what runs is answered in time.

A rolling restart ends a gateway that has thousands of sockets. If all closed at once, all would come to the next
gateway at once. So each closes at a moment of its own, with a code after which clients connect again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hazelgate.gateway.graphql.deadlines import Deadlines

logger = logging.getLogger(__name__)

_ANSWERED_WITHIN_SECONDS = 1.0
"""How long what still runs may take once no more is taken in. The server waits a little longer than that."""


class Ending:
    """
    Whether the gateway is about to end, and what is to close before.

    Args:
        deadlines: Of the operations that run.
        chance: Between 0 and 1: when a socket closes.
    """

    def __init__(self, deadlines: Deadlines, chance: Callable[[], float] = random.random) -> None:
        self._deadlines = deadlines
        self._chance = chance
        self._closers: dict[object, Callable[[], None]] = {}
        self._over_seconds = 0.0
        self.has_begun = False

    @contextmanager
    def closing(self, close: Callable[[], None]) -> Iterator[None]:
        """Call `close` when it is this one's turn; not once the block is left."""
        key = object()
        self._closers[key] = close
        try:
            if self.has_begun:
                self._schedule(key)
            yield
        finally:
            self._closers.pop(key, None)

    def begin(self, over_seconds: float) -> None:
        """
        Be ready no more, and close the sockets.

        Args:
            over_seconds: Each socket has its moment within that time. Then no more connections are taken.
        """
        if self.has_begun:
            return
        self.has_begun = True
        self._over_seconds = over_seconds
        self._deadlines.end_all(over_seconds + _ANSWERED_WITHIN_SECONDS)
        logger.info(
            "ending: ready no more, %d sockets close within %g s, %d operations run",
            len(self._closers),
            over_seconds,
            self._deadlines.running,
        )
        for key in list(self._closers):
            self._schedule(key)

    def _schedule(self, key: object) -> None:
        asyncio.get_running_loop().call_later(self._chance() * self._over_seconds, self._close, key)

    def _close(self, key: object) -> None:
        close = self._closers.get(key)
        if close is not None:
            close()
