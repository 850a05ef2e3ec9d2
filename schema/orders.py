"""The shop's orders, and what a customer's orders come to."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated

import strawberry

import hazelgate.domain.orders
from hazelgate.client.reading.histories import Aggregate
from hazelgate.client.reading.queries import Condition
from hazelgate.domain.orders import OrderStatus
from hazelgate.schema.connections import MAX_PAGE, Listing, Page, after_all
from hazelgate.schema.context import Info
from hazelgate.schema.entries import Entry, ViewType, require_id
from hazelgate.schema.events import EventConnection, EventRecord, read_history
from hazelgate.schema.nodes import GlobalId, Node, Revision
from hazelgate.schema.past import read_lineage
from hazelgate.schema.results import (
    EventDeadLettered,
    EventIdConflict,
    EventReceipt,
    EventRejected,
    EventTimedOut,
    PipelineOverloaded,
    SequenceConflict,
)
from hazelgate.schema.scalars import serialize_decimal, serialize_instant
from hazelgate.schema.streams import Discontinuity

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

    @strawberry.field(description="Every event that formed this entry, oldest first.")
    async def history(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> EventConnection:
        return await read_history(info, "Order", self.order_id, first, after)

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


async def orders_of(info: Info, customer_id: str) -> list[Aggregate]:
    """The orders of a customer, which feed the summary. The order view's index by customer has them: no search."""
    found: list[Aggregate] = []
    listing = order_listing(OrderFilter(customer_id=strawberry.ID(customer_id)), None)
    page = Page(MAX_PAGE)
    while True:
        answer = await info.context.reads.query(listing.query(page))
        entries = answer.entries[:MAX_PAGE]
        found += [("Order", entry.index_value.rpartition("|")[2]) for entry in entries]
        if len(answer.entries) <= MAX_PAGE:
            return found
        page = Page(MAX_PAGE, after=entries[-1].index_value)


@strawberry.type
class CustomerOrderSummary:
    customer_id: strawberry.ID
    order_count: int = strawberry.field(description="Orders placed, cancelled ones included.")
    cancelled_count: int
    total_spent: Decimal = strawberry.field(description="Total of the orders that are not cancelled.")
    last_order_id: strawberry.ID | None
    last_order_at: datetime | None
    revision: Revision

    @strawberry.field(description="Every event that formed this entry, oldest first.")
    async def history(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> EventConnection:
        orders = await orders_of(info, self.customer_id)
        return await read_lineage(info, SUMMARIES.name, self.customer_id, orders, first, after)

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


def order_listing(filter: OrderFilter | None, sort: OrderSort | None) -> Listing:
    """
    Which orders, in which order. What the sort key says bounds the search, so that it doesn't cost what lies outside.

    Raises:
        GraphQLError: The customer's id can't be one.
    """
    sort = sort or OrderSort()
    filter = filter or OrderFilter()
    descending = sort.direction is SortDirection.DESC
    conditions: list[Condition] = []
    if isinstance(filter.status, list):
        conditions.append(Condition("status", "in", [status.value for status in filter.status]))
    at_least, at_most = filter.total_at_least, filter.total_at_most
    if isinstance(at_least, Decimal):
        conditions.append(Condition("totalAmount", "ge", serialize_decimal(at_least), "decimal"))
    if isinstance(at_most, Decimal):
        conditions.append(Condition("totalAmount", "le", serialize_decimal(at_most), "decimal"))
    placed_from = serialize_instant(filter.placed_from) if filter.placed_from else None
    placed_before = serialize_instant(filter.placed_before) if filter.placed_before else None
    customer = require_id("filter.customerId", filter.customer_id) if isinstance(filter.customer_id, str) else None
    if sort.field is OrderSortField.PLACED_AT:
        if customer is not None:
            return Listing(
                ORDERS.name,
                "customer",
                descending,
                tuple(conditions),
                from_key=f"{customer}|{placed_from or ''}",
                to_key=f"{customer}|{placed_before}" if placed_before else after_all(f"{customer}|"),
            )
        return Listing(
            ORDERS.name, "placedAt", descending, tuple(conditions), from_key=placed_from, to_key=placed_before
        )
    if customer is not None:
        conditions.append(Condition("customer.customerId", "eq", customer))
    if placed_from:
        conditions.append(Condition("placedAt", "ge", placed_from))
    if placed_before:
        conditions.append(Condition("placedAt", "lt", placed_before))
    return Listing(ORDERS.name, "totalAmount", descending, tuple(conditions))


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

    @strawberry.field(
        description="As it is once the event has been applied; what was there before, if that was not waited for."
    )
    async def order(self, info: Info) -> EnrichedOrder | None:
        return EnrichedOrder.decode(await info.context.reads.load(ORDERS.name, self.order_id))


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
