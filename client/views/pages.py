"""
Lists over a map in pages: keyset cursors in both directions, over one of the map's sort keys.

A window is the part of a list that a caller asks for. A listing says what to read of a map without a view.
"""

from __future__ import annotations

from dataclasses import dataclass

from hazelgate.client.reading.filters import Filter
from hazelgate.client.reading.queries import EVERYTHING, EntryQuery, KeyRange
from hazelgate.client.views.cursors import cursor_key
from hazelgate.sourcing.errors import InvalidArgument

MAX_PAGE = 1_000
DEFAULT_PAGE = 20


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for: `size` entries from one end or from beside a cursor."""

    size: int
    backward: bool = False
    after: str | None = None
    before: str | None = None

    @classmethod
    def of(
        cls,
        order: str,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Window:
        """
        The window that Relay's arguments name. `order` is the list's order: cursors of another one are refused.

        Raises:
            InvalidArgument: A size out of range, both directions at once, or a cursor that isn't of this list.
        """
        # An argument that was left out is UNSET, which is false as None is; only the sizes may be zero.
        sizes = {name: size for name, size in (("first", first), ("last", last)) if isinstance(size, int)}
        if len(sizes) == 2:
            raise InvalidArgument.of("last", "give either first or last, not both")
        for name, size in sizes.items():
            if not 0 <= size <= MAX_PAGE:
                raise InvalidArgument.of(name, f"from 0 to {MAX_PAGE:,}")
        return cls(
            size=next(iter(sizes.values()), DEFAULT_PAGE),
            backward="last" in sizes,
            after=cursor_key("after", order, after) if after else None,
            before=cursor_key("before", order, before) if before else None,
        )

    def beyond(self, more: bool) -> tuple[bool, bool]:
        """Whether the list goes on behind and before it: it is read in one direction, a cursor tells of the other."""
        if self.backward:
            return self.before is not None, more
        return more, self.after is not None


def between(ranges: tuple[KeyRange, ...], window: Window, *, descending: bool = False) -> tuple[KeyRange, ...]:
    """What of the ranges lies behind the window's one cursor and before its other."""
    lower, upper = (window.before, window.after) if descending else (window.after, window.before)
    start = None if lower is None else f"{lower}\0"
    found = []
    for each in ranges:
        begin = each.start if start is None else start if each.start is None else max(start, each.start)
        end = each.end if upper is None else upper if each.end is None else min(upper, each.end)
        if begin is None or end is None or begin < end:
            found.append(KeyRange(begin, end))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list over a map: its order by one of the map's sort keys (None: by key), and what its entries must be like."""

    map_name: str
    index: str | None
    filter: Filter | None = None

    @property
    def order(self) -> str:
        """What a cursor of the list says of where it is from."""
        return self.index or "key"

    def query(self, window: Window) -> EntryQuery:
        """The window and one entry more, which tells whether the list goes on."""
        return EntryQuery(
            map_name=self.map_name,
            index=self.index,
            ranges=between(EVERYTHING, window),
            descending=window.backward,
            limit=window.size + 1,
            filter=self.filter,
        )

    def count_query(self) -> EntryQuery:
        """How many entries there are on all pages together."""
        return EntryQuery(map_name=self.map_name, index=self.index, limit=0, count=True, filter=self.filter)
