"""What the shop says about products and their stock."""

from decimal import Decimal

import pytest

from hazelgate.domain.products import Product, ProductCreated, StockReleased, StockReplenished, StockReserved
from hazelgate.testing import given


def product(on_hand: int = 5, reserved: int = 0) -> Product:
    return Product(
        product_id="p1",
        sku="SKU-1",
        name="Pen",
        description=None,
        price=Decimal("1.50"),
        quantity_on_hand=on_hand,
        quantity_reserved=reserved,
        quantity_available=on_hand - reserved,
    )


def created(*, sku: str = "SKU-1", price: str = "1.50", on_hand: int = 5) -> ProductCreated:
    return ProductCreated(product_id="p1", sku=sku, name="Pen", price=Decimal(price), quantity_on_hand=on_hand)


def reserve(quantity: int) -> StockReserved:
    return StockReserved(product_id="p1", order_id="o1", quantity=quantity)


def release(quantity: int) -> StockReleased:
    return StockReleased(product_id="p1", order_id="o1", quantity=quantity)


def test_a_new_product_has_nothing_reserved() -> None:
    given().when(created()).then(product(), times=2)


def test_a_product_is_created_once() -> None:
    given(created()).when(created()).then_rejected("product_id")


@pytest.mark.parametrize(("given_as", "kept"), [("1.5", "1.50"), ("2", "2.00"), ("0", "0.00"), ("-0.0", "0.00")])
def test_prices_are_kept_with_two_decimals(given_as: str, kept: str) -> None:
    given().when(created(price=given_as)).then_stored(created(price=kept))


@pytest.mark.parametrize("price", ["-0.01", "1.005", "NaN", "Infinity", "-Infinity", "10000000000", "1E+400", "1E-400"])
def test_a_price_that_is_no_money_is_refused(price: str) -> None:
    given().when(created(price=price)).then_rejected("price")


@pytest.mark.parametrize("sku", ["", "-A", "A B", "A\n", "A\0", "x" * 65, "ä"])
def test_a_sku_of_no_sane_form_is_refused(sku: str) -> None:
    given().when(created(sku=sku)).then_rejected("sku")


@pytest.mark.parametrize("on_hand", [-1, 2**31, 10**30])
def test_stock_to_begin_with_is_a_sane_number(on_hand: int) -> None:
    given().when(created(on_hand=on_hand)).then_rejected("quantity_on_hand")


def test_replenishing_adds_to_what_is_on_hand() -> None:
    given(product(on_hand=5)).when(StockReplenished(product_id="p1", quantity=3)).then(product(on_hand=8), times=2)


def test_stock_is_counted_in_32_bits() -> None:
    given(product(on_hand=2**31 - 3)).when(StockReplenished(product_id="p1", quantity=3)).then_rejected("quantity")


def test_reserved_stock_is_on_hand_and_not_available() -> None:
    given(product()).when(reserve(2)).then(product(reserved=2), times=2)


def test_all_that_is_available_may_be_reserved() -> None:
    given(product()).when(reserve(5)).then(product(reserved=5))


def test_more_than_is_available_may_not() -> None:
    given(product(reserved=2)).when(reserve(4)).then_rejected("quantity")


def test_released_stock_is_available_again() -> None:
    given(product(reserved=3)).when(release(2)).then(product(reserved=1), times=2)


def test_no_more_is_released_than_was_reserved() -> None:
    given(product(reserved=1)).when(release(2)).then_rejected("quantity")


@pytest.mark.parametrize("quantity", [0, -1, 10**9 + 1])
def test_quantities_are_sane(quantity: int) -> None:
    given(product()).when(reserve(quantity)).then_rejected("quantity")


@pytest.mark.parametrize("event", [reserve(1), release(1), StockReplenished(product_id="p1", quantity=1)])
def test_there_is_no_stock_of_what_does_not_exist(event: StockReserved) -> None:
    given().when(event).then_rejected("product_id")
