"""
What the members know of the wishes of a process.

Subscribers come and go all the time, and a member that knows too little or too much is no fault. So a wider wish is
told in a moment, together with others, and a narrower one when the last one has stood for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hazelgate.client.cluster import Cluster
from hazelgate.client.event_stream import Wish
from hazelgate.sourcing.errors import HazelgateError

WIDER_SECONDS = 0.01
"""How soon a wish for more is told."""
NARROWER_SECONDS = 2.0
"""How long a wish stands at least before one for less takes its place."""
RETRY_SECONDS = 1.0


class Wishing:
    """
    Tells the members what a process wants.

    Args:
        wish: What it wants just now.
    """

    def __init__(self, cluster: Cluster, wish: Callable[[], Wish]) -> None:
        self._cluster = cluster
        self._wish = wish
        self._is_open = False
        self._known: Wish | None = None
        """What all members know; None: there may be one that knows nothing."""
        self._known_since = 0.0
        self._renewals = 0
        self._due: asyncio.TimerHandle | None = None
        self._later: asyncio.TimerHandle | None = None
        """When something is told that has time."""
        self._telling: asyncio.Task[None] | None = None
        self._is_due_again = False

    def start(self) -> None:
        """Begin to tell; from now on the process listens."""
        self._is_open = True
        self.renew()

    def renew(self) -> None:
        """Tell it again: a member may know nothing of it."""
        self._known = None
        self._renewals += 1
        self.changed()

    def changed(self) -> None:
        """The wish may be another one than before."""
        if self._is_open and self._due is None:
            self._due = asyncio.get_running_loop().call_later(WIDER_SECONDS, self._begin)

    def close(self) -> None:
        """Tell nothing more."""
        self._is_open = False
        for each in (self._due, self._later, self._telling):
            if each is not None:
                each.cancel()

    def _wait(self, seconds: float) -> None:
        if self._later is not None:
            self._later.cancel()
        self._later = asyncio.get_running_loop().call_later(seconds, self.changed)

    def _begin(self) -> None:
        self._due = None
        if self._telling is not None:
            self._is_due_again = True
            return
        wish = self._wish()
        if wish == self._known:
            return
        if self._known is not None and self._known.covers(wish):
            stands = asyncio.get_running_loop().time() - self._known_since
            if stands < NARROWER_SECONDS:
                self._wait(NARROWER_SECONDS - stands)
                return
        self._telling = asyncio.create_task(self._tell(wish))

    async def _tell(self, wish: Wish) -> None:
        renewals = self._renewals
        try:
            await self._cluster.want(wish, self)
        except HazelgateError:
            self._wait(RETRY_SECONDS)
        else:
            if renewals == self._renewals:
                self._known, self._known_since = wish, asyncio.get_running_loop().time()
        finally:
            self._telling = None
        if self._is_due_again:
            self._is_due_again = False
            self.changed()
