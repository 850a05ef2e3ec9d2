"""The shop's orders: reading, placing, confirming and cancelling them."""

import asyncio
from datetime import datetime
from decimal import Decimal

import strawberry

import hazelgate.domain.orders
from hazelgate.client.reading.histories import Aggregate
from hazelgate.client.reading.queries import Condition
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.events.submitting import entity_id, given, optional, submit
from hazelgate.resolvers.reading.connections import read_connection
from hazelgate.resolvers.reading.histories import read_history, read_lineage
from hazelgate.resolvers.reading.listings import Listing, after_all
from hazelgate.resolvers.reading.pages import MAX_PAGE, Page
from hazelgate.resolvers.reading.view_entries import load_as_of, load_entry
from hazelgate.schema.arguments import bad_input, require_id
from hazelgate.schema.connections import Connection
from hazelgate.schema.events.records import EventConnection
from hazelgate.schema.events.results import AnyEventError, EventOptions, EventReceipt
from hazelgate.schema.fields import FieldResolvers
from hazelgate.schema.scalars import serialize_decimal, serialize_instant
from hazelgate.schema.shop.orders import (
    ORDERS,
    SUMMARIES,
    CancelOrderInput,
    ConfirmOrderInput,
    CreateOrderInput,
    CustomerOrderSummary,
    EnrichedOrder,
    OrderFilter,
    OrderPayload,
    OrderResult,
    OrderSort,
    OrderSortField,
    SortDirection,
)


@strawberry.type
class OrderQueries:
    @strawberry.field
    async def order(
        self, info: Info, order_id: strawberry.ID, as_of: datetime | None = strawberry.UNSET
    ) -> EnrichedOrder | None:
        key = require_id("orderId", order_id)
        if isinstance(as_of, datetime):
            entry = await load_as_of(info, ORDERS, key, [("Order", key)], as_of)
        else:
            entry = await load_entry(info, ORDERS, key)
        return EnrichedOrder.of(entry) if entry is not None else None

    @strawberry.field(description="In the order of the ids, null where there is none. At most 1,000 ids.")
    async def orders_by_id(self, info: Info, order_ids: list[strawberry.ID]) -> list[EnrichedOrder | None]:
        if len(order_ids) > MAX_PAGE:
            raise bad_input("orderIds", f"at most {MAX_PAGE:,} ids, these are {len(order_ids):,}")
        reads = info.context.reads
        raws = await asyncio.gather(*[reads.load(ORDERS.name, require_id("orderIds", each)) for each in order_ids])
        return [EnrichedOrder.decode(raw) for raw in raws]

    @strawberry.field(description="The latest first, unless sorted otherwise.")
    async def orders(
        self,
        info: Info,
        filter: OrderFilter | None = strawberry.UNSET,
        sort: OrderSort | None = strawberry.UNSET,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Connection[EnrichedOrder]:
        listing = order_listing(filter or None, sort or None)
        return await read_connection(
            info, listing, Page.of(listing.order, first, after, last, before), EnrichedOrder.decode
        )


@strawberry.type
class OrderMutations:
    @strawberry.mutation
    async def create_order(
        self, info: Info, input: CreateOrderInput, options: EventOptions | None = strawberry.UNSET
    ) -> OrderResult:
        event = hazelgate.domain.orders.OrderCreated(
            order_id=entity_id(input.order_id, given(options), "order"),
            customer_id=input.customer_id,
            items=tuple(
                hazelgate.domain.orders.OrderLine(
                    product_id=item.product_id,
                    quantity=item.quantity,
                    price_at_order=optional(item.price_at_order),
                )
                for item in input.items
            ),
        )
        return _payload(await submit(info, event, given(options)))

    @strawberry.mutation
    async def confirm_order(
        self, info: Info, input: ConfirmOrderInput, options: EventOptions | None = strawberry.UNSET
    ) -> OrderResult:
        return _payload(
            await submit(info, hazelgate.domain.orders.OrderConfirmed(order_id=input.order_id), given(options))
        )

    @strawberry.mutation
    async def cancel_order(
        self, info: Info, input: CancelOrderInput, options: EventOptions | None = strawberry.UNSET
    ) -> OrderResult:
        event = hazelgate.domain.orders.OrderCancelled(order_id=input.order_id, reason=input.reason)
        return _payload(await submit(info, event, given(options)))


def _payload(result: EventReceipt | AnyEventError) -> OrderResult:
    if isinstance(result, EventReceipt):
        return OrderPayload(receipt=result, order_id=result.aggregate_id)
    return result


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


async def order_history(
    order: EnrichedOrder, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
) -> EventConnection:
    return await read_history(info, "Order", order.order_id, first, after)


async def payload_order(payload: OrderPayload, info: Info) -> EnrichedOrder | None:
    return EnrichedOrder.decode(await info.context.reads.load(ORDERS.name, payload.order_id))


async def summary_history(
    summary: CustomerOrderSummary,
    info: Info,
    first: int | None = strawberry.UNSET,
    after: str | None = strawberry.UNSET,
) -> EventConnection:
    orders = await orders_of(info, summary.customer_id)
    return await read_lineage(info, SUMMARIES.name, summary.customer_id, orders, first, after)


FIELDS: FieldResolvers = {
    (EnrichedOrder, "history"): order_history,
    (OrderPayload, "order"): payload_order,
    (CustomerOrderSummary, "history"): summary_history,
}
