"""The shop's orders, and what a customer's orders come to."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated

import strawberry

import hazelgate.domain.orders
from hazelgate.domain.orders import OrderStatus
from hazelgate.schema.entries import Entry, ViewType
from hazelgate.schema.events.records import EventConnection, EventRecord
from hazelgate.schema.events.results import (
    AS_APPLIED,
    EventDeadLettered,
    EventIdConflict,
    EventReceipt,
    EventRejected,
    EventTimedOut,
    PipelineOverloaded,
    SequenceConflict,
)
from hazelgate.schema.events.streams import Discontinuity
from hazelgate.schema.fields import FORWARD, resolved
from hazelgate.schema.nodes import GlobalId, Node, Revision

ORDERS = ViewType("enriched-order-view", hazelgate.domain.orders.EnrichedOrder)
SUMMARIES = ViewType("customer-order-summary-view", hazelgate.domain.orders.CustomerOrderSummary)

strawberry.enum(OrderStatus)


@strawberry.type(description="The customer as it was when the order was placed.")
class CustomerSummary:
    customer_id: strawberry.ID
    name: str
    email: str


@strawberry.type(description="A product as it was when it was ordered.")
class OrderItem:
    product_id: strawberry.ID
    name: str
    sku: str
    quantity: int
    price_at_order: Decimal


@strawberry.type
class EnrichedOrder(Node):
    order_id: strawberry.ID
    customer: CustomerSummary
    items: list[OrderItem]
    total_amount: Decimal
    status: OrderStatus
    cancel_reason: str | None
    placed_at: datetime
    revision: Revision

    history: EventConnection = resolved(FORWARD, description="Every event that formed this entry, oldest first.")

    @classmethod
    def of(cls, entry: Entry[hazelgate.domain.orders.EnrichedOrder]) -> "EnrichedOrder":
        order = entry.view
        return cls(
            id=strawberry.ID(GlobalId("EnrichedOrder", order.order_id).encode()),
            order_id=strawberry.ID(order.order_id),
            # The view's own values have the fields that the types of these have: they are taken as they are.
            customer=order.customer,  # type: ignore[arg-type]
            items=order.items,  # type: ignore[arg-type]
            total_amount=order.total_amount,
            status=order.status,
            cancel_reason=order.cancel_reason,
            placed_at=order.placed_at,  # type: ignore[arg-type]
            revision=entry.revision,
        )

    @classmethod
    def decode(cls, raw: bytes | None) -> "EnrichedOrder | None":
        entry = ORDERS.decode(raw)
        return cls.of(entry) if entry is not None else None


@strawberry.type
class CustomerOrderSummary:
    customer_id: strawberry.ID
    order_count: int = strawberry.field(description="Orders placed, cancelled ones included.")
    cancelled_count: int
    total_spent: Decimal = strawberry.field(description="Total of the orders that are not cancelled.")
    last_order_id: strawberry.ID | None
    last_order_at: datetime | None
    revision: Revision

    history: EventConnection = resolved(FORWARD, description="Every event that formed this entry, oldest first.")

    @classmethod
    def of(cls, entry: Entry[hazelgate.domain.orders.CustomerOrderSummary]) -> "CustomerOrderSummary":
        summary = entry.view
        return cls(
            customer_id=strawberry.ID(summary.customer_id),
            order_count=summary.order_count,
            cancelled_count=summary.cancelled_count,
            total_spent=summary.total_spent,
            last_order_id=strawberry.ID(summary.last_order_id) if summary.last_order_id is not None else None,
            last_order_at=summary.last_order_at,  # type: ignore[arg-type]
            revision=entry.revision,
        )


@strawberry.enum
class SortDirection(Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.enum
class OrderSortField(Enum):
    PLACED_AT = "PLACED_AT"
    TOTAL_AMOUNT = "TOTAL_AMOUNT"


@strawberry.input
class OrderSort:
    field: OrderSortField = OrderSortField.PLACED_AT
    direction: SortDirection = SortDirection.DESC


@strawberry.input
class OrderFilter:
    customer_id: strawberry.ID | None = strawberry.UNSET
    status: list[OrderStatus] | None = strawberry.UNSET
    placed_from: datetime | None = strawberry.UNSET
    placed_before: datetime | None = strawberry.UNSET
    total_at_least: Decimal | None = strawberry.UNSET
    total_at_most: Decimal | None = strawberry.UNSET


@strawberry.input
class OrderItemInput:
    product_id: strawberry.ID
    quantity: int
    price_at_order: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="The product's price of today where it is left out."
    )


@strawberry.input
class CreateOrderInput:
    order_id: strawberry.ID | None = strawberry.UNSET
    customer_id: strawberry.ID
    items: list[OrderItemInput]


@strawberry.input
class ConfirmOrderInput:
    order_id: strawberry.ID


@strawberry.input
class CancelOrderInput:
    order_id: strawberry.ID
    reason: str


@strawberry.type
class OrderPayload:
    receipt: EventReceipt
    order_id: strawberry.Private[str]
    order: EnrichedOrder | None = resolved(description=AS_APPLIED)


OrderResult = Annotated[
    OrderPayload
    | EventRejected
    | SequenceConflict
    | EventIdConflict
    | EventDeadLettered
    | EventTimedOut
    | PipelineOverloaded,
    strawberry.union("OrderResult"),
]


@strawberry.type
class OrderChange:
    cursor: str
    caused_by: EventRecord
    order: EnrichedOrder


OrderStream = Annotated[OrderChange | Discontinuity, strawberry.union("OrderStream")]
