"""
How far a process has heard the log.

The topic brings events in the order of each lane, and may lose some without a word. So what was heard is compared with
the log now and then: where the log has as many events up to a place as were heard, that place is the frontier's base.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from hazelgate.client.cluster import Cluster, LogPositions
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.client.views.frontiers import Frontier, end_of
from hazelgate.sourcing.envelope import EVENT_STORE
from hazelgate.sourcing.errors import HazelgateError, PipelineUnavailable

_logger = logging.getLogger(__name__)

LANES_AHEAD = 32
"""So many lanes make a cursor long: then the base is moved on."""
LOOK_SECONDS = 0.5
"""How often the log is looked at, at most."""
QUIET_LOOK_SECONDS = 5.0
"""How often it is looked at where few events come, or nobody follows them: lost ones are noticed then."""
LOST_SECONDS = 5.0
"""How long an event of the log may not have been heard until it counts as lost."""
MOST_REMEMBERED = 200_000
"""Positions heard behind the base. Beyond that the log is followed anew."""
_RETRY_SECONDS = 0.25
_MARGIN_MICROS = 60_000_000
"""How far before its start a process that has not asked the log yet puts its base."""


class Tracking:
    """
    The frontier of one process.

    Args:
        is_followed: Whether somebody is told of events.
        anchored: Called when the base has jumped, with the reason where events were lost.
    """

    def __init__(
        self, cluster: Cluster, is_followed: Callable[[], bool], anchored: Callable[[str | None], None]
    ) -> None:
        self._cluster = cluster
        self._is_followed = is_followed
        self._told_anchored = anchored
        self._log = ""
        self._base = end_of(time.time_ns() // 1_000 - _MARGIN_MICROS)
        self._ahead: dict[int, int] = {}
        self._heard: list[int] = []
        """The positions of the events heard behind the base."""
        self._anchoring: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = 0.0
        self._missing_since: float | None = None

    @property
    def frontier(self) -> Frontier:
        """Everything behind it was heard, or was there before this process listened."""
        return Frontier(self._log, self._base, dict(self._ahead))

    def at(self, lane: int) -> int | None:
        """How far a lane was heard; None: no further than the base."""
        return self._ahead.get(lane)

    def heard(self, cursor: str, lane: int, position: int) -> bool:
        """One more event was heard. False where its place was taken for complete."""
        if cursor <= self._base:
            return not self._log
        self._ahead[lane] = position
        self._heard.append(position)
        if self._log and self._looking is None:
            waited = time.monotonic() - self._looked_at
            is_long = len(self._ahead) >= LANES_AHEAD and self._is_followed()
            if waited > (LOOK_SECONDS if is_long else QUIET_LOOK_SECONDS):
                self._looking = asyncio.create_task(self._look())
        return True

    def anchor(self) -> None:
        """Begin anew from where the log stands: what came before is not heard any more."""
        self._follow_anew(None)

    async def anchored(self, timeout_seconds: float) -> None:
        """Return once it is known where the log stands, or after that time."""
        if self._anchoring is not None:
            await asyncio.wait([self._anchoring], timeout=timeout_seconds)

    def _follow_anew(self, lost: str | None) -> None:
        if self._anchoring is not None:
            self._anchoring.cancel()
        self._anchoring = asyncio.create_task(self._anchor(lost))

    def close(self) -> None:
        """Ask no more."""
        for task in (self._anchoring, self._looking):
            if task is not None:
                task.cancel()

    async def _anchor(self, lost: str | None) -> None:
        said = False
        while True:
            try:
                where = await self._cluster.log_positions()
                break
            except PipelineUnavailable:
                await asyncio.sleep(_RETRY_SECONDS)
            except HazelgateError as error:
                if not said:
                    _logger.warning("the members do not say where the log stands, and are asked again: %s", error)
                said = True
                await asyncio.sleep(_RETRY_SECONDS)
        self._log = where.log
        self._move(where.settled)
        self._missing_since = None
        self._looked_at = time.monotonic()
        self._told_anchored(lost)

    def _move(self, settled: int) -> None:
        self._base = end_of(settled)
        self._ahead = {lane: at for lane, at in self._ahead.items() if at > settled}
        self._heard = [at for at in self._heard if at > settled]

    async def _look(self) -> None:
        try:
            where = await self._cluster.log_positions()
            stored = await self._stored(where)
        except HazelgateError:
            return  # it is looked at again
        finally:
            self._looked_at = time.monotonic()
            self._looking = None
        if where.log != self._log:
            self._follow_anew("the cluster has another log")
            return
        if stored is None:
            return
        if stored <= sum(at <= where.settled for at in self._heard):
            self._missing_since = None
            self._move(where.settled)
        elif self._missing_since is None:
            self._missing_since = time.monotonic()
        elif time.monotonic() - self._missing_since > LOST_SECONDS:
            self._follow_anew("events of the cluster did not come here")
            return
        if len(self._heard) > MOST_REMEMBERED:
            self._follow_anew(None)

    async def _stored(self, where: LogPositions) -> int | None:
        """How many events lie between the base and what is settled; None where the base is not before it."""
        base, end = self._base, end_of(where.settled)
        if base >= end:
            return None
        between = (KeyRange(f"{base}\0", end),)
        page = await self._cluster.query(
            EntryQuery(map_name=EVENT_STORE, index="cursor", ranges=between, limit=0, count=True)
        )
        return page.count if base == self._base else None
