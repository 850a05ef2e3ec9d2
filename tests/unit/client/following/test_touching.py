"""Which changes touch a page that was read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hazelgate.client.following.touching import ReadPage
from hazelgate.client.reading.filters import condition
from hazelgate.client.reading.queries import EntryPage, EntryQuery, KeyRange, PageEntry


def entry(key: str, name: str | None = None, **more: Any) -> dict[str, Any]:
    """An entry whose place is its name, or its key."""
    return {"_meta": {"keys": {"name": name or key}}, "id": key, **more}


def page(*keys: str, limit: int = 3, scanned: int = 0, exceeded: bool = False, **query: Any) -> ReadPage:
    """A page with these entries."""
    asked = EntryQuery(map_name="v", index="name", limit=limit, **query)
    found = ReadPage(asked, "id")
    entries = [PageEntry(key, msgspec.Raw(msgspec.json.encode(entry(key)))) for key in keys]
    found.answered(EntryPage(entries, None, scanned, exceeded))
    return found


def touches(read: ReadPage, changed: dict[str, Any]) -> bool:
    needed = read.needs(changed["id"])
    return read.holds(changed["id"], changed) if needed is None else needed


def test_a_page_that_was_not_answered_is_touched_by_everything() -> None:
    assert touches(ReadPage(EntryQuery(map_name="v", index="name", ranges=(KeyRange("x"),)), "id"), entry("a"))


def test_an_entry_that_was_on_it_touches_it_wherever_it_is_now() -> None:
    assert touches(page("a", "b", "c"), entry("b", "z"))


@pytest.mark.parametrize(("keys", "changed", "expected"), [
    ("bdf", "c", True), ("bdf", "a", True), ("bdf", "g", False), ("bd", "g", True), ("", "g", True),
])  # fmt: skip
def test_a_full_page_is_not_touched_by_what_comes_behind_it(keys: str, changed: str, expected: bool) -> None:
    assert touches(page(*keys), entry(changed)) is expected


@pytest.mark.parametrize(("keys", "changed", "expected"), [("fdb", "a", False), ("fdb", "g", True), ("fd", "a", True)])
def test_that_holds_in_either_direction(keys: str, changed: str, expected: bool) -> None:
    assert touches(page(*keys, descending=True), entry(changed)) is expected


def test_what_lies_in_none_of_its_ranges_does_not_touch_it() -> None:
    read = page("b", ranges=(KeyRange("b", "d"), KeyRange("x")))
    assert [touches(read, entry(key)) for key in "acdy"] == [False, True, False, True]


def test_what_its_filter_does_not_let_through_does_not_touch_it() -> None:
    read = page("b", filter=condition(["kind"], "eq", "new"))
    assert not touches(read, entry("c", kind="old"))
    assert touches(read, entry("c", kind="new"))


def test_entries_that_have_no_place_in_the_index_do_not_touch_it() -> None:
    assert not touches(page("b"), {"_meta": {}, "id": "c"})


def test_it_is_touched_when_its_filter_may_have_too_much_to_look_at() -> None:
    """Then the page is an error: each entry that does not match costs a look, too."""
    read = page("b", filter=condition(["kind"], "eq", "new"), max_scanned=5, scanned=3)
    assert [touches(read, entry(key, kind="old")) for key in "cde"] == [False, False, True]


def test_an_error_of_that_kind_is_touched_by_everything() -> None:
    read = page(filter=condition(["kind"], "eq", "new"), max_scanned=5, scanned=6, exceeded=True)
    assert touches(read, entry("c", kind="old"))


def test_an_entry_that_has_no_key_makes_the_page_touched_by_everything() -> None:
    read = ReadPage(EntryQuery(map_name="v", index="name", limit=3, ranges=(KeyRange("a", "b"),)), "id")
    read.answered(EntryPage([PageEntry("a", msgspec.Raw(b'{"_meta":{"absent":true}}'))]))
    assert touches(read, entry("z"))


@pytest.mark.parametrize("changed", ["\U0001f600", "\uffee"])
def test_where_the_members_may_sort_otherwise_it_is_touched(changed: str) -> None:
    """They sort by bytes or by halves of characters."""
    assert touches(page("a", "b", "c"), entry(changed))
    assert touches(page("a", ranges=(KeyRange("a", "b"),)), entry(changed))


def test_a_page_of_the_log_goes_on_behind_what_was_settled() -> None:
    read = ReadPage(
        EntryQuery(map_name="event-store", index="cursor", ranges=(KeyRange("2", "5"),)), None, may_grow=True
    )
    read.answered(EntryPage([]))
    assert read.needs("7") is None
    assert read.holds("7", {"cursor": "7"})
    assert not read.holds("1", {"cursor": "1"})
