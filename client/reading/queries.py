"""
Questions over a whole map: a page of entries in the order of one of their sort keys, and figures over all of them.

Every member answers for its own partitions; what they answer is merged here. The JSON is that of QueryEntries and
AggregateEntries in docs/reference/protocol.md.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from hazelgate.client.reading.filters import Filter
from hazelgate.client.reading.values import As, add, plain, read


class KeyRange(msgspec.Struct, frozen=True, array_like=True):
    """Sort keys from `start` on, up to `end` and without it; None is open. Whichever way it is walked."""

    start: str | None = None
    end: str | None = None

    @classmethod
    def behind(cls, key: str) -> KeyRange:
        """All that sorts behind one key."""
        return cls(start=f"{key}\0")


EVERYTHING = (KeyRange(),)


class EntryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """
    At most `limit` entries of a map by the value of an index, those alone that a filter lets through.

    Args:
        index: The index that is walked; None walks the entries by key, which is for small maps.
        ranges: Where it is walked: in ascending order, none overlapping another, whichever direction is read.
        count: Whether to count all that there are in the ranges and pass the filter, whatever the limit.
        filter: What an entry has to be like; None: like anything.
        max_scanned: How many entries each member may look at for the filter; None: any number.
        selection: What of each entry is shown, as `SelectEntries` of docs/reference/protocol.md has it. Whoever answers
            may also give whole entries (`EntryPage.selected`); None: it has to.
    """

    map_name: str = msgspec.field(name="map")
    index: str | None = None
    ranges: tuple[KeyRange, ...] = EVERYTHING
    descending: bool = False
    limit: int = 20
    count: bool = False
    filter: Filter | None = None
    max_scanned: int | None = msgspec.field(name="maxScanned", default=None)
    selection: str | None = None


class PageEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry as raw JSON, or what is selected of it, and the index value that it is sorted by."""

    index_value: str
    entry: msgspec.Raw


class EntryPage(msgspec.Struct, frozen=True):
    """
    Entries in order.

    Args:
        count: How many there are, whatever the limit, when it was asked for.
        scanned: How many entries were looked at.
        exceeded: Whether there were more to look at than allowed: then nothing else of the answer counts.
        partitions: In a member's answer, which partitions it looked at (`are_whole`).
        selected: Whether entries are what was selected of them, `null` where readers find none; else they are whole.
    """

    entries: list[PageEntry]
    count: int | None = None
    scanned: int = 0
    exceeded: bool = False
    partitions: str = ""
    selected: bool = False


_encoder = msgspec.json.Encoder()
_page_decoder = msgspec.json.Decoder(EntryPage)


def encode_query(query: EntryQuery) -> bytes:
    """The query as the engine reads it."""
    return _encoder.encode(query)


def decode_page(answer: bytes) -> EntryPage:
    """One member's answer."""
    return _page_decoder.decode(answer)


def are_whole(answers: Sequence[EntryPage] | Sequence[AggregatePage]) -> bool:
    """
    Whether members' answers have each partition once.

    Members answer at different moments: a partition that moves in between may be in two answers, or in none. Each names
    its own in hexadecimal: a bit for each partition, and a one before them.
    """
    found = everything = 0
    for answer in answers:
        if not answer.partitions:
            return True  # of a member of an earlier release, which names none
        own = int(answer.partitions, 16)
        above = 1 << (own.bit_length() - 1)
        own ^= above
        if found & own:
            return False
        found |= own
        everything = above - 1
    return found == everything


def merge_pages(query: EntryQuery, pages: Sequence[EntryPage]) -> EntryPage:
    """One page out of what each member found in its own partitions."""
    if len(pages) == 1:
        return pages[0]
    merged = heapq.merge(*(page.entries for page in pages), key=_index_value, reverse=query.descending)
    return EntryPage(
        entries=[entry for entry, _ in zip(merged, range(query.limit), strict=False)],
        count=sum(page.count or 0 for page in pages) if query.count else None,
        scanned=sum(page.scanned for page in pages),
        exceeded=any(page.exceeded for page in pages),
        selected=all(page.selected for page in pages),
    )


def _index_value(entry: PageEntry) -> str:
    return entry.index_value


