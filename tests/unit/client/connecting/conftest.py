"""A connection to a shelf of books on a cluster in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import hazelgate
from hazelgate import Catalog, Hazelgate
from hazelgate.testing.memory import MemoryCluster
from tests.unit.resolvers.derived.shelf import BookPut

MOST_SCANNED = 50


@pytest.fixture(scope="session")
def shelf() -> Catalog:
    """The domain of the shelf."""
    return Catalog.load("tests.unit.resolvers.derived.shelf")


@pytest.fixture
def cluster(shelf: Catalog) -> MemoryCluster:
    """A cluster that runs it, empty."""
    return MemoryCluster.of(shelf)


@pytest.fixture
async def hg(shelf: Catalog, cluster: MemoryCluster) -> AsyncIterator[Hazelgate]:
    """A connection to it."""
    async with hazelgate.connect(catalog=shelf, cluster=cluster, max_scanned_entries=MOST_SCANNED) as hg:
        yield hg


def book(book_id: str, title: str = "Emma", *, author: str = "jane", pages: int = 0) -> BookPut:
    """A book that is put on the shelf."""
    return BookPut(book_id=book_id, title=title, author=author, pages=pages)
