"""The shop's products."""

from decimal import Decimal
from typing import Annotated

import strawberry

import hazelgate.domain.products
from hazelgate.client.reading.queries import Condition
from hazelgate.schema.connections import Listing
from hazelgate.schema.context import Info
from hazelgate.schema.entries import Entry, ViewType
from hazelgate.schema.events import EventConnection, EventRecord, read_history
from hazelgate.schema.nodes import GlobalId, Node, Revision
from hazelgate.schema.results import (
    EventDeadLettered,
    EventIdConflict,
    EventReceipt,
    EventRejected,
    EventTimedOut,
    PipelineOverloaded,
    SequenceConflict,
)
from hazelgate.schema.streams import Discontinuity

PRODUCTS = ViewType("product-availability-view", hazelgate.domain.products.Product)


@strawberry.type
class Product(Node):
    product_id: strawberry.ID
    sku: str
    name: str
    description: str | None
    price: Decimal
    quantity_on_hand: int
    quantity_reserved: int
    quantity_available: int = strawberry.field(description="On hand less reserved.")
    revision: Revision

    @strawberry.field(description="Every event that formed this entry, oldest first.")
    async def history(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> EventConnection:
        return await read_history(info, "Product", self.product_id, first, after)

    @classmethod
    def of(cls, entry: Entry[hazelgate.domain.products.Product]) -> "Product":
        product = entry.view
        return cls(
            id=strawberry.ID(GlobalId("Product", product.product_id).encode()),
            product_id=strawberry.ID(product.product_id),
            sku=product.sku,
            name=product.name,
            description=product.description,
            price=product.price,
            quantity_on_hand=product.quantity_on_hand,
            quantity_reserved=product.quantity_reserved,
            quantity_available=product.quantity_available,
            revision=entry.revision,
        )

    @classmethod
    def decode(cls, raw: bytes | None) -> "Product | None":
        entry = PRODUCTS.decode(raw)
        return cls.of(entry) if entry is not None else None


@strawberry.input
class ProductFilter:
    sku: str | None = strawberry.UNSET
    name_contains: str | None = strawberry.UNSET
    in_stock: bool | None = strawberry.UNSET


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


@strawberry.input
class CreateProductInput:
    product_id: strawberry.ID | None = strawberry.UNSET
    sku: str
    name: str
    description: str | None = strawberry.UNSET
    price: Decimal
    quantity_on_hand: int = 0


@strawberry.input
class ReplenishStockInput:
    product_id: strawberry.ID
    quantity: int


@strawberry.input
class ReserveStockInput:
    product_id: strawberry.ID
    order_id: strawberry.ID
    quantity: int


@strawberry.input
class ReleaseStockInput:
    product_id: strawberry.ID
    order_id: strawberry.ID
    quantity: int


@strawberry.type
class ProductPayload:
    receipt: EventReceipt
    product_id: strawberry.Private[str]

    @strawberry.field(
        description="As it is once the event has been applied; what was there before, if that was not waited for."
    )
    async def product(self, info: Info) -> Product | None:
        return Product.decode(await info.context.reads.load(PRODUCTS.name, self.product_id))


ProductResult = Annotated[
    ProductPayload
    | EventRejected
    | SequenceConflict
    | EventIdConflict
    | EventDeadLettered
    | EventTimedOut
    | PipelineOverloaded,
    strawberry.union("ProductResult"),
]


@strawberry.type
class ProductChange:
    cursor: str
    caused_by: EventRecord
    product: Product


ProductStream = Annotated[ProductChange | Discontinuity, strawberry.union("ProductStream")]