Path = tuple[str, ...]
"""Of a field, in JSON's names."""


class AggregateQuery(msgspec.Struct, frozen=True, kw_only=True):
    """
    Figures over the entries of a map, in groups of those that are alike.

    Args:
        index, ranges, filter, max_scanned: As in `EntryQuery`.
        group_by: The fields by whose values entries are grouped; none: all are one group.
        sums: The fields whose numbers are added up.
        extremes: The fields of which the least and the greatest are found.
        numbers: Of those, which compare as numbers.
        instants: Of those, which compare as moments; the others compare as texts.
        max_groups: How many groups there may be.
    """

    map_name: str = msgspec.field(name="map")
    index: str
    ranges: tuple[KeyRange, ...] = EVERYTHING
    filter: Filter | None = None
    max_scanned: int | None = msgspec.field(name="maxScanned", default=None)
    group_by: tuple[Path, ...] = msgspec.field(name="groupBy", default=())
    sums: tuple[Path, ...] = ()
    extremes: tuple[Path, ...] = ()
    numbers: tuple[Path, ...] = ()
    instants: tuple[Path, ...] = ()
    max_groups: int = msgspec.field(name="maxGroups", default=1_000)

    def compares(self, extreme: Path) -> As:
        """How the values of a field compare of which the least and the greatest are found."""
        return "number" if extreme in self.numbers else "instant" if extreme in self.instants else "text"


class Group(msgspec.Struct, frozen=True, array_like=True):
    """
    Entries that are alike in what they are grouped by.

    Args:
        values: What they have there, as JSON has it: texts, booleans, null.
        sums: Exact decimal numbers, as text.
        minima, maxima: As the entries have them: numbers as text; null where no entry has one.
    """

    values: tuple[Any, ...]
    count: int
    sums: tuple[str, ...]
    minima: tuple[str | None, ...]
    maxima: tuple[str | None, ...]


class AggregatePage(msgspec.Struct, frozen=True):
    """The groups, in no order; the rest is as in `EntryPage`, groups beyond the bound exceed, too."""

    groups: list[Group]
    scanned: int = 0
    exceeded: bool = False
    partitions: str = ""


_aggregate_decoder = msgspec.json.Decoder(AggregatePage)


def encode_aggregate(query: AggregateQuery) -> bytes:
    """The query as the engine reads it."""
    return _encoder.encode(query)


def decode_aggregate(answer: bytes) -> AggregatePage:
    """One member's answer."""
    return _aggregate_decoder.decode(answer)


def merge_aggregates(query: AggregateQuery, pages: Sequence[AggregatePage]) -> AggregatePage:
    """The groups of all members, those that are alike together, in the order of their values."""
    found: dict[str, Group] = {}
    compared = [query.compares(path) for path in query.extremes]
    for group in (group for page in pages for group in page.groups):
        name = _encoder.encode(group.values).decode()
        found[name] = group if name not in found else _together(found[name], group, compared)
    return AggregatePage(
        groups=sorted(found.values(), key=lambda group: tuple(_rank(value) for value in group.values)),
        scanned=sum(page.scanned for page in pages),
        exceeded=any(page.exceeded for page in pages) or len(found) > query.max_groups,
    )


def _together(one: Group, other: Group, compared: Sequence[As]) -> Group:
    return Group(
        one.values,
        one.count + other.count,
        tuple(plain(add(_sum(left), _sum(right))) for left, right in zip(one.sums, other.sums, strict=True)),
        tuple(_extremes(min, one.minima, other.minima, compared)),
        tuple(_extremes(max, one.maxima, other.maxima, compared)),
    )


def _sum(text: str) -> Decimal:
    """Of many numbers: it may have more digits than one of them."""
    return Decimal(text)


def _extremes(
    choose: Any, one: Iterable[str | None], other: Iterable[str | None], compared: Iterable[As]
) -> Iterable[str | None]:
    for left, right, compare_as in zip(one, other, compared, strict=True):
        present = [each for each in (left, right) if each is not None]
        yield choose(present, key=partial(read, compare_as)) if present else None


def _rank(value: Any) -> tuple[bool, str]:
    return (value is not None, value if isinstance(value, str) else msgspec.json.encode(value).decode())
