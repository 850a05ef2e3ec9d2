"""What waits for one subscriber: never more than so much, and an honest gap instead of the rest."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from hazelgate.client.views.frontiers import Frontier, end_of

T = TypeVar("T")


MOST_PUT_OFF = 1_000
"""How often a newer state takes a waiting one away."""


@dataclass(frozen=True, slots=True)
class Gap:
    """
    Events were left out. The stream goes on from `cursor`, a place in the log.

    Args:
        frontier: How far the stream has come with it, where that is known: what the cursor for clients is made of.
    """

    cursor: str
    reason: str
    frontier: Frontier | None = None

    @property
    def text(self) -> str:
        """The cursor, as clients get it."""
        return frontier_at(self.cursor, self.frontier).text


def frontier_at(cursor: str, frontier: Frontier | None) -> Frontier:
    """The place of a reader, or the best that a record's cursor says of it."""
    return frontier or Frontier("", cursor or end_of(0))


class InboxClosed(Exception):
    """Nothing comes any more."""


class Inbox(Generic[T]):
    """
    A bounded queue that a producer never waits for.

    What doesn't fit is left out and a gap put in its place, behind what was there already. Until the gap has been taken
    everything new falls into it, so that the order of what is taken is the order of what was put. So the cursor of an
    item says that all before it was taken.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: OrderedDict[int, tuple[T, str | None]] = OrderedDict()
        """Each with its name, in the order of their numbers."""
        self._named: dict[str, tuple[int, int]] = {}
        """The number of the item under a name, and how often it was put off for a newer one."""
        self._count = 0
        self._gap: Gap | None = None
        self._filled = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    @property
    def is_empty(self) -> bool:
        """Whether there is neither an item nor a gap to take."""
        return not self._items and self._gap is None

    def put(self, item: T, cursor: str, name: str | None = None, frontier: Frontier | None = None) -> T | None:
        """
        Add an item; its cursor is where the gap will end, if it has no room.

        Args:
            frontier: The same as `cursor`, for clients.
            name: Of what it is the newest state. The one that waits under the same name is left out, unless that was
                put off often, and there is room: it keeps its place then, so that what changes all the time comes.

        Returns:
            The item that is not kept: the older one whose place it takes, or itself; None where all are.
        """
        left_out: T | None = None
        if self._gap is not None:
            self._gap = Gap(cursor, self._gap.reason, frontier)
            left_out = item
        elif (before := self._waiting(name)) is not None:
            left_out = self._items.pop(before[0])[0]
            self._add(item, name, before[1] + 1)
        elif len(self._items) >= self._size:
            reason = f"more than {self._size:,} events were waiting for this subscriber"
            self._gap = Gap(cursor, reason, frontier)
            left_out = item
        else:
            self._add(item, name, 0)
        self._filled.set()
        return left_out

    def _waiting(self, name: str | None) -> tuple[int, int] | None:
        """Of the item that a newer one under this name takes away, its number, and how often it was put off."""
        found = None if name is None else self._named.get(name)
        is_often = found is not None and found[1] >= MOST_PUT_OFF and len(self._items) < self._size
        return None if is_often else found

    def _add(self, item: T, name: str | None, put_off: int) -> None:
        self._count += 1
        self._items[self._count] = (item, name)
        if name is not None:
            self._named[name] = (self._count, put_off)

    def interrupt(self, cursor: str, reason: str, frontier: Frontier | None = None) -> None:
        """Put a gap behind what is there: something was missed before it got this far."""
        self._gap = Gap(cursor, reason, frontier)
        self._filled.set()

    def close(self) -> None:
        """Whoever takes gets what is there, and is told then that nothing comes any more."""
        self._closed = True
        self._filled.set()

    def take_now(self) -> T | Gap | None:
        """The next item or gap; None where there is none yet."""
        if self._items:
            number, (item, name) = self._items.popitem(last=False)
            if name is not None and self._named[name][0] == number:
                del self._named[name]
            return item
        gap, self._gap = self._gap, None
        return gap

    async def take(self) -> T | Gap:
        """
        The next item or gap, as soon as there is one.

        Raises:
            InboxClosed: There is none, and none will come.
        """
        while self.is_empty:
            if self._closed:
                raise InboxClosed
            self._filled.clear()
            await self._filled.wait()
        taken = self.take_now()
        assert taken is not None
        return taken
