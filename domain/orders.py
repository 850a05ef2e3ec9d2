"""
Orders, and what each customer has ordered in all.

An order keeps the customer and the products as they were when it was placed: the guard completes the event with them,
so the views need nothing but the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from hazelgate import (
    By,
    Doc,
    Event,
    EventRecord,
    Filled,
    Id,
    Identity,
    Instant,
    Rejected,
    Value,
    View,
    allow,
    claim,
    event,
    guard,
    projection,
    replace,
)
from hazelgate.domain.customers import Customer, customers
from hazelgate.domain.fields import Money, OrderQuantity, Reason, cents
from hazelgate.domain.products import Product, products
from hazelgate.domain.rights import CUSTOMER, OPERATOR, SUPPORT, is_own, may_touch

NOTHING = Decimal("0.00")


class OrderLine(Value, api_name="OrderItem"):
    """One product of an order. Its price is today's where none is given; name and SKU are filled in by the guard."""

    product_id: Id
    quantity: OrderQuantity
    price_at_order: Annotated[Money | None, Doc("The product's price today where it is left out.")] = None
    name: Filled[str] = None
    sku: Filled[str] = None


@event(
    "OrderCreated",
    aggregate="Order",
    key="order_id",
    mutation="createOrder",
    creates=True,
    access=[allow(CUSTOMER, when=is_own), allow(OPERATOR)],
    readers=[
        allow(CUSTOMER, rows=By("customer_id") == claim("sub")),
        allow(SUPPORT, fields=["customer_id"]),
        allow(OPERATOR),
    ],
)
class OrderCreated(Event):
    """A customer has ordered. Name and email are filled in by the guard."""

    order_id: Id
    customer_id: Id
    items: Annotated[tuple[OrderLine, ...], Meta(min_length=1, max_length=100)]
    customer_name: Filled[str] = None
    customer_email: Filled[str] = None


@event("OrderConfirmed", aggregate="Order", key="order_id", mutation="confirmOrder", access=[allow(OPERATOR)])
class OrderConfirmed(Event):
    """An order is certain."""

    order_id: Id


@event(
    "OrderCancelled",
    aggregate="Order",
    key="order_id",
    mutation="cancelOrder",
    access=[allow(CUSTOMER), allow(OPERATOR)],  # whose order it is, the guard sees
    readers=[allow(CUSTOMER, rows=By("customer_id") == claim("sub")), allow(OPERATOR)],
)
class OrderCancelled(Event):
    """An order is called off. Whose it was, and how much, is filled in by the guard."""

    order_id: Id
    reason: Reason
    customer_id: Filled[Id] = None
    total_amount: Filled[Decimal] = None


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


class CustomerSummary(View):
    """The customer when the order was placed."""

    customer_id: Id
    name: str
    email: str


class OrderItem(View):
    """A product when the order was placed."""

    product_id: Id
    name: str
    sku: str
    quantity: int
    price_at_order: Decimal


class EnrichedOrder(View):
    """An order with all that is shown of it."""

    order_id: Id
    customer: CustomerSummary
    items: tuple[OrderItem, ...]
    total_amount: Decimal
    status: OrderStatus
    cancel_reason: str | None
    placed_at: Instant


class CustomerOrderSummary(View):
    """A customer's orders in all. Several orders feed it, so it is folded in any order."""

    customer_id: Id
    order_count: int = 0
    cancelled_count: int = 0
    total_spent: Decimal = NOTHING
    last_order_id: Id | None = None
    last_order_at: Instant | None = None


@guard(
    OrderCreated,
    reads={
        "order": EnrichedOrder.by("order_id"),
        "customer": Customer.by("customer_id"),
        "products": Product.by("items.product_id"),
    },
)
def can_be_placed(
    event: OrderCreated, order: EnrichedOrder | None, customer: Customer | None, products: Mapping[str, Product]
) -> OrderCreated:
    """An order is created once, for a customer and products that exist, and names no product twice."""
    problems = list(_line_problems(event.items, products))
    if order is not None:
        problems.append(Rejected("order_id", f"order {event.order_id} exists already"))
    if customer is None:
        problems.append(Rejected("customer_id", f"there is no customer {event.customer_id}"))
    if problems or customer is None:
        raise Rejected.all(problems)
    return replace(
        event,
        items=tuple(_completed(line, products[line.product_id]) for line in event.items),
        customer_name=customer.name,
        customer_email=customer.email,
    )


def _line_problems(lines: Iterable[OrderLine], products: Mapping[str, Product]) -> Iterable[Rejected]:
    seen = set()
    for index, line in enumerate(lines):
        if line.product_id in seen:
            yield Rejected(("items", index, "product_id"), f"product {line.product_id} is in the order twice")
        elif line.product_id not in products:
            yield Rejected(("items", index, "product_id"), f"there is no product {line.product_id}")
        seen.add(line.product_id)


def _completed(line: OrderLine, product: Product) -> OrderLine:
    price = product.price if line.price_at_order is None else line.price_at_order
    return replace(line, price_at_order=cents(price), name=product.name, sku=product.sku)


