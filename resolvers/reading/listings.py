"""
Lists over a view: keyset cursors in both directions, over any of the view's sort keys.

A listing says what to read; `hazelgate.resolvers.reading.connections` reads it.
"""

from dataclasses import dataclass

from hazelgate.client.reading.queries import Condition, EntryQuery
from hazelgate.resolvers.reading.pages import Page


def after_all(prefix: str) -> str:
    """A text that sorts behind everything that starts with the prefix, and is no sort key itself."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list over a view: its order by one of the view's sort keys, its bounds, and what its entries must be like."""

    map_name: str
    index: str | None
    descending: bool = False
    conditions: tuple[Condition, ...] = ()
    from_key: str | None = None
    to_key: str | None = None

    @classmethod
    def starting_with(
        cls, map_name: str, index: str, prefix: str, *, descending: bool = False, conditions: tuple[Condition, ...] = ()
    ) -> "Listing":
        """The entries whose sort key starts with this."""
        return cls(map_name, index, descending, conditions, from_key=prefix, to_key=after_all(prefix))

    @property
    def order(self) -> str:
        return self.index or "key"

    def query(self, page: Page) -> EntryQuery:
        """The page and one entry more, which tells whether it goes on."""
        lower, lower_inclusive = self.from_key, True
        upper, upper_inclusive = self.to_key, True
        start, end = (page.before, page.after) if self.descending else (page.after, page.before)
        if start is not None and (lower is None or start >= lower):
            lower, lower_inclusive = start, False
        if end is not None and (upper is None or end <= upper):
            upper, upper_inclusive = end, False
        return EntryQuery(
            map_name=self.map_name,
            index=self.index,
            from_value=lower,
            from_inclusive=lower_inclusive,
            to_value=upper,
            to_inclusive=upper_inclusive,
            descending=self.descending != page.backward,
            limit=page.size + 1,
            filter=self.conditions,
        )

    def count_query(self) -> EntryQuery:
        """How many entries there are on all pages together."""
        return EntryQuery(
            map_name=self.map_name,
            index=self.index,
            from_value=self.from_key,
            to_value=self.to_key,
            limit=0,
            count=True,
            filter=self.conditions,
        )
