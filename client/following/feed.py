"""The live events of the cluster, heard once per process and handed to every subscriber that wants them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator

import msgspec

from hazelgate.client.cluster import EVENT_STREAM, Cluster, Subscription
from hazelgate.client.event_stream import Changed, Heard
from hazelgate.client.following.happenings import Happening, Readings
from hazelgate.client.following.inbox import Gap, Inbox, InboxClosed
from hazelgate.client.following.interests import Interests, Wanted
from hazelgate.client.following.tracking import Tracking
from hazelgate.client.views.frontiers import Frontier
from hazelgate.sourcing.envelope import EventRecord
from hazelgate.sourcing.ids import cursor

logger = logging.getLogger(__name__)


_decode_heard = msgspec.json.Decoder(list[Heard]).decode
_decode_records = msgspec.json.Decoder(list[EventRecord]).decode

MOST_LOG_READS = 8
"""How many pages of the log are read at once for subscribers who have missed something: all may come back together."""

ANCHOR_SECONDS = 2.0
"""How long a process that starts waits until it knows where the log stands."""

REMEMBERED_EVENTS = 65_536
"""More than can be in flight, so more than a pipeline that starts anew can publish a second time."""


class Feed:
    """
    The one listener of this process on the topic of all events.

    Args:
        queue_size: How many events may wait for one slow subscriber before it misses some, and is told so.
        log_reads: Shared with other feeds of the process.
    """

    def __init__(self, cluster: Cluster, *, queue_size: int, log_reads: asyncio.Semaphore | None = None) -> None:
        self._cluster = cluster
        self._queue_size = queue_size
        self._subscribers: Interests[Inbox[Happening]] = Interests()
        self._readings = Readings(cluster)
        self._listening: Subscription | None = None
        # Until something is heard, whatever is missed came after now.
        self._last_cursor = cursor(time.time_ns() // 1_000, 0)
        self.losses = 0
        """How often events were lost on their way here."""
        self._heard: set[str] = set()
        """Cursors of what was heard lately."""
        self._in_order: deque[str] = deque()
        """The same in the order of hearing: a dictionary walks over all that it has lost to find its first key."""
        self._positions: dict[int, int] = {}
        """The furthest position heard of each lane."""
        self._tracking = Tracking(cluster, lambda: len(self._subscribers) > 0, self._anchored)
        self.log_reads = log_reads or asyncio.Semaphore(MOST_LOG_READS)
        """Held by a subscriber while a page of the log is read for it."""
        self._healing: set[Inbox[Happening]] = set()
        """Of subscribers who read what they have missed in the log."""

    @property
    def subscriber_count(self) -> int:
        return len(self._subscribers)

    @property
    def heard_count(self) -> int:
        """How many events were heard so far: the number of the last one."""
        return self._readings.heard

    async def start(self) -> None:
        """Begin to hear. Once per process; the cluster's client keeps it hearing."""
        self._listening = await self._cluster.listen(EVENT_STREAM, self._hear, interrupted=self._interrupted)
        self._tracking.anchor()
        if self._cluster.state().connected:
            await self._tracking.anchored(ANCHOR_SECONDS)

    async def close(self) -> None:
        """Hear no more. The streams of all subscribers end with what they have heard."""
        self._tracking.close()
        for inbox in self._subscribers:
            inbox.close()
        if self._listening is not None:
            await self._listening.close()
            self._listening = None

    @property
    def cluster(self) -> Cluster:
        """Whose events these are."""
        return self._cluster

    @property
    def frontier(self) -> Frontier:
        """How far this process has heard the log: every event behind it is in the views."""
        return self._tracking.frontier

    async def subscribe(self, wanted: Wanted) -> AsyncGenerator[Happening | Gap, None]:
        """
        What happens from now on and is wanted, in order; a gap wherever something had to be left out.

        The subscriber counts from the first step of the iteration until it is closed.
        """
        inbox = self.open(wanted)
        try:
            async for happening in taken(inbox):
                yield happening
        finally:
            self.leave(inbox)

    @property
    def furthest_position(self) -> int:
        """The position of the furthest event heard; 0 where none was."""
        return max(self._positions.values(), default=0)

    def open(self, *wanted: Wanted, heals: bool = False) -> Inbox[Happening]:
        """
        The inbox of a subscriber who counts from now on, until `leave`. It gets what one of these names.

        Args:
            heals: Whether the subscriber reads in the log what a gap has left out, so that there may be more gaps.
        """
        inbox: Inbox[Happening] = Inbox(self._queue_size)
        self._subscribers.add(inbox, *wanted)
        if heals:
            self._healing.add(inbox)
        return inbox

    def also(self, inbox: Inbox[Happening], wanted: Wanted) -> None:
        """Put this into an open inbox, too, from now on."""
        self._subscribers.add(inbox, wanted)

    def leave(self, inbox: Inbox[Happening]) -> None:
        """Put nothing into an inbox any more. A second call does nothing."""
        self._subscribers.remove(inbox)
        self._healing.discard(inbox)

    def _hear(self, message: bytes) -> None:
        records: list[EventRecord] | None = None  # read when somebody may want one of them
        try:
            for place, heard in enumerate(_decode_heard(message)):
                if self._was_here(heard):
                    continue
                self._last_cursor = heard.cursor
                self._readings.heard += 1
                is_next = self._is_next(heard)
                lane_before = self._tracking.at(heard.lane)
                is_next = self._tracking.heard(heard.cursor, heard.lane, heard.position) and is_next
                if not is_next:
                    self._interrupt_all("an event of the cluster came too late")
                elif self._subscribers.may_want(heard):
                    if records is None:
                        records = _decode_records(message)
                    self._hand_out(records[place], heard.changed, lane_before)
        except msgspec.DecodeError:
            logger.exception("a message of %s can't be read; subscribers are told of a gap", EVENT_STREAM)
            self._interrupt_all("a message of the cluster could not be read")

    def _hand_out(self, record: EventRecord, changed: Changed | None, lane_before: int | None) -> None:
        happening = Happening(record, self._readings.heard, self._readings, changed)
        wanting = self._subscribers.wanting(happening)
        if wanting:
            happening.frontier = self._tracking.frontier
            happening.lane_before = lane_before
        for inbox in wanting:
            inbox.put(happening, record.cursor, frontier=happening.frontier)

    def _was_here(self, record: Heard) -> bool:
        """
        Whether it was heard before, or is older than anything remembered.

        A pipeline that starts anew publishes again what was in flight, and a stored event that is submitted again too.
        """
        if record.cursor in self._heard:
            return True
        is_late = record.position <= self._positions.get(record.lane, -1)
        return is_late and record.cursor < self._in_order[0]

    def _is_next(self, record: Heard) -> bool:
        """Remember it. False where a later one of its lane was heard before it: the order would be wrong."""
        self._heard.add(record.cursor)
        self._in_order.append(record.cursor)
        if len(self._in_order) > REMEMBERED_EVENTS:
            self._heard.remove(self._in_order.popleft())
        if record.position <= self._positions.get(record.lane, -1):
            return False
        self._positions[record.lane] = record.position
        return True

    def _interrupted(self) -> None:
        self._interrupt_all("the connection to the cluster was lost for a while")
        self._tracking.anchor()

    def _interrupt_all(self, reason: str) -> None:
        # Which events were missed isn't known: the stream goes on from the last that was heard.
        frontier = self._tracking.frontier
        for inbox in self._subscribers:
            inbox.interrupt(self._last_cursor, reason, frontier)

    def _anchored(self, lost: str | None) -> None:
        if lost is not None:
            self.losses += 1
            self._interrupt_all(lost)
        # What is heard from now on says nothing of what was missed: they look into the log.
        for inbox in self._healing:
            inbox.interrupt(self._last_cursor, "the log is followed anew", self._tracking.frontier)


async def taken(inbox: Inbox[Happening]) -> AsyncGenerator[Happening | Gap, None]:
    """What comes into an inbox, until it is closed."""
    while True:
        try:
            happening = await inbox.take()
        except InboxClosed:
            return
        yield happening