def _existing(order_id: str, order: EnrichedOrder | None) -> EnrichedOrder:
    if order is None:
        raise Rejected("order_id", f"there is no order {order_id}")
    return order


@guard(OrderConfirmed, reads={"order": EnrichedOrder.by("order_id")})
def can_be_confirmed(event: OrderConfirmed, order: EnrichedOrder | None) -> None:
    """Only a pending order is confirmed."""
    order = _existing(event.order_id, order)
    if order.status is not OrderStatus.PENDING:
        raise Rejected("order_id", f"order {event.order_id} is {order.status.lower()} already")


@guard(OrderCancelled, reads={"order": EnrichedOrder.by("order_id")})
def can_be_cancelled(
    event: OrderCancelled, order: EnrichedOrder | None, identity: Identity | None = None
) -> OrderCancelled:
    """An order is cancelled once, confirmed or not, by its customer or an operator."""
    order = _existing(event.order_id, order)
    if not may_touch(order.customer.customer_id, identity):
        _existing(event.order_id, None)  # nobody hears of the orders of others
    if order.status is OrderStatus.CANCELLED:
        raise Rejected("order_id", f"order {event.order_id} is cancelled already")
    return replace(event, customer_id=order.customer.customer_id, total_amount=order.total_amount)


def total_of(lines: Iterable[OrderLine]) -> Decimal:
    """The total amount of a completed order."""
    return sum((line.quantity * (line.price_at_order or NOTHING) for line in lines), NOTHING)


orders = projection(
    "enriched-order-view",
    EnrichedOrder,
    key="order_id",
    one="order",
    indexes={
        "placedAt": By("placed_at"),
        "totalAmount": By("total_amount"),
        "customer": By("customer.customer_id", "placed_at"),
        "statusAndTime": By("status", "placed_at"),
    },
    sort="-placedAt",
    access=[
        allow(CUSTOMER, rows=By("customer.customer_id") == claim("sub")),
        allow(SUPPORT, fields=["status", "cancel_reason", "placed_at", "items", "history"]),
        allow(OPERATOR),
    ],
)


@orders.on(OrderCreated, key="order_id")
def placed(_: None, event: OrderCreated, record: EventRecord) -> EnrichedOrder:
    """A new order waits to be confirmed."""
    return EnrichedOrder(
        order_id=event.order_id,
        customer=CustomerSummary(
            customer_id=event.customer_id, name=event.customer_name or "", email=event.customer_email or ""
        ),
        items=tuple(
            OrderItem(
                product_id=line.product_id,
                name=line.name or "",
                sku=line.sku or "",
                quantity=line.quantity,
                price_at_order=line.price_at_order or NOTHING,
            )
            for line in event.items
        ),
        total_amount=total_of(event.items),
        status=OrderStatus.PENDING,
        cancel_reason=None,
        placed_at=record.timestamp,
    )


@orders.on(OrderConfirmed, key="order_id")
def confirmed(order: EnrichedOrder, _: OrderConfirmed) -> EnrichedOrder:
    """The order is certain."""
    return replace(order, status=OrderStatus.CONFIRMED)


@orders.on(OrderCancelled, key="order_id")
def cancelled(order: EnrichedOrder, event: OrderCancelled) -> EnrichedOrder:
    """The order is called off."""
    return replace(order, status=OrderStatus.CANCELLED, cancel_reason=event.reason)


summaries = projection(
    "customer-order-summary-view",
    CustomerOrderSummary,
    key="customer_id",
    indexes={"totalSpent": By("-total_spent")},
    access=[allow(CUSTOMER, rows=By("customer_id") == claim("sub")), allow(OPERATOR)],
)
summaries.fed_by(orders, by="customer.customer_id")
customers.link("orders", orders, by="customer.customer_id")
customers.link("order_summary", summaries, key="customer_id")
orders.link("items.product", products, key="items.product_id", description="As it is today; null where it is no more.")


@summaries.on(OrderCreated, key="customer_id")
def counted(summary: CustomerOrderSummary | None, event: OrderCreated, record: EventRecord) -> CustomerOrderSummary:
    """One order more. The last one is the one placed last, whichever arrives last."""
    summary = summary or CustomerOrderSummary(customer_id=event.customer_id)
    last_at, last_id = max(
        (summary.last_order_at or "", summary.last_order_id or ""), (record.timestamp, event.order_id)
    )
    return replace(
        summary,
        order_count=summary.order_count + 1,
        total_spent=summary.total_spent + total_of(event.items),
        last_order_id=last_id,
        last_order_at=last_at,
    )


@summaries.on(OrderCancelled, key="customer_id")
def uncounted(summary: CustomerOrderSummary | None, event: OrderCancelled) -> CustomerOrderSummary:
    """One order more is cancelled, and its amount not spent."""
    summary = summary or CustomerOrderSummary(customer_id=event.customer_id or "")
    return replace(
        summary,
        cancelled_count=summary.cancelled_count + 1,
        total_spent=summary.total_spent - (event.total_amount or NOTHING),
    )
