"""The shop's products."""

from decimal import Decimal
from typing import Annotated

import strawberry

import hazelgate.domain.products
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

    history: EventConnection = resolved(FORWARD, description="Every event that formed this entry, oldest first.")

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
    product: Product | None = resolved(description=AS_APPLIED)


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
