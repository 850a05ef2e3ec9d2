"""
A log of the shop in PostgreSQL, of any length: the rows that the engine would have written, put there by COPY.

It is the same log whenever it is made: customers, products, and orders that are placed, confirmed and cancelled.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hazelcast.hash import hash_to_index, murmur_hash3_x86_32
from msgspec import Raw

from domain.customers import CustomerCreated, CustomerUpdated
from domain.orders import OrderCancelled, OrderConfirmed, OrderCreated, OrderLine, total_of
from domain.products import ProductCreated, StockReplenished, StockReserved
from gateway.postgres.connecting import connect
from sourcing.envelope import EventRecord, encode_json
from sourcing.events import Event
from sourcing.ids import cursor
from sourcing.projector.intake import payload_hash

PARTITIONS = 71
DEEP_CUSTOMERS, DEEP_EVENTS = 20, 100
_PRODUCTS = 1_000
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_MICROS_APART = 5_000_000
_COLUMNS = (
    "event_id, event_type, event_version, aggregate_type, aggregate_id, aggregate_sequence, event_data, metadata, "
    "timestamp, correlation_id, source, lane, position, cursor, payload_hash, record"
)


@dataclass(frozen=True)
class ShopLog:
    """What was put there."""

    events: int
    deep_customers: list[str]
    """Customers with 100 events each, all over the log."""
    began: datetime
    ended: datetime


def fill(dsn: str, count: int, *, seed: int = 2026) -> ShopLog:
    """Put `count` events into an empty table, at least 30,000."""
    shop = _Shop(random.Random(seed), count)
    with connect(dsn) as connection, connection.cursor() as pen:
        with pen.copy(f"COPY event_store ({_COLUMNS}) FROM STDIN".encode()) as copy:
            for row in shop.rows():
                copy.write_row(row)
        connection.commit()
    with connect(dsn, autocommit=True) as connection:
        connection.execute(b"VACUUM ANALYZE event_store")
    ended = _BEGAN + timedelta(microseconds=count * _MICROS_APART)
    return ShopLog(count, shop.deep_customers, _BEGAN, ended)


class _Shop:
    """Makes up what happens, and keeps how far each aggregate is."""

    def __init__(self, chance: random.Random, count: int) -> None:
        self._chance = chance
        self._count = count
        self._sequences: dict[str, int] = {}
        self._lanes: dict[str, int] = {}
        self._customers: list[str] = []
        self._products: list[ProductCreated] = []
        self._open: list[OrderCreated] = []
        self.deep_customers = [self._new_id() for _ in range(DEEP_CUSTOMERS)]

    def rows(self) -> Iterator[tuple[object, ...]]:
        """The rows, in the order of the log."""
        began = int(_BEGAN.timestamp() * 1_000_000)
        for number in range(self._count):
            event, version, aggregate_type, aggregate_id = self._next(number)
            sequence = self._sequences[aggregate_id] = self._sequences.get(aggregate_id, 0) + 1
            lane = self._lanes.get(aggregate_id)
            if lane is None:
                lane = self._lanes[aggregate_id] = lane_of(aggregate_id)
            position = began + (number + 1) * _MICROS_APART
            yield _row(
                event, version, aggregate_type, aggregate_id, sequence, lane, position, str(UUID(int=self._bits()))
            )

    def _bits(self) -> int:
        return self._chance.getrandbits(128) & ~(0xF << 76) | 0x7 << 76

    def _new_id(self) -> str:
        return str(UUID(int=self._bits()))

    def _next(self, number: int) -> tuple[Event, int, str, str]:
        if len(self._products) < _PRODUCTS:
            product = _product(self._new_id(), len(self._products))
            self._products.append(product)
            return product, 1, "Product", product.product_id
        if number % (self._count // (DEEP_CUSTOMERS * DEEP_EVENTS + 1_000)) == 0:
            deep = [each for each in self.deep_customers if self._sequences.get(each, 0) < DEEP_EVENTS]
            if deep:
                return self._customer(deep[number % len(deep)])
        kind = self._chance.random()
        if kind < 0.10 or len(self._customers) < 100:
            self._customers.append(self._new_id())
            return self._customer(self._customers[-1])
        if kind < 0.30:
            return self._customer(self._chance.choice(self._customers))
        if kind < 0.55:
            order = self._order()
            self._open.append(order)
            return order, 1, "Order", order.order_id
        if kind < 0.75 and self._open:
            order = self._open.pop(self._chance.randrange(len(self._open)))
            if self._chance.random() < 0.15:
                total = total_of(order.items)
                cancelled = OrderCancelled(
                    order_id=order.order_id, reason="late", customer_id=order.customer_id, total_amount=total
                )
                return cancelled, 1, "Order", order.order_id
            return OrderConfirmed(order_id=order.order_id), 1, "Order", order.order_id
        product = self._chance.choice(self._products)
        if kind < 0.95:
            reserved = StockReserved(product_id=product.product_id, order_id=self._new_id(), quantity=1)
            return reserved, 2, "Product", product.product_id
        return StockReplenished(product_id=product.product_id, quantity=10), 1, "Product", product.product_id

    def _customer(self, customer_id: str) -> tuple[Event, int, str, str]:
        done = self._sequences.get(customer_id, 0)
        if done == 0:
            created = CustomerCreated(
                customer_id=customer_id, name="Ada Lovelace", email=f"{customer_id}@example.com", address="London"
            )
            return created, 1, "Customer", customer_id
        updated = CustomerUpdated(customer_id=customer_id, name=f"Ada Lovelace the {done + 1}th")
        return updated, 1, "Customer", customer_id

    def _order(self) -> OrderCreated:
        customer = self._chance.choice(self._customers)
        return OrderCreated(
            order_id=self._new_id(),
            customer_id=customer,
            customer_name="Ada Lovelace",
            customer_email=f"{customer}@example.com",
            items=tuple(
                OrderLine(
                    product_id=each.product_id,
                    quantity=self._chance.randint(1, 5),
                    price_at_order=each.price,
                    name=each.name,
                    sku=each.sku,
                )
                for each in self._chance.sample(self._products, 2)
            ),
        )


def _product(product_id: str, number: int) -> ProductCreated:
    return ProductCreated(
        product_id=product_id,
        sku=f"SKU-{number:05d}",
        name=f"Product number {number}",
        price=Decimal("12.50"),
        quantity_on_hand=1_000_000,
    )


def _row(
    event: Event,
    version: int,
    aggregate_type: str,
    aggregate_id: str,
    sequence: int,
    lane: int,
    position: int,
    event_id: str,
) -> tuple[object, ...]:
    moment = datetime.fromtimestamp(position / 1_000_000, UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    at, data, place, event_type = f"{moment}Z", encode_json(event), cursor(position, lane), type(event).__name__
    record = EventRecord(
        persisted_at=at,
        cursor=place,
        lane=lane,
        position=position,
        event_id=event_id,
        event_type=event_type,
        event_version=version,
        aggregate_type=aggregate_type,
        aggregate_id=aggregate_id,
        sequence=sequence,
        correlation_id=event_id,
        source="benchmark",
        timestamp=at,
        received_at=at,
        data=Raw(data),
    )
    return (
        *(event_id, event_type, version, aggregate_type, aggregate_id, sequence, data.decode(), "{}"),
        *(at, event_id, "benchmark", lane, position, place),
        *(payload_hash(event_type, version, aggregate_id, data), encode_json(record).decode()),
    )


def lane_of(aggregate_id: str) -> int:
    """The partition that a member of the usual settings keeps an aggregate in."""
    text = aggregate_id.encode()
    hashed = murmur_hash3_x86_32(bytes(8) + len(text).to_bytes(4) + text)  # type: ignore[no-untyped-call]
    lane: int = hash_to_index(hashed, PARTITIONS)  # type: ignore[no-untyped-call]
    return lane
