"""Subscriptions to the shop's customers, products and orders."""

from collections.abc import AsyncIterator

import strawberry

from hazelgate.schema.arguments import require_id
from hazelgate.schema.events.records import EventRecord
from hazelgate.schema.events.streams import log_cursor
from hazelgate.schema.shop.customers import CUSTOMERS, Customer, CustomerChange, CustomerStream
from hazelgate.schema.shop.orders import ORDERS, EnrichedOrder, OrderChange, OrderStream
from hazelgate.schema.shop.products import PRODUCTS, Product, ProductChange, ProductStream
from hazelgate.sourcing import envelope
from hazelgate.subscriptions.context import Info
from hazelgate.subscriptions.feed import Happening
from hazelgate.subscriptions.streams import entry_after, follow, refuse_after


@strawberry.type
class ShopSubscriptions:
    @strawberry.subscription(description="The customer as it is once the event has been applied.")
    async def customer_changed(
        self,
        info: Info,
        customer_id: strawberry.ID | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
    ) -> AsyncIterator[CustomerStream]:
        refuse_after(after)
        chosen = require_id("customerId", customer_id) if isinstance(customer_id, str) else None

        def wanted(record: envelope.EventRecord) -> bool:
            return record.aggregate_type == "Customer" and chosen in (None, record.aggregate_id)

        async def make(happening: Happening) -> CustomerChange | None:
            entry = await entry_after(happening, CUSTOMERS)
            if entry is None:
                return None
            record = happening.record
            return CustomerChange(
                cursor=log_cursor(record.cursor), caused_by=EventRecord.of(record), customer=Customer.of(entry)
            )

        async for change in follow(info, wanted, make):
            yield change

    @strawberry.subscription(description="The product as it is once the event has been applied.")
    async def product_changed(
        self,
        info: Info,
        product_id: strawberry.ID | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
    ) -> AsyncIterator[ProductStream]:
        refuse_after(after)
        chosen = require_id("productId", product_id) if isinstance(product_id, str) else None

        def wanted(record: envelope.EventRecord) -> bool:
            return record.aggregate_type == "Product" and chosen in (None, record.aggregate_id)

        async def make(happening: Happening) -> ProductChange | None:
            entry = await entry_after(happening, PRODUCTS)
            if entry is None:
                return None
            record = happening.record
            return ProductChange(
                cursor=log_cursor(record.cursor), caused_by=EventRecord.of(record), product=Product.of(entry)
            )

        async for change in follow(info, wanted, make):
            yield change

    @strawberry.subscription(description="The order as it is once the event has been applied.")
    async def order_changed(
        self,
        info: Info,
        order_id: strawberry.ID | None = strawberry.UNSET,
        customer_id: strawberry.ID | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
    ) -> AsyncIterator[OrderStream]:
        refuse_after(after)
        chosen = require_id("orderId", order_id) if isinstance(order_id, str) else None
        customer = require_id("customerId", customer_id) if isinstance(customer_id, str) else None

        def wanted(record: envelope.EventRecord) -> bool:
            return record.aggregate_type == "Order" and chosen in (None, record.aggregate_id)

        async def make(happening: Happening) -> OrderChange | None:
            entry = await entry_after(happening, ORDERS)
            # Whose order it is stands in the order, not in every event of it.
            if entry is None or customer not in (None, entry.view.customer.customer_id):
                return None
            record = happening.record
            return OrderChange(
                cursor=log_cursor(record.cursor), caused_by=EventRecord.of(record), order=EnrichedOrder.of(entry)
            )

        async for change in follow(info, wanted, make):
            yield change
