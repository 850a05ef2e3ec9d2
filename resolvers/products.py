"""The shop's products: reading them, and keeping their stock."""

from datetime import datetime

import strawberry

import hazelgate.domain.products
from hazelgate.resolvers.submitting import entity_id, given, optional, submit
from hazelgate.schema.connections import Connection, Page, read_connection
from hazelgate.schema.context import Info
from hazelgate.schema.entries import require_id
from hazelgate.schema.past import load_as_of
from hazelgate.schema.products import (
    PRODUCTS,
    CreateProductInput,
    Product,
    ProductFilter,
    ProductPayload,
    ProductResult,
    ReleaseStockInput,
    ReplenishStockInput,
    ReserveStockInput,
    product_listing,
)
from hazelgate.schema.results import AnyEventError, EventOptions, EventReceipt


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
            entry = await PRODUCTS.load(info, key)
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
