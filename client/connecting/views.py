"""Reads of one view, in the objects of its class."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from hazelgate.client.connecting.streams import Change, StoredEvent, Stream
from hazelgate.client.following.changes import EntryChange, ViewFollower
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Gap
from hazelgate.client.following.since import changes_since
from hazelgate.client.reads import ClusterReads
from hazelgate.client.views import past
from hazelgate.client.views.cursors import cursor_of
from hazelgate.client.views.entries import Entry, require_key
from hazelgate.client.views.filtering import filter_of
from hazelgate.client.views.frontiers import Frontier
from hazelgate.client.views.lists import EntryList, count_list, read_list
from hazelgate.client.views.names import PYTHON
from hazelgate.client.views.pages import MAX_PAGE, Window
from hazelgate.projector.past import Lineage
from hazelgate.sourcing import clock
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import View
from hazelgate.sourcing.errors import InvalidArgument
from hazelgate.sourcing.model.views import ViewSpec

T = TypeVar("T")
V = TypeVar("V", bound=View)
Given = Mapping[str, Any]
"""A filter: by fields and operators, with Python's names."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """
    A part of a list. It is iterable, and has a length.

    Args:
        items: What is on the page, in the list's order.
        cursors: Where each item stands in the list, for `after` and `before`.
        has_next: Whether the list goes on behind the page.
        has_previous: Whether there is more before it.
        total: How many there are on all pages together; None where nobody asked.
    """

    items: tuple[T, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool
    total: int | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def start_cursor(self) -> str | None:
        """The cursor of the first item; None where there is none."""
        return self.cursors[0] if self.cursors else None

    @property
    def end_cursor(self) -> str | None:
        """The cursor of the last item, for `after` of the next page; None where there is none."""
        return self.cursors[-1] if self.cursors else None


class ViewReads(Generic[V]):
    """
    One view: `hg.view(EnrichedOrder)` makes it.

    A filter is the API's in Python's names. All that is given has to hold:

        {"customer": {"name": {"starts_with": "A"}}, "placed_at": {"gte": datetime(2026, 1, 1, tzinfo=UTC)}}
        {"or": [{"status": {"eq": OrderStatus.PENDING}}, {"items": {"some": {"quantity": {"gt": 10}}}}]}

    Operators are eq, ne, in, gt, gte, lt, lte, starts_with, contains, eq_ignore_case, starts_with_ignore_case,
    contains_ignore_case and is_null; some, every and none for the items of a list; and, or, not.

    Each read raises `InvalidArgument` for an argument that will not do, and names its field. It raises
    `PipelineUnavailable` while the cluster is away.
    """

    def __init__(
        self, catalog: Catalog, spec: ViewSpec, reads: ClusterReads, start_feed: Callable[[], Awaitable[Feed]]
    ) -> None:
        self._catalog = catalog
        self._view = spec
        self._reads = reads
        self._start_feed = start_feed
        self._lineage = Lineage(catalog, spec.name)

    @property
    def name(self) -> str:
        """The name of the view, which is that of its map."""
        return self._view.name

    async def get(self, key: str) -> V | None:
        """The entry of a key; None where there is none."""
        [entry] = await self.get_many([key])
        return entry

    async def get_many(self, keys: Sequence[str]) -> list[V | None]:
        """The entries in the order of the keys, None where there is none. A thousand are read at once."""
        for key in keys:
            require_key(key, "key")
        found: list[V | None] = []
        for start in range(0, len(keys), MAX_PAGE):
            raw = await self._reads.load_many(self.name, keys[start : start + MAX_PAGE])
            found += [self._value(Entry.of(self._view, each)) for each in raw]
        return found

    async def query(
        self,
        filter: Given | None = None,
        sort: str | None = None,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        total: bool = False,
    ) -> Page[V]:
        """
        A page of entries.

        Args:
            filter: What entries have to be like; all, where it is left out.
            sort: A field that an index is declared for: `"placed_at"`, or `"-placed_at"` for the greatest first. Left
                out, the order is the view's own.
            first: So many from the beginning, or behind `after`; 20 where nothing is said, at most 1,000.
            after: The cursor of an entry.
            last: So many from the end, or before `before`.
            before: The cursor of an entry.
            total: Whether to count all entries that pass the filter, too.
        """
        entries = self._list(filter, sort)
        window = _window(entries.order, first, after, last, before)
        page = await read_list(self._reads, entries, window)
        has_next, has_previous = window.beyond(page.more)
        return Page(
            items=tuple(cast(V, each.entry.value) for each in page.placed),
            cursors=tuple(each.cursor for each in page.placed),
            has_next=has_next,
            has_previous=has_previous,
            total=await count_list(self._reads, entries) if total else None,
        )

    async def each(
        self, filter: Given | None = None, sort: str | None = None, *, page_size: int = MAX_PAGE
    ) -> AsyncGenerator[V, None]:
        """
        All entries that pass a filter, read page by page.

        An entry that changes its place meanwhile may come twice, or not at all.
        """
        after: str | None = None
        while True:
            page = await self.query(filter, sort, first=page_size, after=after)
            for entry in page:
                yield entry
            if not page.has_next or page.end_cursor is None:
                return
            after = page.end_cursor

    async def count(self, filter: Given | None = None) -> int:
        """How many entries pass a filter; all, where it is left out."""
        return await count_list(self._reads, self._list(filter, None))

    def changes(
        self, key: str | None = None, filter: Given | None = None, after: str | None = None
    ) -> Stream[Change[V]]:
        """
        Each change of an entry from now on, with the event that caused it.

        Args:
            key: Of one entry alone.
            filter: Only of entries that are like this. One that is like this no more has LEFT.
            after: Every entry that has changed since this cursor first, once.

        Raises:
            InvalidArgument: `after` is no cursor.
        """
        chosen = None if key is None else require_key(key, "key")
        follower = ViewFollower(self._view, self._lineage, chosen, filter_of(self._view, filter, names=PYTHON))

        def shown(each: EntryChange, frontier: Frontier | None) -> Change[V]:
            caused_by = StoredEvent(self._catalog, each.record, frontier)
            return Change(each.kind, each.key, self._value(each.entry), caused_by)

        async def make(happening: Happening) -> list[Change[V]]:
            found = await follower.changes(happening)
            return [shown(*each) for each in zip(found, happening.frontiers(len(found)), strict=True)]

        if after is None:
            return Stream(self._start_feed, follower.wanted, make)
        place = Frontier.parse("after", after)

        async def since(feed: Feed) -> AsyncGenerator[Change[V] | Gap, None]:
            async with aclosing(changes_since(feed, follower, place)) as told:
                async for each in told:
                    yield each if isinstance(each, Gap) else shown(each.change, each.frontier)

        return Stream(self._start_feed, follower.wanted, make, since)

    async def as_of(self, key: str, instant: datetime | str) -> V | None:
        """
        The entry as it was at an instant, folded from the stored events; None where there was none.

        Args:
            instant: With a time zone, or an `Instant`.
        """
        require_key(key, "key")
        try:
            until = clock.instant(clock.moment(instant) if isinstance(instant, str) else instant)
        except (ValueError, OverflowError) as error:
            raise InvalidArgument.of("instant", str(error)) from None
        return self._value(await past.as_it_was(self._reads, self._catalog, self._view, key, until))

    async def history(
        self,
        key: str,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Page[StoredEvent]:
        """The events that formed an entry, oldest first, in pages as `query` has them. Also of one that is removed."""
        order = past.history_order(self._view, require_key(key, "key"))
        window = _window(order, first, after, last, before)
        records, more = past.within(window, await past.history(self._reads, self._catalog, self._view, key))
        has_next, has_previous = window.beyond(more)
        return Page(
            items=tuple(StoredEvent(self._catalog, record) for record in records),
            cursors=tuple(cursor_of(order, record.cursor) for record in records),
            has_next=has_next,
            has_previous=has_previous,
        )

    def _value(self, entry: Entry | None) -> V | None:
        return None if entry is None else cast(V, entry.value)

    def _list(self, given: Given | None, sort: str | None) -> EntryList:
        return EntryList.of(self._view, filter_of(self._view, given, names=PYTHON), self._order(sort), PYTHON)

    def _order(self, sort: str | None) -> tuple[str, bool] | None:
        if sort is None:
            return None
        sorts = {PYTHON.sort(self._view, index): index.name for index in self._view.indexes.values() if index.is_sort}
        found = sorts.get(sort.removeprefix("-"))
        if found is None:
            there = ", ".join(sorts)
            raise InvalidArgument.of("sort", f"no index is over {sort.removeprefix('-')!r} alone; there are {there}")
        return found, sort.startswith("-")


def _window(order: str, first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
    sizes: dict[str, object] = {"first": first, "last": last}
    for name, size in sizes.items():
        if size is not None and (not isinstance(size, int) or isinstance(size, bool)):
            raise InvalidArgument.of(name, f"{size!r} is no whole number")
    return Window.of(order, first, after, last, before)
