"""
Questions over a whole map: a page of entries in the order of one of their sort keys.

Every member answers for its own partitions; `merge_pages` makes one page of the answers. The JSON is that of
QueryEntries in docs/reference/protocol.md.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

Operator = Literal["eq", "in", "ge", "le", "lt", "gt", "contains"]
Comparison = Literal["string", "decimal", "text"]


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    A condition on a field of an entry; `path` is dotted, `compare_as` says how values compare.

    `decimal` compares as numbers, `text` ignores case, `in` takes a list as its value.
    """

    path: str
    op: Operator
    value: Any
    compare_as: Comparison | None = msgspec.field(name="as", default=None)


class EntryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """
    At most `limit` entries of a map, by the value of `index` (None: by key) within the bounds, with all conditions met.

    The bounds are meant in ascending sense, whichever direction is read: `from_value` ≤ value ≤ `to_value`.
    """

    map_name: str = msgspec.field(name="map")
    index: str | None = None
    from_value: str | None = msgspec.field(name="from", default=None)
    from_inclusive: bool = msgspec.field(name="fromInclusive", default=True)
    to_value: str | None = msgspec.field(name="to", default=None)
    to_inclusive: bool = msgspec.field(name="toInclusive", default=True)
    descending: bool = False
    limit: int = 20
    count: bool = False
    filter: tuple[Condition, ...] = ()


class PageEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry as raw JSON, and the index value that it is sorted by."""

    index_value: str
    entry: msgspec.Raw


class EntryPage(msgspec.Struct, frozen=True):
    """
    Entries in order; `count` is how many there are, whatever the limit, when it was asked for.

    Without bounds and conditions the count is the size of the map, which is known without looking. That includes the
    odd entry that is in no index: one that was blocked before its first event could be applied.
    """

    entries: list[PageEntry]
    count: int | None = None


_encoder = msgspec.json.Encoder()
_page_decoder = msgspec.json.Decoder(EntryPage)


def encode_query(query: EntryQuery) -> bytes:
    """The query as the engine reads it."""
    return _encoder.encode(query)


def decode_page(answer: bytes) -> EntryPage:
    """One member's answer."""
    return _page_decoder.decode(answer)


def merge_pages(query: EntryQuery, pages: Sequence[EntryPage]) -> EntryPage:
    """One page out of what each member found in its own partitions."""
    if len(pages) == 1:
        return pages[0]
    merged = heapq.merge(*(page.entries for page in pages), key=_index_value, reverse=query.descending)
    entries = [entry for entry, _ in zip(merged, range(query.limit), strict=False)]
    return EntryPage(entries, sum(page.count or 0 for page in pages) if query.count else None)


def _index_value(entry: PageEntry) -> str:
    return entry.index_value
