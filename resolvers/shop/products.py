"""The shop's products: reading them, and keeping their stock."""

from datetime import datetime

import strawberry

import hazelgate.domain.products
from hazelgate.client.reading.queries import Condition
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.events.submitting import entity_id, given, optional, submit
from hazelgate.resolvers.reading.connections import read_connection
from hazelgate.resolvers.reading.histories import read_history
from hazelgate.resolvers.reading.listings import Listing
from hazelgate.resolvers.reading.pages import Page
from hazelgate.resolvers.reading.view_entries import load_as_of, load_entry
from hazelgate.schema.arguments import require_id
from hazelgate.schema.connections import Connection
from hazelgate.schema.events.records import EventConnection
from hazelgate.schema.events.results import AnyEventError, EventOptions, EventReceipt
from hazelgate.schema.fields import FieldResolvers
from hazelgate.schema.shop.products import (
    PRODUCTS,
    CreateProductInput,
    Product,
    ProductFilter,
    ProductPayload,
    ProductResult,
    ReleaseStockInput,
    ReplenishStockInput,
    ReserveStockInput,
)


@strawberry.type
class ProductQueries:
    @strawberry.field
    async def product(
        self, info: Info, product_id: strawberry.ID, as_of: datetime | None = strawberry.UNSET
    ) -> Product | None:
        key = require_id("productId", product_id)
        if isinstance(as_of, datetime):
            entry = await load_as_of(info, PRODUCTS, key, [("Product", key)], as_of)
        else:
            entry = await load_entry(info, PRODUCTS, key)
        return Product.of(entry) if entry is not None else None

    @strawberry.field(description="By name.")
    async def products(
        self,
        info: Info,
        filter: ProductFilter | None = strawberry.UNSET,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Connection[Product]:
        listing = product_listing(filter or None)
        return await read_connection(info, listing, Page.of(listing.order, first, after, last, before), Product.decode)


@strawberry.type
class ProductMutations:
    @strawberry.mutation
    async def create_product(
        self, info: Info, input: CreateProductInput, options: EventOptions | None = strawberry.UNSET
    ) -> ProductResult:
        event = hazelgate.domain.products.ProductCreated(
            product_id=entity_id(input.product_id, given(options), "product"),
            sku=input.sku,
            name=input.name,
            description=optional(input.description),
            price=input.price,
            quantity_on_hand=input.quantity_on_hand,
        )
        return _payload(await submit(info, event, given(options)))

    @strawberry.mutation
    async def replenish_stock(
        self, info: Info, input: ReplenishStockInput, options: EventOptions | None = strawberry.UNSET
    ) -> ProductResult:
        event = hazelgate.domain.products.StockReplenished(product_id=input.product_id, quantity=input.quantity)
        return _payload(await submit(info, event, given(options)))

    @strawberry.mutation
    async def reserve_stock(
        self, info: Info, input: ReserveStockInput, options: EventOptions | None = strawberry.UNSET
    ) -> ProductResult:
        event = hazelgate.domain.products.StockReserved(
            product_id=input.product_id, order_id=input.order_id, quantity=input.quantity
        )
        return _payload(await submit(info, event, given(options)))

    @strawberry.mutation
    async def release_stock(
        self, info: Info, input: ReleaseStockInput, options: EventOptions | None = strawberry.UNSET
    ) -> ProductResult:
        event = hazelgate.domain.products.StockReleased(
            product_id=input.product_id, order_id=input.order_id, quantity=input.quantity
        )
        return _payload(await submit(info, event, given(options)))


def _payload(result: EventReceipt | AnyEventError) -> ProductResult:
    if isinstance(result, EventReceipt):
        return ProductPayload(receipt=result, product_id=result.aggregate_id)
    return result


def product_listing(filter: ProductFilter | None) -> Listing:
    """Which products; by SKU."""
    conditions: list[Condition] = []
    if filter and isinstance(filter.name_contains, str):
        conditions.append(Condition("name", "contains", filter.name_contains, "text"))
    if filter and isinstance(filter.in_stock, bool):
        conditions.append(Condition("quantityAvailable", "gt" if filter.in_stock else "le", 0, "decimal"))
    if filter and isinstance(filter.sku, str):
        conditions.append(Condition("sku", "eq", filter.sku))
        return Listing.starting_with(PRODUCTS.name, "sku", f"{filter.sku}|", conditions=tuple(conditions))
    return Listing(PRODUCTS.name, "sku", conditions=tuple(conditions))


async def product_history(
    product: Product, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
) -> EventConnection:
    return await read_history(info, "Product", product.product_id, first, after)


async def payload_product(payload: ProductPayload, info: Info) -> Product | None:
    return Product.decode(await info.context.reads.load(PRODUCTS.name, payload.product_id))


FIELDS: FieldResolvers = {(Product, "history"): product_history, (ProductPayload, "product"): payload_product}
