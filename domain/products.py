"""Products and their stock. A reserved product stays on hand, and is not available any more."""

from __future__ import annotations

from decimal import Decimal

from hazelgate import By, Event, Id, Json, Rejected, View, allow, event, guard, projection, replace, upcast
from hazelgate.domain.fields import MAX_STOCK, Description, Money, Name, Sku, StockOnHand, StockQuantity, cents
from hazelgate.domain.rights import OPERATOR


@event(
    "ProductCreated",
    aggregate="Product",
    key="product_id",
    mutation="createProduct",
    creates=True,
    access=[allow(OPERATOR)],
)
class ProductCreated(Event):
    """A product can be ordered."""

    product_id: Id
    sku: Sku
    name: Name
    description: Description | None = None
    price: Money
    quantity_on_hand: StockOnHand = 0


@event("StockReplenished", aggregate="Product", key="product_id", mutation="replenishStock", access=[allow(OPERATOR)])
class StockReplenished(Event):
    """More of a product has come in."""

    product_id: Id
    quantity: StockQuantity


@event(
    "StockReserved", aggregate="Product", key="product_id", version=2, mutation="reserveStock", access=[allow(OPERATOR)]
)
class StockReserved(Event):
    """Part of a product's stock is set aside for an order."""

    product_id: Id
    order_id: Id
    quantity: StockQuantity


@upcast(StockReserved, from_version=1)
def quantity_has_its_full_name(data: Json) -> Json:
    """Version 1 said `qty`."""
    return {"quantity" if name == "qty" else name: value for name, value in data.items()}


@event("StockReleased", aggregate="Product", key="product_id", mutation="releaseStock", access=[allow(OPERATOR)])
class StockReleased(Event):
    """Stock that was set aside for an order is available again."""

    product_id: Id
    order_id: Id
    quantity: StockQuantity


class Product(View):
    """A product and how much of it there is."""

    product_id: Id
    sku: str
    name: str
    description: str | None
    price: Decimal
    quantity_on_hand: int
    quantity_reserved: int
    quantity_available: int


def _existing(product_id: str, product: Product | None) -> Product:
    if product is None:
        raise Rejected("product_id", f"there is no product {product_id}")
    return product


@guard(ProductCreated, reads={"product": Product.by("product_id")})
def is_new(event: ProductCreated, product: Product | None) -> ProductCreated:
    """A product is created once. Its price is kept to the cent."""
    if product is not None:
        raise Rejected("product_id", f"product {event.product_id} exists already")
    return replace(event, price=cents(event.price))


@guard(StockReplenished, reads={"product": Product.by("product_id")})
def fits_in_stock(event: StockReplenished, product: Product | None) -> None:
    """Stock is counted in 32 bits."""
    product = _existing(event.product_id, product)
    room = MAX_STOCK - product.quantity_on_hand
    if event.quantity > room:
        raise Rejected("quantity", f"only {room} more can be kept")


@guard(StockReserved, reads={"product": Product.by("product_id")})
def enough_is_available(event: StockReserved, product: Product | None) -> None:
    """Available stock never goes below zero."""
    product = _existing(event.product_id, product)
    if event.quantity > product.quantity_available:
        raise Rejected("quantity", f"only {product.quantity_available} available")


@guard(StockReleased, reads={"product": Product.by("product_id")})
def enough_is_reserved(event: StockReleased, product: Product | None) -> None:
    """No more is released than was reserved."""
    product = _existing(event.product_id, product)
    if event.quantity > product.quantity_reserved:
        raise Rejected("quantity", f"only {product.quantity_reserved} reserved")


products = projection(
    "product-availability-view",
    Product,
    key="product_id",
    indexes={"sku": By("sku"), "name": By("name"), "price": By("price")},
    access=[allow("authenticated", fields=["sku", "name", "description", "price"]), allow(OPERATOR)],
)


def _with_stock(product: Product, *, on_hand: int = 0, reserved: int = 0) -> Product:
    """The product with that much more on hand and reserved."""
    quantity_on_hand = product.quantity_on_hand + on_hand
    quantity_reserved = product.quantity_reserved + reserved
    return replace(
        product,
        quantity_on_hand=quantity_on_hand,
        quantity_reserved=quantity_reserved,
        quantity_available=quantity_on_hand - quantity_reserved,
    )


@products.on(ProductCreated, key="product_id")
def created(_: None, event: ProductCreated) -> Product:
    """A new product, nothing of it reserved."""
    return Product(
        product_id=event.product_id,
        sku=event.sku,
        name=event.name,
        description=event.description,
        price=event.price,
        quantity_on_hand=event.quantity_on_hand,
        quantity_reserved=0,
        quantity_available=event.quantity_on_hand,
    )


@products.on(StockReplenished, key="product_id")
def replenished(product: Product, event: StockReplenished) -> Product:
    """More on hand."""
    return _with_stock(product, on_hand=event.quantity)


@products.on(StockReserved, key="product_id")
def reserved(product: Product, event: StockReserved) -> Product:
    """More reserved, less available."""
    return _with_stock(product, reserved=event.quantity)


@products.on(StockReleased, key="product_id")
def released(product: Product, event: StockReleased) -> Product:
    """Less reserved, more available."""
    return _with_stock(product, reserved=-event.quantity)
