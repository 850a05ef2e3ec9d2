"""Pages: sizes, cursors, and the bounds that they put on a search."""

from typing import Any

import pytest

from hazelgate.client.reading.queries import EVERYTHING, KeyRange
from hazelgate.client.views.cursors import cursor_of
from hazelgate.client.views.pages import DEFAULT_PAGE, Listing, Window, between
from hazelgate.sourcing.errors import InvalidArgument

LISTING = Listing("some-view", "placedAt")


def test_twenty_entries_where_nothing_is_said() -> None:
    assert Window.of("placedAt") == Window(DEFAULT_PAGE)


@pytest.mark.parametrize("arguments", [{"first": 1_001}, {"last": 1_001}, {"first": -1}, {"first": 1, "last": 1}])
def test_a_size_that_will_not_do_is_refused_by_name(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        Window.of("placedAt", **arguments)
    assert refused.value.field in arguments


@pytest.mark.parametrize("cursor", ["x", "!", cursor_of("totalAmount", "k")])
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidArgument, match="after: not a cursor of this list"):
        Window.of("placedAt", after=cursor)


def test_a_page_forward_starts_behind_its_cursor() -> None:
    query = LISTING.query(Window.of("placedAt", first=2, after=cursor_of("placedAt", "k")))
    assert (query.ranges, query.descending) == ((KeyRange("k\0", None),), False)


def test_a_page_backward_is_read_from_its_end() -> None:
    query = LISTING.query(Window.of("placedAt", last=2, before=cursor_of("placedAt", "k")))
    assert (query.ranges, query.descending) == ((KeyRange(None, "k"),), True)


def test_behind_a_cursor_is_below_it_where_the_list_descends() -> None:
    window = Window.of("placedAt", first=2, after=cursor_of("placedAt", "k"))
    assert between(EVERYTHING, window, descending=True) == (KeyRange(None, "k"),)
    window = Window.of("placedAt", last=2, before=cursor_of("placedAt", "k"))
    assert between(EVERYTHING, window, descending=True) == (KeyRange("k\0", None),)


def test_one_entry_more_is_read_to_see_whether_it_goes_on() -> None:
    assert LISTING.query(Window(7)).limit == 8


def test_a_cursor_never_widens_the_bounds_of_the_list() -> None:
    bounded = (KeyRange("b|", "b}"),)
    assert between(bounded, Window(5, after="a|1", before="c|1")) == bounded


def test_ranges_beyond_a_cursor_are_left_out() -> None:
    ranges = (KeyRange(None, "b"), KeyRange("c", "d"), KeyRange("e", None))
    assert between(ranges, Window(5, after="c1")) == (KeyRange("c1\0", "d"), KeyRange("e", None))
    assert between(ranges, Window(5, after="c1"), descending=True) == (KeyRange(None, "b"), KeyRange("c", "c1"))
    assert between(ranges, Window(5, after="b1", before="b2")) == ()


def test_all_are_counted_whatever_the_page() -> None:
    query = LISTING.count_query()
    assert (query.count, query.limit, query.ranges) == (True, 0, EVERYTHING)
