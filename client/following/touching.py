"""
Whether an event touches a page that was read, said without reading the page again.

A page of `n` entries is the first `n` of its ranges that pass its filter. So it is another one after a change only if
the changed entry was on it, or belongs on it now. Entries behind its last one do not matter.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from hazelgate.client.reading.filters import matches
from hazelgate.client.reading.queries import EntryPage, EntryQuery

_LAST_PLAIN = "\ud7ff"
"""Texts of these characters have the same order for the members and here."""


class ReadPage:
    """
    One page that was read.

    Args:
        query: As it was sent, with the bound of what its filter may look at.
        key_name: Where entries have their key; None: entries never change, as those of the log.
        may_grow: Whether it goes on behind the ranges that were asked for, as the log does.
    """

    __slots__ = ("_bound", "_has_plain_ranges", "_is_known", "_key_name", "_keys", "_may_grow", "_query", "_room")

    def __init__(self, query: EntryQuery, key_name: str | None, *, may_grow: bool = False) -> None:
        self._query = query
        self._key_name = key_name
        self._may_grow = may_grow
        self._has_plain_ranges = all(_is_plain(f"{each.start}{each.end}") for each in query.ranges)
        self._is_known = False
        self._keys: frozenset[str] = frozenset()
        self._bound: str | None = None
        """The sort key behind which nothing matters; None: everything does."""
        self._room: int | None = None
        """How many entries more the filter may look at."""

    def answered(self, page: EntryPage) -> None:
        """Remember what is on it."""
        query = self._query
        if page.exceeded:
            return  # there are too many entries, until that changes
        if self._key_name is not None:
            try:
                decode = _keys_decoder(self._key_name)
                self._keys = frozenset(decode(each.entry).key for each in page.entries)
            except msgspec.ValidationError:
                return  # an entry that is there for no reader has no key
        if len(page.entries) >= query.limit and page.entries:
            self._bound = page.entries[-1].index_value
        if query.filter is not None and query.max_scanned is not None:
            self._room = query.max_scanned - page.scanned
        self._is_known = True

    def needs(self, key: str) -> bool | None:
        """Whether a change of the entry touches the page; None where the entry has to be looked at."""
        if not self._is_known or key in self._keys:
            return True
        return None

    def holds(self, key: str, entry: dict[str, Any]) -> bool:
        """Whether an entry that was not on the page belongs there as it is now."""
        query = self._query
        value = key if query.index is None else self._value(entry, query.index)
        if value is None or not self._is_in_ranges(value):
            return False
        if query.filter is None:
            return True
        if self._room is not None:
            self._room -= 1
            if self._room < 0:
                return True
        return matches(query.filter, entry)

    def _value(self, entry: dict[str, Any], index: str) -> str | None:
        found = entry.get(index) if self._key_name is None else entry["_meta"].get("keys", {}).get(index)
        return found if isinstance(found, str) else None

    def _is_in_ranges(self, value: str) -> bool:
        is_plain = _is_plain(value)
        if is_plain and self._bound is not None and _is_plain(self._bound):
            behind = value < self._bound if self._query.descending else value > self._bound
            if behind:
                return False
        if not (is_plain and self._has_plain_ranges):
            return True
        for each in self._query.ranges:
            if (each.start is None or value >= each.start) and (self._may_grow or each.end is None or value < each.end):
                return True
        return False


@cache
def _keys_decoder(name: str) -> Any:
    made = msgspec.defstruct("Keyed", [("key", str)], rename={"key": name})
    return msgspec.json.Decoder(made).decode


def _is_plain(text: str) -> bool:
    return text.isascii() or max(text) <= _LAST_PLAIN
