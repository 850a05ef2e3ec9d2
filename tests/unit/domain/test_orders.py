"""What the shop says about orders, and about what each customer has ordered in all."""

from decimal import Decimal
from itertools import permutations

import pytest

from hazelgate.domain.customers import CustomerCreated, CustomerUpdated
from hazelgate.domain.orders import (
    CustomerOrderSummary,
    CustomerSummary,
    EnrichedOrder,
    OrderCancelled,
    OrderConfirmed,
    OrderCreated,
    OrderItem,
    OrderLine,
    OrderStatus,
)
from hazelgate.domain.products import ProductCreated
from hazelgate.sourcing.declaring.values import Event
from hazelgate.testing import given
from hazelgate.testing.scenarios import AT

ADA = CustomerCreated(customer_id="c1", name="Ada", email="ada@example.org")
PEN = ProductCreated(product_id="p1", sku="PEN", name="Pen", price=Decimal("1.10"))
INK = ProductCreated(product_id="p2", sku="INK", name="Ink", price=Decimal("0.03"))
SHOP: tuple[Event, ...] = (ADA, PEN, INK)
LATER = "2026-01-02T00:00:00.000000Z"


def line(product_id: str = "p1", quantity: int = 3, price: str | None = None) -> OrderLine:
    return OrderLine(product_id=product_id, quantity=quantity, price_at_order=None if price is None else Decimal(price))


def ordered(*lines: OrderLine, order_id: str = "o1", customer_id: str = "c1") -> OrderCreated:
    return OrderCreated(order_id=order_id, customer_id=customer_id, items=lines or (line(),))


def order(status: OrderStatus = OrderStatus.PENDING, reason: str | None = None) -> EnrichedOrder:
    return EnrichedOrder(
        order_id="o1",
        customer=CustomerSummary(customer_id="c1", name="Ada", email="ada@example.org"),
        items=(OrderItem(product_id="p1", name="Pen", sku="PEN", quantity=3, price_at_order=Decimal("1.10")),),
        total_amount=Decimal("3.30"),
        status=status,
        cancel_reason=reason,
        placed_at=AT,
    )


CONFIRMED = OrderConfirmed(order_id="o1")
CANCELLED = OrderCancelled(order_id="o1", reason="changed my mind")


def test_an_order_holds_the_customer_and_the_products_of_that_time() -> None:
    given(*SHOP).when(ordered()).then(order(), times=2)


def test_the_stored_event_is_complete() -> None:
    given(*SHOP).when(ordered(line(), line("p2", 1, "7"))).then_stored(
        OrderCreated(
            order_id="o1",
            customer_id="c1",
            items=(
                OrderLine(product_id="p1", quantity=3, price_at_order=Decimal("1.10"), name="Pen", sku="PEN"),
                OrderLine(product_id="p2", quantity=1, price_at_order=Decimal("7.00"), name="Ink", sku="INK"),
            ),
            customer_name="Ada",
            customer_email="ada@example.org",
        ),
    )


def test_what_a_client_claims_about_customer_and_product_is_not_believed() -> None:
    forged = OrderCreated(
        order_id="o1",
        customer_id="c1",
        items=(OrderLine(product_id="p1", quantity=3, name="Gold", sku="AU"),),
        customer_name="Eve",
        customer_email="eve@example.org",
    )
    given(*SHOP).when(forged).then(order())


def test_a_customer_who_changes_does_not_change_the_order() -> None:
    given(*SHOP, ordered()).when(CustomerUpdated(customer_id="c1", name="Eve")).then(order())


def test_totals_are_exact() -> None:
    lines = [OrderLine(product_id=f"p{n}", quantity=10_000, price_at_order=Decimal("9999999999.99")) for n in (1, 2)]
    given(*SHOP).when(ordered(*lines)).then(
        CustomerOrderSummary(
            customer_id="c1",
            order_count=1,
            total_spent=Decimal("199999999999800.00"),
            last_order_id="o1",
            last_order_at=AT,
        )
    )


def test_a_tenth_and_two_hundredths_are_no_float() -> None:
    event = ordered(line("p1", 1, "0.10"), line("p2", 1, "0.20"))
    given(*SHOP).when(event).then(
        CustomerOrderSummary(
            customer_id="c1", order_count=1, total_spent=Decimal("0.30"), last_order_id="o1", last_order_at=AT
        )
    )


