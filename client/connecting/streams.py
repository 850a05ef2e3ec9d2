"""What a program follows live: events, and what becomes of the entries of a view."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from hazelgate.client.following.changes import ChangeKind
from hazelgate.client.following.feed import Feed, taken
from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Gap, Inbox, frontier_at
from hazelgate.client.following.interests import Wanted
from hazelgate.client.following.streams import follow
from hazelgate.client.views.frontiers import Frontier
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event, View
from hazelgate.sourcing.envelope import EventRecord

T = TypeVar("T")
V = TypeVar("V", bound=View)


class StoredEvent:
    """An event of the log: `record` is as it is stored, `event` an object of its class in today's version."""

    __slots__ = ("_catalog", "_event", "_frontier", "record")

    def __init__(self, catalog: Catalog, record: EventRecord, frontier: Frontier | None = None) -> None:
        self.record = record
        self._frontier = frontier
        self._catalog = catalog
        self._event: Event | None = None

    def __repr__(self) -> str:
        record = self.record
        return f"StoredEvent({record.event_type} {record.event_id}, {record.aggregate_id} at {record.sequence})"

    @property
    def event(self) -> Event:
        """
        The event, read when it is first asked for.

        Raises:
            UnknownEventType: The catalog has no such type (any more), or can't read that version.
            InvalidEvent: The data does not fit today's class.
        """
        if self._event is None:
            record = self.record
            self._event = self._catalog.decode(record.event_type, record.event_version, record.data)
        return self._event

    @property
    def cursor(self) -> str:
        """For `after`: where who has this event, and all before it, goes on."""
        return frontier_at(self.record.cursor, self._frontier).text


@dataclass(frozen=True, slots=True)
class Change(Generic[V]):
    """
    An entry has changed.

    Args:
        kind: CHANGED; LEFT, where it matches the filter no more; REMOVED.
        key: The entry's key.
        entry: The entry as it is once the event is applied, or later; None where it has LEFT or is REMOVED.
        caused_by: The event that changed it.
    """

    kind: ChangeKind
    key: str
    entry: V | None
    caused_by: StoredEvent

    @property
    def cursor(self) -> str:
        """For `after`: where who has this change, and all before it, goes on."""
        return self.caused_by.cursor


class Stream(Generic[T]):
    """
    What happens from now on, in order, and a `Gap` wherever something had to be left out.

        async for change in hg.view(Ticket).changes():
            ...

    It counts from the first step of the loop. As a context manager it counts from the beginning of the block:

        async with hg.view(Ticket).changes() as changes:
            await hg.handle_event(...)
            async for change in changes:
                ...

    A reader that is too slow loses events, and gets a `Gap` in their place: read the views again, and go on. One that
    has given `after` loses nothing, and waits instead. The stream ends when the connection is closed.
    """

    def __init__(
        self,
        start: Callable[[], Awaitable[Feed]],
        wanted: Wanted,
        make: Callable[[Happening], Awaitable[Sequence[T]]],
        since: Callable[[Feed], AsyncGenerator[T | Gap, None]] | None = None,
    ) -> None:
        self._since = since
        self._start = start
        self._wanted = wanted
        self._make = make
        self._opened: tuple[Feed, Inbox[Happening]] | None = None

    async def __aenter__(self) -> Self:
        feed = await self._start()
        if self._since is None:
            self._opened = (feed, feed.open(self._wanted))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opened is not None:
            feed, inbox = self._opened
            self._opened = None
            feed.leave(inbox)
            inbox.close()

    def __aiter__(self) -> AsyncGenerator[T | Gap, None]:
        return self._from_now() if self._opened is None else self._from(self._opened[1])

    async def _from_now(self) -> AsyncGenerator[T | Gap, None]:
        feed = await self._start()
        if self._since is not None:
            async with aclosing(self._since(feed)) as told:
                async for each in told:
                    yield _public(each) if isinstance(each, Gap) else each
            return
        inbox = feed.open(self._wanted)
        try:
            async with aclosing(self._from(inbox)) as made:
                async for each in made:
                    yield each
        finally:
            feed.leave(inbox)

    async def _from(self, inbox: Inbox[Happening]) -> AsyncGenerator[T | Gap, None]:
        async with aclosing(follow(taken(inbox), self._make)) as made:
            async for each in made:
                yield _public(each) if isinstance(each, Gap) else each


def _public(gap: Gap) -> Gap:
    return Gap(gap.text, gap.reason)
