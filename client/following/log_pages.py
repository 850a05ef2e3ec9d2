"""The log in pages, each of which ends where everything before it is settled: who follows cursors misses nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from hazelgate.client.cluster import LogPositions
from hazelgate.client.reading.filters import Filter
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.client.views.frontiers import Frontier, end_of
from hazelgate.client.views.pages import Window
from hazelgate.client.views.reads import Reads
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord
from hazelgate.sourcing.errors import InvalidArgument

_decode = msgspec.json.Decoder(EventRecord).decode


@dataclass(frozen=True, slots=True)
class LogWindow:
    """
    Which part of the log is asked for.

    Args:
        window: How many events, and from which end; where it begins and ends, the places say.
        end: Behind this, nothing is settled.
        log: The id of the log.
    """

    window: Window
    after: Frontier | None
    before: Frontier | None
    end: str
    log: str

    @classmethod
    def of(
        cls,
        where: LogPositions,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> LogWindow:
        """
        The window that Relay's arguments name.

        Raises:
            InvalidArgument: A size out of range, both directions at once, or a cursor that is not of this log.
        """
        window = Window.of("log", first, None, last, None)
        places = [
            _place(name, text, where) if isinstance(text, str) and text else None
            for name, text in (("after", after), ("before", before))
        ]
        begin, until = places
        shown = replace(window, after=_base(begin), before=_base(until))
        return cls(shown, begin, until, end_of(where.settled), where.log)

    def holds(self, record: EventRecord) -> bool:
        """Whether an event lies in it."""
        if self.after is not None and self.after.has(record.cursor, record.lane, record.position):
            return False
        return record.cursor < self._until

    def cursor(self, record: EventRecord) -> str:
        """For who has everything up to an event: where to go on."""
        reached = Frontier(self.log, record.cursor) if self.after is None else self.after.moved(record.cursor)
        return reached.text

    @property
    def _until(self) -> str:
        return self.end if self.before is None else min(self.end, self.before.base)


def _base(place: Frontier | None) -> str | None:
    return None if place is None else place.base


def _place(argument: str, text: str, where: LogPositions) -> Frontier:
    place = Frontier.parse(argument, text)
    if place.log not in ("", where.log):
        raise InvalidArgument.of(
            argument,
            "a cursor of another log: the cluster was started anew, or has lost events; read from the beginning",
        )
    return Frontier(where.log, place.base, place.ahead)


async def read_log(reads: Reads, asked: LogWindow, filter: Filter | None) -> tuple[list[EventRecord], bool]:
    """
    The events of a window that pass a filter, in the order of storing, and whether there are more in its direction.

    Raises:
        InvalidArgument: Too many events would have to be looked at.
    """
    window = asked.window
    start = None if asked.after is None else f"{asked.after.base}\0"
    end = asked.end if window.before is None else min(asked.end, window.before)
    found: list[EventRecord] = []
    while len(found) <= window.size and (start is None or start < end):
        query = EntryQuery(
            map_name=EVENT_STORE,
            index="cursor",
            ranges=(KeyRange(start, end),),
            descending=window.backward,
            limit=window.size + 1,
            filter=filter,
        )
        answer = await reads.query(query)
        if answer.exceeded:
            raise InvalidArgument.of(
                "types", "too many events would have to be looked at: ask for less, or from a later cursor"
            )
        records = [_decode(each.entry) for each in answer.entries]
        found += (each for each in records if asked.holds(each))
        if len(records) <= window.size:
            break
        # What a live stream has told already is left out: the page is filled up.
        if window.backward:
            end = records[-1].cursor
        else:
            start = f"{records[-1].cursor}\0"
    shown = found[: window.size]
    return (shown[::-1] if window.backward else shown), len(found) > window.size