def test_an_order_is_created_once() -> None:
    given(*SHOP, ordered()).when(ordered()).then_rejected("order_id")


def test_customer_and_products_have_to_exist_and_all_problems_are_named() -> None:
    given(PEN).when(ordered(line("p9"), line("p1"), line("p1"))).then_rejected(
        "customer_id", "items.0.product_id", "items.2.product_id"
    )


@pytest.mark.parametrize("quantity", [0, -1, 10_001])
def test_quantities_are_1_to_10_000(quantity: int) -> None:
    given(*SHOP).when(ordered(line(quantity=quantity))).then_rejected("items.0.quantity")


def test_ten_thousand_of_a_product_are_fine() -> None:
    given(*SHOP).when(ordered(line(quantity=10_000))).then()


def test_an_order_has_at_least_one_item() -> None:
    given(*SHOP).when(OrderCreated(order_id="o1", customer_id="c1", items=())).then_rejected("items")


def test_an_order_has_at_most_100_items() -> None:
    lines = tuple(line(f"p{n}") for n in range(101))
    given(*SHOP).when(ordered(*lines)).then_rejected("items")


def test_a_price_of_an_order_is_money() -> None:
    given(*SHOP).when(ordered(line(price="1.001"))).then_rejected("items.0.price_at_order")


def test_a_pending_order_is_confirmed() -> None:
    given(*SHOP, ordered()).when(CONFIRMED).then(order(OrderStatus.CONFIRMED), times=2)


def test_an_order_is_confirmed_once() -> None:
    given(*SHOP, ordered(), CONFIRMED).when(CONFIRMED).then_rejected("order_id")


def test_a_cancelled_order_is_not_confirmed() -> None:
    given(*SHOP, ordered(), CANCELLED).when(CONFIRMED).then_rejected("order_id")


@pytest.mark.parametrize("before", [(), (CONFIRMED,)])
def test_an_order_is_cancelled_confirmed_or_not(before: tuple[Event, ...]) -> None:
    given(*SHOP, ordered(), *before).when(CANCELLED).then(
        order(OrderStatus.CANCELLED, "changed my mind"),
        CustomerOrderSummary(customer_id="c1", order_count=1, cancelled_count=1, last_order_id="o1", last_order_at=AT),
        times=2,
    )


def test_an_order_is_cancelled_once() -> None:
    given(*SHOP, ordered(), CANCELLED).when(CANCELLED).then_rejected("order_id")


@pytest.mark.parametrize("event", [CONFIRMED, CANCELLED])
def test_an_order_that_does_not_exist_is_neither_confirmed_nor_cancelled(event: Event) -> None:
    given(*SHOP).when(event).then_rejected("order_id")


@pytest.mark.parametrize("reason", ["", " ", "x" * 501])
def test_a_cancellation_says_why(reason: str) -> None:
    given(*SHOP, ordered()).when(OrderCancelled(order_id="o1", reason=reason)).then_rejected("reason")


def test_the_last_order_is_the_one_placed_last_even_when_it_arrives_first() -> None:
    first = ordered(order_id="o1")
    given(*SHOP, first).when(ordered(order_id="o2"), at=LATER).then(
        CustomerOrderSummary(
            customer_id="c1", order_count=2, total_spent=Decimal("6.60"), last_order_id="o2", last_order_at=LATER
        )
    )
    given(*SHOP, ordered(order_id="o3")).when(first, at="2025-01-01T00:00:00.000000Z").then(
        CustomerOrderSummary(
            customer_id="c1", order_count=2, total_spent=Decimal("6.60"), last_order_id="o3", last_order_at=AT
        )
    )


def test_the_summary_is_the_same_in_whatever_order_the_orders_are_placed() -> None:
    events = [ordered(order_id=f"o{n}") for n in (1, 2, 3)]
    for arrangement in permutations(events):
        given(*SHOP).when(*arrangement).then(
            CustomerOrderSummary(
                customer_id="c1", order_count=3, total_spent=Decimal("9.90"), last_order_id="o3", last_order_at=AT
            )
        )
