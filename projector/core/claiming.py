"""
What guards' decisions rest on: the entries that have to be as they were read when the events are stored.

The engine claims them before it stores anything. What the aggregate's own lane keeps in order needs no claim. Where a
claim is refused its event leaves the batch, and so do those that came after it: they have seen what it would change.
"""

from __future__ import annotations

from collections.abc import Iterable

from hazelgate.projector.core.entries import Entries
from hazelgate.projector.core.intake import Reads, Targets
from hazelgate.projector.core.messages import NO_CLAIMS, Claim, Claims
from hazelgate.projector.core.plans import GuardPlan, ReadPlan
from hazelgate.sourcing.envelope import AGGREGATE_HEADS
from hazelgate.sourcing.model.boundaries import Boundary

Asked = list[tuple[GuardPlan, Reads]]
"""Guards, with what each has read."""
Entry = tuple[str, str]


class Claiming:
    """The claims of one batch. Until one is made, nothing is kept of any event."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._events: dict[Entry, list[int]] = {}
        self._changed_by: dict[Entry, int] = {}
        """By entry, the last event that has changed it, of those that may leave the batch."""
        self._after: list[tuple[int, int]] = []

    @property
    def is_active(self) -> bool:
        """Whether an event of the batch has claimed something."""
        return bool(self._changed_by)

    def rests_on(self, index: int, asked: Asked, head_key: str, targets: Targets) -> None:
        """An event was accepted because of what these guards have read; its folds are done."""
        claims = self._claim(index, asked)
        if claims or self.is_active:
            touched = [(AGGREGATE_HEADS, head_key), *_entries_of(targets)]
            seen = self._comes_after(index, [*touched, *_entries_read(asked)])
            if claims or seen:
                for entry in touched:
                    self._changed_by[entry] = index

    def refused(self, index: int, asked: Asked, head_key: str) -> None:
        """An event was refused because of what these guards have read."""
        if self.is_active:
            self._comes_after(index, [(AGGREGATE_HEADS, head_key), *_entries_read(asked)])

    def repeats(self, index: int, first: int) -> None:
        """An event is answered as the first one of its id is."""
        if self.is_active:
            self._after.append((index, first))

    def claims(self) -> Claims:
        """All of them, each with the version of its entry before the batch."""
        if not self._events:
            return NO_CLAIMS
        entries = self._entries
        claims = [Claim(name, key, entries.version(name, key), events) for (name, key), events in self._events.items()]
        return Claims(claims, self._after)

    def _claim(self, index: int, asked: Asked) -> bool:
        claims = False
        for guard, reads in asked:
            if guard.serialized:
                for read, keys in reads:
                    for key in keys:
                        if read.boundary.is_claimed or (read.boundary is Boundary.LANE and self._is_blocked(read, key)):
                            self._add(read, key, index)
                            claims = True
        return claims

    def _is_blocked(self, read: ReadPlan, key: str) -> bool:
        """Whether events wait in dead letters for the entry: they can change it at any time, from anywhere."""
        entry = self._entries.view(read.view, key)
        return entry.readable and entry.blocked is not None

    def _add(self, read: ReadPlan, key: str, index: int) -> None:
        self._entries.view(read.view, key).open()
        events = self._events.setdefault((read.view.name, key), [])
        if not events or events[-1] != index:
            events.append(index)

    def _comes_after(self, index: int, entries: Iterable[Entry]) -> bool:
        earlier = {self._changed_by[entry] for entry in entries if entry in self._changed_by}
        self._after += [(index, each) for each in sorted(earlier)]
        return bool(earlier)


def _entries_of(targets: Targets) -> Iterable[Entry]:
    return [(view.view.name, key) for view, keys in targets for key in keys]


def _entries_read(asked: Asked) -> Iterable[Entry]:
    return [(read.view.name, key) for _, reads in asked for read, keys in reads for key in keys]
