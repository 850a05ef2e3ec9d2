"""Pages: sizes, cursors, and the bounds that they put on a search."""

from typing import Any

import pytest
from graphql import GraphQLError

from hazelgate.resolvers.reading.listings import Listing, after_all
from hazelgate.resolvers.reading.pages import DEFAULT_PAGE, Page, page_info
from hazelgate.schema.connections import cursor_of

LISTING = Listing("some-view", "placedAt")
NEWEST_FIRST = Listing("some-view", "placedAt", descending=True)


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
    assert (query.from_value, query.from_inclusive, query.to_value, query.descending) == ("k", False, None, False)


def test_a_page_backward_is_read_from_its_end() -> None:
    query = LISTING.query(Page.of("placedAt", last=2, before=cursor_of("placedAt", "k")))
    assert (query.to_value, query.to_inclusive, query.from_value, query.descending) == ("k", False, None, True)


def test_behind_a_cursor_is_below_it_where_the_list_descends() -> None:
    query = NEWEST_FIRST.query(Page.of("placedAt", first=2, after=cursor_of("placedAt", "k")))
    assert (query.to_value, query.to_inclusive, query.from_value, query.descending) == ("k", False, None, True)


def test_one_entry_more_is_read_to_see_whether_it_goes_on() -> None:
    assert LISTING.query(Page(7)).limit == 8


def test_a_cursor_never_widens_the_bounds_of_the_list() -> None:
    bounded = Listing("some-view", "customer", from_key="b|", to_key=after_all("b|"))
    query = bounded.query(Page(5, after="a|1", before="c|1"))
    assert (query.from_value, query.to_value) == ("b|", "b}")


def test_all_are_counted_whatever_the_page() -> None:
    query = Listing("some-view", "customer", from_key="b|").count_query()
    assert (query.count, query.limit, query.from_value) == (True, 0, "b|")


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
