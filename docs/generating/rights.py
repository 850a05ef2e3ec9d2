"""The table of fields × roles of the shop, from the schemas that its roles get."""

from __future__ import annotations

from hazelgate import Catalog
from hazelgate.operations.documents.rights import rights_page


def page() -> str:
    """The page."""
    return rights_page(Catalog.load("hazelgate.domain"), None, "Rights of the shop")
