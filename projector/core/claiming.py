"""
What guards' decisions rest on: the entries that have to be as they were read when the events are stored.

The engine claims them before it stores anything. What the aggregate's own lane keeps in order needs no claim.
"""

from __future__ import annotations

from collections.abc import Iterable

from hazelgate.projector.core.entries import Entries
from hazelgate.projector.core.intake import Reads
from hazelgate.projector.core.messages import Claim
from hazelgate.projector.core.plans import GuardPlan, ReadPlan
from hazelgate.sourcing.model.boundaries import Boundary


class Claiming:
    """The claims of one batch."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._events: dict[tuple[str, str], list[int]] = {}

    def rests_on(self, index: int, guards: Iterable[tuple[GuardPlan, Reads]]) -> None:
        """An event was accepted because of what these guards have read; its folds are done."""
        for guard, reads in guards:
            if guard.serialized:
                for read, keys in reads:
                    for key in keys:
                        if read.boundary.is_claimed or (read.boundary is Boundary.LANE and self._is_blocked(read, key)):
                            self._add(read, key, index)

    def _is_blocked(self, read: ReadPlan, key: str) -> bool:
        """Whether events wait in dead letters for the entry: they can change it at any time, from anywhere."""
        entry = self._entries.view(read.view, key)
        return entry.readable and entry.blocked is not None

    def _add(self, read: ReadPlan, key: str, index: int) -> None:
        self._entries.view(read.view, key).open()
        events = self._events.setdefault((read.view.name, key), [])
        if not events or events[-1] != index:
            events.append(index)

    def claims(self) -> list[Claim]:
        """All of them, each with the version of its entry before the batch."""
        views = self._entries
        return [Claim(name, key, views.version(name, key), events) for (name, key), events in self._events.items()]
