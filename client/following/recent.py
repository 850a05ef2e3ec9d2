"""Which events a process has heard lately: some come again, and none may come behind a later one of its lane."""

from __future__ import annotations

from collections import deque

REMEMBERED_EVENTS = 65_536
"""More than can be in flight, so more than a pipeline that starts anew can publish a second time."""


class Recent:
    """What was heard lately."""

    def __init__(self) -> None:
        self._cursors: set[str] = set()
        self._in_order: deque[str] = deque()
        """The same in the order of hearing: a dictionary walks over all that it has lost to find its first key."""
        self._positions: dict[int, int] = {}
        """The furthest position heard of each lane."""

    @property
    def furthest_position(self) -> int:
        """The position of the furthest event heard; 0 where none was."""
        return max(self._positions.values(), default=0)

    def __contains__(self, cursor: str) -> bool:
        return cursor in self._cursors

    def was_here(self, cursor: str, lane: int, position: int) -> bool:
        """
        Whether the event there was heard before, or is older than anything remembered.

        A pipeline that starts anew publishes again what was in flight, and a stored event that is submitted again too.
        """
        if cursor in self._cursors:
            return True
        is_late = position <= self._positions.get(lane, -1)
        return is_late and cursor < self._in_order[0]

    def is_next(self, cursor: str, lane: int, position: int) -> bool:
        """Remember it. False where a later one of its lane was heard before it: the order would be wrong."""
        self._cursors.add(cursor)
        self._in_order.append(cursor)
        if len(self._in_order) > REMEMBERED_EVENTS:
            self._cursors.remove(self._in_order.popleft())
        if position <= self._positions.get(lane, -1):
            return False
        self._positions[lane] = position
        return True
