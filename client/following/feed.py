"""The live events of the cluster, heard once per process and handed to every subscriber that wants them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator
from typing import cast

import msgspec

from hazelgate.client.cluster import Cluster, Subscription, stream_topic
from hazelgate.client.event_stream import Changed, Heard, Mark
from hazelgate.client.following.happenings import Happening, Readings
from hazelgate.client.following.inbox import Gap, Inbox, InboxClosed
from hazelgate.client.following.interests import Interests, Wanted
from hazelgate.client.following.recent import Recent
from hazelgate.client.following.tracking import Tracking
from hazelgate.client.following.wishing import Wishing
from hazelgate.client.views.frontiers import Frontier
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord
from hazelgate.sourcing.errors import HazelgateError
from hazelgate.sourcing.ids import cursor

logger = logging.getLogger(__name__)


_decode_heard = msgspec.json.Decoder(list[Heard | Mark]).decode
_decode_records = msgspec.json.Decoder(list[EventRecord | Mark]).decode
_decode_record = msgspec.json.Decoder(EventRecord).decode

MOST_LOG_READS = 8
"""How many pages of the log are read at once for subscribers who have missed something: all may come back together."""

ANCHOR_SECONDS = 2.0
"""How long a process that starts waits until it knows where the log stands."""


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
        self._recent = Recent()
        self._wishing = Wishing(cluster, self._subscribers.wish)
        self._behind: deque[bytes] | None = None
        """Messages, of the first of which an event is read in the store: they wait for it."""
        self._reading: asyncio.Task[None] | None = None
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
        topic = stream_topic(self._cluster.gateway_id)
        self._listening = await self._cluster.listen(topic, self._hear, interrupted=self._interrupted)
        self._wishing.start()
        self._tracking.anchor()
        if self._cluster.state().connected:
            await self._tracking.anchored(ANCHOR_SECONDS)

    async def close(self) -> None:
        """Hear no more. The streams of all subscribers end with what they have heard."""
        self._tracking.close()
        self._wishing.close()
        if self._reading is not None:
            self._reading.cancel()
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
        return self._recent.furthest_position

    def open(self, *wanted: Wanted, heals: bool = False) -> Inbox[Happening]:
        """
        The inbox of a subscriber who counts from now on, until `leave`. It gets what one of these names.

        Args:
            heals: Whether the subscriber reads in the log what a gap has left out, so that there may be more gaps.
        """
        inbox: Inbox[Happening] = Inbox(self._queue_size)
        self._subscribers.add(inbox, *wanted)
        self._wishing.changed()
        if heals:
            self._healing.add(inbox)
        return inbox

    def also(self, inbox: Inbox[Happening], wanted: Wanted) -> None:
        """Put this into an open inbox, too, from now on."""
        self._subscribers.add(inbox, wanted)
        self._wishing.changed()

    def leave(self, inbox: Inbox[Happening]) -> None:
        """Put nothing into an inbox any more. A second call does nothing."""
        self._subscribers.remove(inbox)
        self._wishing.changed()
        self._healing.discard(inbox)

    def _hear(self, message: bytes) -> None:
        if self._behind is not None:
            self._behind.append(message)
            return
        heard = self._decoded(message)
        for each in heard:
            if isinstance(each, Mark) and self._lacks(each):
                self._behind = deque([message])
                self._reading = asyncio.create_task(self._read_behind(self._behind))
                return
        self._tell(message, heard, {})

    def _lacks(self, mark: Mark) -> bool:
        """Whether somebody wants the event of which no more was told: the wish has come too late to a member."""
        return self._subscribers.may_want(mark) and mark.cursor not in self._recent

    async def _read_behind(self, behind: deque[bytes]) -> None:
        """Tell of messages in their order, with what is read in the store, until there are no more."""
        try:
            while behind:
                heard = self._decoded(behind[0])
                read = await self._read([each for each in heard if isinstance(each, Mark) and self._lacks(each)])
                self._tell(behind.popleft(), heard, read)
        except (HazelgateError, msgspec.DecodeError) as error:
            self._interrupt_all(f"an event could not be read: {error}")
            for message in behind:  # what else may be lacking lies behind the gap
                self._tell(message, self._decoded(message), {})
        finally:
            self._behind = None

    async def _read(self, marks: list[Mark]) -> dict[str, EventRecord]:
        """
        Those events, by their cursors.

        Raises:
            HazelgateError: The cluster does not answer, or does not have one of them.
        """
        if not marks:
            return {}
        found = await self._cluster.read(EVENT_STORE, [each.key for each in marks])
        records = [_decode_record(raw) for raw in found if raw is not None]
        if len(records) < len(marks):
            raise HazelgateError("the store does not have it any more")
        return {each.cursor: each for each in records}

    def _decoded(self, message: bytes) -> list[Heard | Mark]:
        """What a message tells; nothing where it can't be read."""
        try:
            return _decode_heard(message)
        except msgspec.DecodeError as error:
            self._unreadable(error)
            return []

    def _unreadable(self, error: msgspec.DecodeError) -> None:
        topic = stream_topic(self._cluster.gateway_id)
        logger.error("a message of %s can't be read; subscribers are told of a gap", topic, exc_info=error)
        self._interrupt_all("a message of the cluster could not be read")

    def _tell(self, message: bytes, all_heard: list[Heard | Mark], read: dict[str, EventRecord]) -> None:
        records: list[EventRecord | Mark] | None = None  # read when somebody may want one of them
        for place, heard in enumerate(all_heard):
            at = heard.cursor
            if isinstance(heard, Mark):
                lane, position = int(at[17:]), int(at[:16])
            else:
                lane, position = heard.lane, heard.position
            if self._recent.was_here(at, lane, position):
                continue
            self._last_cursor = at
            self._readings.heard += 1
            is_next = self._recent.is_next(at, lane, position)
            lane_before = self._tracking.at(lane)
            is_next = self._tracking.heard(at, lane, position) and is_next
            record: EventRecord | None = None
            if not is_next:
                self._interrupt_all("an event of the cluster came too late")
            elif isinstance(heard, Mark):
                record = read.get(at)  # nobody who came after the message is told of it
            elif self._subscribers.may_want(heard):
                try:
                    records = records or _decode_records(message)
                except msgspec.DecodeError as error:
                    self._unreadable(error)
                    return
                record = cast(EventRecord, records[place])
            if record is not None:
                self._hand_out(record, heard.changed, lane_before)

    def _hand_out(self, record: EventRecord, changed: Changed | None, lane_before: int | None) -> None:
        happening = Happening(record, self._readings.heard, self._readings, changed)
        wanting = self._subscribers.wanting(happening)
        if wanting:
            happening.frontier = self._tracking.frontier
            happening.lane_before = lane_before
        for inbox in wanting:
            inbox.put(happening, record.cursor, frontier=happening.frontier)

    def _interrupted(self) -> None:
        self._interrupt_all("the connection to the cluster was lost for a while")
        self._wishing.renew()
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
