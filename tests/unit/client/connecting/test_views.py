"""Reads of a view, in the objects of its class."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

import hazelgate
from hazelgate import Catalog, Hazelgate, InvalidArgument, Page, ViewReads
from hazelgate.sourcing import clock
from hazelgate.testing.memory import MemoryCluster
from tests.domains.bookings.bookings import BookingCancelled, BookingMade, MemberJoined, MemberStatistics, RoomOpened
from tests.unit.client.connecting.conftest import MOST_SCANNED, book
from tests.unit.resolvers.derived.shelf import Author, Book, BookPut, BookSeen, BookTaken, Grade, Kind, Part

EMMA = BookPut(
    book_id="b0",
    title="Emma",
    author="jane",
    pages=400,
    sold=5_000_000_000,
    price=Decimal("9.50"),
    grade=Grade.HIGH,
    weight=1.5,
    bought_on=date(2024, 2, 29),
    put_at=datetime(2024, 2, 29, 10, tzinfo=UTC),
    tags=("old", "Bath"),
    parts=(Part(title="One", pages=300), Part(title="Two", pages=100)),
    lent=True,
)
ATLAS = BookPut(book_id="b1", title="Atlas", author="gerard", pages=12, price=Decimal(10), kind=Kind.ATLAS)
STREET = BookPut(book_id="b2", title="Straße", author="heinrich", pages=3, more={"any": [1]})

FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"book_id": {"in": {"b2", "b0"}}}, ["b0", "b2"]),
    ({"title": {"starts_with": "A"}}, ["b1"]),
    ({"title": {"eq_ignore_case": "STRASSE"}}, ["b2"]),
    ({"title": {"contains_ignore_case": "M"}}, ["b0"]),
    ({"kind": {"eq": Kind.ATLAS}}, ["b1"]),
    ({"kind": {"in": ["a novel"]}}, ["b0", "b2"]),
    ({"grade": {"ne": Grade.LOW}}, ["b0"]),
    ({"price": {"lt": Decimal(10)}}, ["b0"]),
    ({"price": {"gte": 10}}, ["b1"]),
    ({"price": {"eq": "9.5"}}, ["b0"]),
    ({"price": {"is_null": True}}, ["b2"]),
    ({"sold": {"gt": 4_999_999_999}}, ["b0"]),
    ({"weight": {"gt": 1}}, ["b0"]),
    ({"lent": {"eq": False}}, ["b1", "b2"]),
    ({"bought_on": {"lte": date(2024, 2, 29)}}, ["b0"]),
    ({"bought_on": {"eq": "2024-02-29"}}, ["b0"]),
    ({"put_at": {"eq": datetime.fromisoformat("2024-02-29T11:00:00+01:00")}}, ["b0"]),
    ({"put_at": {"eq": "2024-02-29T11:00:00+01:00"}}, ["b0"]),
    ({"put_up_at": {"gt": datetime(2020, 1, 1, tzinfo=UTC)}}, ["b0", "b1", "b2"]),
    ({"tags": {"some": {"eq": "Bath"}}}, ["b0"]),
    ({"parts": {"every": {"pages": {"lt": 200}}}}, ["b1", "b2"]),
    ({"cost": {"eq": 1}}, []),
    ({"not": {"or": [{"pages": {"eq": 3}}, {"title": {"eq": "Emma"}}]}}, ["b1"]),
]


@pytest.fixture
async def books(hg: Hazelgate) -> ViewReads[Book]:
    for each in (EMMA, ATLAS, STREET):
        await hg.handle_event(each)
    return hg.view(Book)


def ids(found: Page[Book]) -> list[str]:
    return [each.book_id for each in found]


async def test_one_entry_and_several_by_their_keys(books: ViewReads[Book]) -> None:
    found: Book | None = await books.get("b0")
    assert found is not None
    assert (found.price, found.kind, found.parts) == (EMMA.price, EMMA.kind, EMMA.parts)
    several = await books.get_many(["b2", "nothing", "b0", "b2"])
    assert [each and each.book_id for each in several] == ["b2", None, "b0", "b2"]
    assert await books.get_many([]) == []


async def test_more_than_a_thousand_are_read_in_parts(books: ViewReads[Book]) -> None:
    found = await books.get_many([*(f"n{number}" for number in range(2_000)), "b1"])
    assert [each.book_id for each in found if each is not None] == ["b1"]
    assert len(found) == 2_001


async def test_an_entry_that_is_removed_is_none(hg: Hazelgate, books: ViewReads[Book]) -> None:
    await hg.handle_event(BookTaken(book_id="b0"))
    assert await books.get("b0") is None
    assert ids(await books.query()) == ["b1", "b2"]
    assert await books.count() == 2


@pytest.mark.parametrize(("given", "expected"), FILTERS)
async def test_filters_take_values_as_python_has_them(
    books: ViewReads[Book], given: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(ids(await books.query(given))) == expected
    assert await books.count(given) == len(expected)


REFUSED: list[tuple[Any, str, str]] = [
    ({}, "filter", "no operator"),
    ([], "filter", "takes operators and their values"),
    ({"title": "Emma"}, "filter.title", "as {'eq': 'Emma'}"),
    ({"title": None}, "filter.title", "is null; leave it out, or ask with is_null"),
    ({"name": {"eq": 1}}, "filter.name", "Book has no such field; it has book_id, title, author"),
    ({"bookId": {"eq": "b0"}}, "filter.bookId", "no such field"),
    ({"title": {"startsWith": "E"}}, "filter.title.startsWith", "String has no operator 'startsWith'; it has eq, ne"),
    ({"lent": {"gt": True}}, "filter.lent.gt", "Boolean has no operator 'gt'; it has eq, is_null"),
    ({"kind": {"starts_with": "a"}}, "filter.kind.starts_with", "Kind has no operator"),
    ({"tags": {"eq": "old"}}, "filter.tags.eq", "a list has no operator 'eq'; it has some, every, none"),
    ({"parts": {"some": {"size": {"eq": 1}}}}, "filter.parts.some.size", "Part has no such field"),
    ({"more": {"eq": 1}}, "filter.more", "holds JSON"),
    ({"and": {"pages": {"eq": 1}}}, "filter.and", "takes a list"),
    ({"or": []}, "filter.or", "is empty"),
    ({"or": [{"pages": {"eq": 1}}, "x"]}, "filter.or.1", "takes operators"),
    ({"title": {"in": "Emma"}}, "filter.title.in", "takes a list of values"),
    ({"title": {"eq": 3}}, "filter.title.eq", "3 is not a text"),
    ({"pages": {"eq": "3"}}, "filter.pages.eq", "'3' is not a whole number"),
    ({"pages": {"eq": True}}, "filter.pages.eq", "not a whole number"),
    ({"weight": {"gt": float("nan")}}, "filter.weight.gt", "not a number"),
    ({"price": {"eq": 9.5}}, "filter.price.eq", "not an exact number"),
    ({"price": {"eq": Decimal("NaN")}}, "filter.price.eq", "not an exact number"),
    ({"price": {"eq": "dear"}}, "filter.price.eq", "not an exact number"),
    ({"put_at": {"gt": datetime(2024, 1, 1)}}, "filter.put_at.gt", "not an instant"),
    ({"put_at": {"gt": "yesterday"}}, "filter.put_at.gt", "not an instant"),
    ({"bought_on": {"gt": datetime(2024, 1, 1, tzinfo=UTC)}}, "filter.bought_on.gt", "not a day"),
    ({"kind": {"eq": "NOVEL"}}, "filter.kind.eq", "'NOVEL' is no Kind; there are Kind.NOVEL, Kind.ATLAS"),
    ({"kind": {"eq": Grade.LOW}}, "filter.kind.eq", "is no Kind"),
    ({"price": {"is_null": "yes"}}, "filter.price.is_null", "not True or False"),
    ({"book_id": {"in": ["b"] * 1_001}}, "filter.book_id.in", "at most 1,000 values, these are 1,001"),
]


@pytest.mark.parametrize(("given", "field", "message"), REFUSED)
async def test_a_filter_that_is_none_is_refused_by_its_field(
    hg: Hazelgate, given: Any, field: str, message: str
) -> None:
    books = hg.view(Book)
    for ask in (lambda: books.query(given), lambda: books.count(given)):
        with pytest.raises(InvalidArgument) as refused:
            await ask()
        assert (refused.value.field, refused.value.code) == (field, "BAD_USER_INPUT")
        assert message in refused.value.message
    with pytest.raises(InvalidArgument):
        books.changes(filter=given)


async def test_pages_go_on_behind_a_cursor_and_back_before_it(books: ViewReads[Book]) -> None:
    page = await books.query(sort="title", first=2, total=True)
    assert (ids(page), page.has_next, page.has_previous, page.total) == (["b1", "b0"], True, False, 3)
    following = await books.query(sort="title", first=2, after=page.end_cursor)
    assert (ids(following), following.has_next, following.has_previous, following.total) == (["b2"], False, True, None)
    back = await books.query(sort="title", last=1, before=following.start_cursor)
    assert (ids(back), back.has_next, back.has_previous) == (["b0"], True, True)
    assert len(await books.query(first=0)) == 0


async def test_a_sort_is_a_field_and_descends_with_a_minus(books: ViewReads[Book]) -> None:
    assert ids(await books.query(sort="pages")) == ["b2", "b1", "b0"]
    assert ids(await books.query(sort="-pages")) == ["b0", "b1", "b2"]
    assert ids(await books.query(sort="-book_id")) == ["b2", "b1", "b0"]


PAGES: list[tuple[dict[str, Any], str, str]] = [
    ({"sort": "weight"}, "sort", "no index is over 'weight' alone; there are "),
    ({"sort": "bookId"}, "sort", "no index is over 'bookId' alone"),
    ({"first": 1_001}, "first", "from 0 to 1,000"),
    ({"first": 1, "last": 1}, "last", "not both"),
    ({"first": "2"}, "first", "no whole number"),
    ({"after": "nonsense"}, "after", "not a cursor of this list"),
]


@pytest.mark.parametrize(("given", "field", "message"), PAGES)
async def test_a_page_that_is_none_is_refused_by_its_argument(
    hg: Hazelgate, given: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(InvalidArgument, match=message) as refused:
        await hg.view(Book).query(**given)
    assert refused.value.field == field


async def test_a_cursor_of_another_sort_is_refused(books: ViewReads[Book]) -> None:
    page = await books.query(sort="title", first=1)
    with pytest.raises(InvalidArgument, match="not a cursor of this list in this order"):
        await books.query(sort="pages", after=page.end_cursor)


async def test_each_goes_through_all_pages(books: ViewReads[Book]) -> None:
    assert [each.book_id async for each in books.each(sort="-title", page_size=1)] == ["b2", "b0", "b1"]
    assert [each.book_id async for each in books.each({"pages": {"lt": 100}}, "title")] == ["b1", "b2"]


async def test_too_many_entries_to_look_at_are_refused_with_the_help_that_there_is(hg: Hazelgate) -> None:
    await hg.handle_events([book(f"b{number}", f"T{number}") for number in range(MOST_SCANNED + 1)])
    books = hg.view(Book)
    with pytest.raises(InvalidArgument, match=r"more than 50 entries .*; declare an index that begins with 'put_at'"):
        await books.query({"put_at": {"gt": datetime(2024, 1, 1, tzinfo=UTC)}})
    with pytest.raises(InvalidArgument, match="sort by pages, or narrow") as refused:
        await books.query({"pages": {"gt": 9}}, sort="title")
    assert refused.value.field == "filter.pages"


@pytest.mark.parametrize("key", ["", "a b", "x" * 129])
async def test_what_can_be_no_key_is_refused(hg: Hazelgate, key: str) -> None:
    books = hg.view(Book)
    for ask in (books.get(key), books.history(key), books.as_of(key, clock.now())):
        with pytest.raises(InvalidArgument, match="key: not an id"):
            await ask
    with pytest.raises(InvalidArgument, match="key: not an id"):
        books.changes(key)


async def test_an_entry_is_shown_as_it_was(hg: Hazelgate) -> None:
    authors = hg.view(Author)
    await hg.handle_event(book("b1", "Emma"))
    then = datetime.now(UTC)
    await hg.handle_event(book("b2", "Persuasion"))
    now = await authors.get("jane")
    assert now is not None
    assert now.titles == ("Emma b1", "Persuasion b2")
    for instant in (then, clock.instant(then)):
        was: Author | None = await authors.as_of("jane", instant)
        assert was is not None
        assert was.titles == ("Emma b1",)
    assert await authors.as_of("jane", datetime(2020, 1, 1, tzinfo=UTC)) is None


async def test_the_past_has_the_events_of_what_is_removed_and_of_the_entry_s_own_aggregate() -> None:
    """A member's statistics are fed by bookings, as the view of bookings has them, and by the member."""
    catalog = Catalog.load("tests.domains.bookings.bookings")
    nine = datetime(2090, 1, 5, 9, tzinfo=UTC)
    async with hazelgate.connect(catalog=catalog, cluster=MemoryCluster.of(catalog)) as hg:
        await hg.handle_event(RoomOpened(room_id="green", name="Green", seats=4))
        for member in ("ada", "bob"):
            await hg.handle_event(MemberJoined(member_id=member, name=member))
        for hour, (booking, member) in enumerate([("b1", "ada"), ("b2", "bob"), ("b3", "ada")]):
            starts_at = nine + timedelta(hours=hour)
            ends_at = starts_at + timedelta(hours=1)
            await hg.handle_event(
                BookingMade(booking_id=booking, room_id="green", member_id=member, starts_at=starts_at, ends_at=ends_at)
            )
        statistics = hg.view(MemberStatistics)
        before, then = await statistics.get("ada"), datetime.now(UTC)
        assert await statistics.as_of("ada", then) == before
        await hg.handle_event(BookingCancelled(booking_id="b1"))
        assert await statistics.as_of("ada", then) == before
        assert await statistics.as_of("ada", datetime.now(UTC)) == await statistics.get("ada")
        history = [each.record for each in await statistics.history("ada")]
    assert [(each.event_type, each.aggregate_id) for each in history] == [
        ("MemberJoined", "ada"),
        ("BookingMade", "b1"),
        ("BookingMade", "b3"),
        ("BookingCancelled", "b1"),
    ]


@pytest.mark.parametrize("instant", [datetime(2024, 1, 1), "2024-01-01T00:00:00", "then"])
async def test_an_instant_that_nobody_can_place_is_refused(hg: Hazelgate, instant: datetime | str) -> None:
    with pytest.raises(InvalidArgument, match="instant: ") as refused:
        await hg.view(Book).as_of("b1", instant)
    assert refused.value.field == "instant"


async def test_the_history_of_an_entry_is_its_events_oldest_first(hg: Hazelgate, books: ViewReads[Book]) -> None:
    await hg.handle_event(BookSeen(book_id="b1"))
    await hg.handle_event(BookTaken(book_id="b0"))
    first = await books.history("b0", first=1)
    [put] = first
    assert put.event == EMMA.__class__(**{**_fields(EMMA), "told_at": put.record.timestamp})
    assert (first.has_next, first.has_previous) == (True, False)
    second = await books.history("b0", after=first.end_cursor)
    assert [type(each.event) for each in second] == [BookTaken]
    assert (second.has_next, second.has_previous) == (False, True)
    assert [each.record.event_type for each in await books.history("b0", last=1)] == ["BookTaken"]
    assert len(await books.history("nothing")) == 0


def _fields(event: BookPut) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}
