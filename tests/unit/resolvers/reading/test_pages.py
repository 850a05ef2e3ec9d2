"""Pages: sizes, cursors, and the bounds that they put on a search."""

from typing import Any

import pytest
from graphql import GraphQLError

from hazelgate.client.reading.queries import EVERYTHING, KeyRange
from hazelgate.resolvers.reading.listings import Listing, between
from hazelgate.resolvers.reading.pages import DEFAULT_PAGE, Page, page_info
from hazelgate.schema.connections import cursor_of

LISTING = Listing("some-view", "placedAt")


def test_twenty_entries_where_nothing_is_said() -> None:
    assert Page.of("placedAt") == Page(DEFAULT_PAGE)


@pytest.mark.parametrize("arguments", [{"first": 1_001}, {"last": 1_001}, {"first": -1}, {"first": 1, "last": 1}])
def test_a_size_that_will_not_do_is_refused_by_name(arguments: dict[str, Any]) -> None:
    with pytest.raises(GraphQLError) as refused:
        Page.of("placedAt", **arguments)
    assert (refused.value.extensions or {})["field"] in arguments


@pytest.mark.parametrize("cursor", ["x", "!", cursor_of("totalAmount", "k")])
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(GraphQLError, match="after: not a cursor of this list"):
        Page.of("placedAt", after=cursor)


def test_a_page_forward_starts_behind_its_cursor() -> None:
    query = LISTING.query(Page.of("placedAt", first=2, after=cursor_of("placedAt", "k")))
    assert (query.ranges, query.descending) == ((KeyRange("k\0", None),), False)


def test_a_page_backward_is_read_from_its_end() -> None:
    query = LISTING.query(Page.of("placedAt", last=2, before=cursor_of("placedAt", "k")))
    assert (query.ranges, query.descending) == ((KeyRange(None, "k"),), True)


def test_behind_a_cursor_is_below_it_where_the_list_descends() -> None:
    page = Page.of("placedAt", first=2, after=cursor_of("placedAt", "k"))
    assert between(EVERYTHING, page, descending=True) == (KeyRange(None, "k"),)
    page = Page.of("placedAt", last=2, before=cursor_of("placedAt", "k"))
    assert between(EVERYTHING, page, descending=True) == (KeyRange("k\0", None),)


def test_one_entry_more_is_read_to_see_whether_it_goes_on() -> None:
    assert LISTING.query(Page(7)).limit == 8


def test_a_cursor_never_widens_the_bounds_of_the_list() -> None:
    bounded = (KeyRange("b|", "b}"),)
    assert between(bounded, Page(5, after="a|1", before="c|1")) == bounded


def test_ranges_beyond_a_cursor_are_left_out() -> None:
    ranges = (KeyRange(None, "b"), KeyRange("c", "d"), KeyRange("e", None))
    assert between(ranges, Page(5, after="c1")) == (KeyRange("c1\0", "d"), KeyRange("e", None))
    assert between(ranges, Page(5, after="c1"), descending=True) == (KeyRange(None, "b"), KeyRange("c", "c1"))
    assert between(ranges, Page(5, after="b1", before="b2")) == ()


def test_all_are_counted_whatever_the_page() -> None:
    query = LISTING.count_query()
    assert (query.count, query.limit, query.ranges) == (True, 0, EVERYTHING)


@pytest.mark.parametrize(
    ("page", "more", "expected"),
    [
        (Page(2), True, (True, False)),
        (Page(2, after="k"), False, (False, True)),
        (Page(2, backward=True), True, (False, True)),
        (Page(2, backward=True, before="k"), False, (True, False)),
    ],
)
def test_a_page_says_whether_there_is_more_on_either_side(page: Page, more: bool, expected: Any) -> None:
    info = page_info(page, more, ["c1", "c2"])
    assert (info.has_next_page, info.has_previous_page) == expected
    assert (info.start_cursor, info.end_cursor) == ("c1", "c2")
