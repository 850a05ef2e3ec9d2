"""What the shop has ever written can be read. `hazelgate events record` adds a version to the golden files."""

from __future__ import annotations

from pathlib import Path

from hazelgate import Catalog
from hazelgate.domain.products import StockReserved
from hazelgate.sourcing.golden import require_readable

GOLDEN = Path(__file__).parents[2] / "golden"
CATALOG = Catalog.load("hazelgate.domain")


def test_every_event_ever_written_can_be_read() -> None:
    require_readable(CATALOG, GOLDEN)


def test_the_first_version_of_a_reservation_said_qty() -> None:
    event = CATALOG.decode("StockReserved", 1, b'{"productId":"p1","orderId":"o1","qty":3}')
    assert event == StockReserved(product_id="p1", order_id="o1", quantity=3)
    assert CATALOG.spec("StockReserved").readable_versions == (1, 2)
