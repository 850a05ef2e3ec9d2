"""A domain with a field of each kind, folds that fail, and entries that go."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Any

from hazelgate import (
    By,
    Event,
    EventRecord,
    Filled,
    Hidden,
    Id,
    Instant,
    Long,
    Rejected,
    Value,
    View,
    event,
    guard,
    projection,
    replace,
)

POISON = "poison"


class Kind(StrEnum):
    """Values that are not their names."""

    NOVEL = "a novel"
    ATLAS = "an atlas"


class Grade(IntEnum):
    """Values that are numbers."""

    LOW = 1
    HIGH = 10


class Part(Value):
    """A part of a book."""

    title: str
    pages: int
    book_id: Id | None = None


class Book(View):
    """A book on a shelf."""

    book_id: Id
    title: str
    author: Id
    kind: Kind = Kind.NOVEL
    grade: Grade = Grade.LOW
    parts: tuple[Part, ...] = ()
    tags: tuple[str, ...] = ()
    pages: int = 0
    sold: Long = 0
    weight: float = 0.0
    price: Decimal | None = None
    lent: bool = False
    bought_on: date | None = None
    put_at: datetime | None = None
    more: dict[str, Any] | None = None
    put_up_at: Instant = ""
    cost: Hidden[int] = 0


class Author(View):
    """Somebody with books; the key has the name of one entry."""

    author: Id
    titles: tuple[str, ...] = ()


@event("BookPut", aggregate="Book", key="book_id", mutation="putBook", creates=True)
class BookPut(Event):
    """A book is on the shelf."""

    book_id: Id
    title: str
    author: Id
    kind: Kind = Kind.NOVEL
    grade: Grade = Grade.LOW
    parts: tuple[Part, ...] = ()
    tags: tuple[str, ...] = ()
    pages: int = 0
    sold: Long = 0
    weight: float = 0.0
    price: Decimal | None = None
    lent: bool = False
    bought_on: date | None = None
    put_at: datetime | None = None
    more: dict[str, Any] | None = None
    told_at: Filled[Instant] = None


@event("BookTaken", aggregate="Book", key="book_id", mutation="takeBook", answers=Author, answer_key="author")
class BookTaken(Event):
    """A book is gone from the shelf."""

    book_id: Id
    author: Filled[Id] = None


@event("BookSeen", aggregate="Book", key="book_id", mutation=None)
class BookSeen(Event):
    """Somebody has seen it; no API has a mutation for that."""

    book_id: Id


@event("BookSold", aggregate="Book", key="book_id", deprecated="take it instead")
class BookSold(Event):
    """A book is sold."""

    book_id: Id


@guard(BookPut, reads={"book": Book.by("book_id")})
def is_new(event: BookPut, book: Book | None, submitted_at: Instant) -> BookPut:
    """A book is put up once. The event keeps when it was submitted."""
    if book is not None:
        raise Rejected("book_id", "is there", code="THERE", title=book.title, page_count=book.pages)
    return replace(event, told_at=submitted_at)


@guard(BookTaken, reads={"book": Book.by("book_id")})
def is_there(event: BookTaken, book: Book | None) -> BookTaken:
    """What is there can be taken."""
    if book is None:
        raise Rejected("book_id", "is not there")
    return replace(event, author=book.author)


books = projection(
    "book-view",
    Book,
    key="book_id",
    indexes={
        "title": By("title"),
        "pages": By("-pages"),
        "price": By("price"),
        "grade": By("grade"),
        "author": By("author", "title"),
    },
)
authors = projection("author-view", Author, key="author")
books.link("by", authors, key="author")
books.link("others", books, key="parts.book_id")
books.link("parts.whole", books, key="parts.book_id")
authors.link("books", books, by="author")


@books.field
def pages_per_part(book: Book) -> int | None:
    """How long a part is; a book without parts fails here."""
    return book.pages // len(book.parts)


@books.on(BookPut, key="book_id")
def put(_: Book | None, event: BookPut) -> Book:
    """On the shelf."""
    if event.title == POISON:
        raise ValueError("poisoned")
    return Book(
        book_id=event.book_id,
        title=event.title,
        author=event.author,
        kind=event.kind,
        grade=event.grade,
        parts=event.parts,
        tags=event.tags,
        pages=event.pages,
        sold=event.sold,
        weight=event.weight,
        price=event.price,
        lent=event.lent,
        bought_on=event.bought_on,
        put_at=event.put_at,
        more=event.more,
        put_up_at=event.told_at or "",
    )


@books.on(BookTaken, key="book_id")
def taken(book: Book, event: BookTaken) -> Book | None:
    """Off the shelf."""
    return None


@authors.on(BookPut, key="author")
def wrote(author: Author | None, event: BookPut, key: str, record: EventRecord) -> Author:
    """One more title, and who it is told that it folds."""
    author = author or Author(author=key)
    return replace(author, titles=tuple(sorted({*author.titles, f"{event.title} {record.aggregate_id}"})))


@authors.on(BookTaken, key="author")
def unwrote(author: Author | None, event: BookTaken, key: Annotated[str, "who"]) -> Author | None:
    """One title less; without any the author is gone."""
    titles = tuple(title for title in (author.titles if author else ()) if not title.endswith(f" {event.book_id}"))
    return Author(author=key, titles=titles) if titles else None
