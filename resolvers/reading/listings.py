"""
Lists over a map in pages: keyset cursors in both directions, over one of the map's sort keys.

A listing says what to read; `hazelgate.resolvers.reading.connections` reads it.
"""

from dataclasses import dataclass

from hazelgate.client.reading.filters import Filter
from hazelgate.client.reading.queries import EVERYTHING, EntryQuery, KeyRange
from hazelgate.resolvers.reading.pages import Page


def between(ranges: tuple[KeyRange, ...], page: Page, *, descending: bool = False) -> tuple[KeyRange, ...]:
    """What of the ranges lies behind the page's one cursor and before its other."""
    lower, upper = (page.before, page.after) if descending else (page.after, page.before)
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

    def query(self, page: Page) -> EntryQuery:
        """The page and one entry more, which tells whether it goes on."""
        return EntryQuery(
            map_name=self.map_name,
            index=self.index,
            ranges=between(EVERYTHING, page),
            descending=page.backward,
            limit=page.size + 1,
            filter=self.filter,
        )

    def count_query(self) -> EntryQuery:
        """How many entries there are on all pages together."""
        return EntryQuery(map_name=self.map_name, index=self.index, limit=0, count=True, filter=self.filter)
