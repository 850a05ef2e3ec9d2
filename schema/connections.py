"""
Lists in pages: keyset cursors in both directions over any view's sort keys.

A cursor holds the sort key of its entry, not a position: entries that come or go elsewhere don't shift a page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import strawberry
from graphql import GraphQLError

from hazelgate.client.reading.queries import Condition, EntryQuery
from hazelgate.schema.context import Info
from hazelgate.schema.nodes import PageInfo, decode_opaque, encode_opaque

T = TypeVar("T")

MAX_PAGE = 1_000
DEFAULT_PAGE = 20


def bad_input(field: str, message: str) -> GraphQLError:
    """An error that names the argument."""
    return GraphQLError(f"{field}: {message}", extensions={"code": "BAD_USER_INPUT", "field": field})


@dataclass(frozen=True, slots=True)
class Page:
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
    ) -> "Page":
        """
        The page that Relay's arguments name. `order` is the list's order: cursors of another one are refused.

        Raises:
            GraphQLError: A size out of range, both directions at once, or a cursor that isn't of this list.
        """
        # An argument that was left out is UNSET, which is false as None is; only the sizes may be zero.
        sizes = {name: size for name, size in (("first", first), ("last", last)) if isinstance(size, int)}
        if len(sizes) == 2:
            raise bad_input("last", "give either first or last, not both")
        for name, size in sizes.items():
            if not 0 <= size <= MAX_PAGE:
                raise bad_input(name, f"from 0 to {MAX_PAGE:,}")
        return cls(
            size=next(iter(sizes.values()), DEFAULT_PAGE),
            backward="last" in sizes,
            after=_cursor_key("after", order, after) if after else None,
            before=_cursor_key("before", order, before) if before else None,
        )


def _cursor_key(argument: str, order: str, cursor: str) -> str:
    of_order, found, key = (decode_opaque(cursor) or "").partition("/")
    if not found or of_order != order:
        raise bad_input(argument, "not a cursor of this list in this order: take it from an edge of the same query")
    return key


def cursor_of(order: str, key: str) -> str:
    """The cursor of the entry with this sort key, in a list of this order."""
    return encode_opaque(f"{order}/{key}")


@strawberry.type
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type
class Connection(Generic[T]):
    edges: list[Edge[T]]
    page_info: PageInfo
    counted: strawberry.Private[EntryQuery]

    @strawberry.field(description="How many there are in all; counted when it is asked for.")
    async def total_count(self, info: Info) -> int:
        counted = await info.context.reads.query(self.counted)
        return counted.count or 0


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


def page_info(page: Page, more: bool, cursors: list[str]) -> PageInfo:
    """What lies beyond the page: read in the page's direction, and as far as its cursor tells in the other."""
    return PageInfo(
        has_next_page=page.before is not None if page.backward else more,
        has_previous_page=more if page.backward else page.after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )


async def read_connection(info: Info, listing: Listing, page: Page, node: Callable[[bytes], T | None]) -> Connection[T]:
    """The page of the listing, each entry turned into a node."""
    answer = await info.context.reads.query(listing.query(page))
    entries, more = answer.entries[: page.size], len(answer.entries) > page.size
    if page.backward:
        entries = entries[::-1]
    # An entry that is not there for readers (its first event is a dead letter) leaves its place on the page empty.
    edges = [
        Edge(cursor=cursor_of(listing.order, entry.index_value), node=made)
        for entry in entries
        if (made := node(bytes(entry.entry))) is not None
    ]
    return Connection(
        edges=edges,
        page_info=page_info(page, more, [edge.cursor for edge in edges]),
        counted=listing.count_query(),
    )
