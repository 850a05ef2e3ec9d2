"""The catalog's page says what is unique, and shows the view that is made of it."""

from __future__ import annotations

from hazelgate import Catalog
from hazelgate.operations.documents.catalog import CatalogPages
from hazelgate.operations.documents.markdown import markdown
from hazelgate.operations.documents.rights import rights_page


def test_what_is_unique_is_on_the_page_and_in_no_table_of_rights() -> None:
    catalog = Catalog.load("tests.domains.bookings.bookings")
    page = markdown(CatalogPages.of(catalog), "Bookings")
    assert "| Unique | `nickname` |" in page
    assert "| Map | `unique-Member-nickname`, by `key` |\n| In the API | no |" in page
    assert "Which Member holds which `nickname`" in page
    assert "unique" not in rights_page(catalog, None, "Bookings")
