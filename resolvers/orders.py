"""The shop's orders: reading, placing, confirming and cancelling them."""

import asyncio
from datetime import datetime

import strawberry

import hazelgate.domain.orders
from hazelgate.resolvers.submitting import entity_id, given, optional, submit
from hazelgate.schema.connections import MAX_PAGE, Connection, Page, bad_input, read_connection
from hazelgate.schema.context import Info
from hazelgate.schema.entries import require_id
from hazelgate.schema.orders import (
    ORDERS,
    CancelOrderInput,
    ConfirmOrderInput,
    CreateOrderInput,
    EnrichedOrder,
    OrderFilter,
    OrderPayload,
    OrderResult,
    OrderSort,
    order_listing,
)
from hazelgate.schema.past import load_as_of
from hazelgate.schema.results import AnyEventError, EventOptions, EventReceipt


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
            entry = await ORDERS.load(info, key)
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
