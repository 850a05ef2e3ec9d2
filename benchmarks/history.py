"""
A shop's history of any length, written straight into PostgreSQL: what is measured about long logs begins with one.

The rows are what the pipeline would have stored: sequences per aggregate without gaps, lanes as Hazelcast gives them,
positions that grow with time, and events as their guards complete them. The same seed makes the same shop.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import msgspec
from hazelcast.hash import murmur_hash3_x86_32

from hazelgate.domain.customers import CustomerCreated, CustomerUpdated
from hazelgate.domain.orders import OrderCancelled, OrderConfirmed, OrderCreated, OrderLine, total_of
from hazelgate.domain.products import ProductCreated, StockReleased, StockReserved
from hazelgate.operations.ports import free_ports
from hazelgate.operations.postgres.connecting import connect
from hazelgate.operations.postgres.migrating import migrate
from hazelgate.operations.postgres.server import prepare_server
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.clock import instant
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import EventRecord, encode_json
from hazelgate.sourcing.ids import cursor
from hazelgate.sourcing.repetition import payload_hash

PARTITIONS = 71
"""As hazelgate.yaml has it."""
DEEP_EVENTS = 100
_DEEP_CUSTOMERS = 20
_SHORT_EVENTS = 20 * _DEEP_CUSTOMERS * DEEP_EVENTS
_EVENTS_PER_CUSTOMER, _EVENTS_PER_PRODUCT = 50, 500
_COLUMNS = (
    "event_id, event_type, event_version, aggregate_type, aggregate_id, aggregate_sequence, event_data, metadata, "
    "timestamp, correlation_id, source, lane, position, cursor, payload_hash, record"
)


@dataclass
class History:
    """What was written."""

    events: int = 0
    customers: list[str] = field(default_factory=list)
    products: list[str] = field(default_factory=list)
    """The busiest aggregates: about `_EVENTS_PER_PRODUCT` events each, where the history is long."""
    orders: int = 0
    deep: list[str] = field(default_factory=list)
    """Customers with `DEEP_EVENTS` events each, from beginning to end; none in a short history."""
    first_position: int = 0
    last_position: int = 0


@contextlib.contextmanager
def database() -> Iterator[str]:
    """An empty database, migrated, on a PostgreSQL server of its own; how to connect to it. Nothing is left of it."""
    folder = Path(tempfile.mkdtemp(prefix="hazelgate-history-"))
    folder.chmod(0o755)  # root's server runs as somebody else
    try:
        server = prepare_server(folder, free_ports(1)[0])
        process = subprocess.Popen(
            server.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            server.wait_until_it_answers()
            migrate(server.dsn)
            yield server.dsn
        finally:
            process.terminate()
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def fill_in_thread(dsn: str, events: int) -> History:
    """`fill`, without holding up the event loop."""
    return await asyncio.to_thread(fill, dsn, events)


def fill(dsn: str, events: int = 1_000_000, *, seed: int = 17) -> History:
    """Write a history of so many events, the last an hour ago, into an empty table. About a minute for a million."""
    history = History()
    shop = _Shop(history, events, random.Random(seed))
    with (
        connect(dsn) as connection,
        connection.cursor() as rows,
        rows.copy(f"COPY event_store ({_COLUMNS}) FROM STDIN") as copy,
    ):
        for row in shop.rows():
            copy.write_row(row)
    with connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE event_store")
    return history


Row = tuple[object, ...]


class _Shop:
    """Customers come, products are put on sale, orders are placed, reserved, confirmed and now and then cancelled."""

    def __init__(self, history: History, events: int, chance: random.Random) -> None:
        self._history = history
        self._events = events
        self._chance = chance
        self._catalog = Catalog.load("hazelgate.domain")
        self._sequences: Counter[str] = Counter()
        self._lanes: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._deep_due = 0
        self._step = timedelta(seconds=20) if events > 10_000 else timedelta(seconds=1)
        self._now = datetime.now(UTC) - timedelta(hours=1) - events * self._step

    def rows(self) -> Iterator[Row]:
        """Exactly as many as were asked for."""
        for event in self._happenings():
            yield self._row(event)
            self._history.events += 1
            if self._history.events == self._events:
                return

    def _happenings(self) -> Iterator[Event]:
        for number in range(max(1, self._events // _EVENTS_PER_PRODUCT)):
            yield self._new_product(number)
        newcomers = max(1, self._events // _EVENTS_PER_CUSTOMER)
        yield self._new_customer()
        deep = self._deep()
        while True:
            if self._events >= _SHORT_EVENTS and self._history.events >= self._deep_due:
                self._deep_due += self._events // (_DEEP_CUSTOMERS * DEEP_EVENTS + 1)
                yield from itertools.islice(deep, 1)
            if len(self._history.customers) < newcomers and self._chance.random() < 0.1:
                yield self._new_customer()
            if self._chance.random() < 0.1:
                yield CustomerUpdated(
                    customer_id=self._chance.choice(self._history.customers),
                    address=f"{self._chance.randrange(1, 400)} Analytical Street, London",
                )
            yield from self._order()

    def _deep(self) -> Iterator[Event]:
        """In turn, one event of each of the customers that have many."""
        for _ in range(_DEEP_CUSTOMERS):
            yield self._new_customer()
        self._history.deep = self._history.customers[-_DEEP_CUSTOMERS:]
        self._history.customers = self._history.customers[:-_DEEP_CUSTOMERS]
        for number in range(1, DEEP_EVENTS):
            for customer_id in self._history.deep:
                yield CustomerUpdated(customer_id=customer_id, name=f"Ada Lovelace, changed {number} times")

    def _new_product(self, number: int) -> Event:
        product_id = self._new_id()
        self._history.products.append(product_id)
        self._names[product_id] = f"Product number {number}"
        return ProductCreated(
            product_id=product_id,
            sku=f"SKU-{number:06d}",
            name=self._names[product_id],
            price=Decimal("12.50"),
            quantity_on_hand=1_000_000,
        )

    def _new_customer(self) -> Event:
        customer_id = self._new_id()
        self._history.customers.append(customer_id)
        self._names[customer_id] = f"Ada Lovelace the {len(self._history.customers)}th"
        return CustomerCreated(
            customer_id=customer_id,
            name=self._names[customer_id],
            email=f"{customer_id}@example.com",
            address="12 St James's Square, London",
        )

    def _order(self) -> Iterator[Event]:
        order_id = self._new_id()
        self._history.orders += 1
        customer_id = self._chance.choice(self._history.customers)
        ordered = dict.fromkeys(self._chance.choices(self._history.products, k=self._chance.randrange(1, 4)))
        items = tuple(
            OrderLine(
                product_id=product_id,
                quantity=self._chance.randrange(1, 4),
                price_at_order=Decimal("12.50"),
                name=self._names[product_id],
                sku=f"SKU-{self._names[product_id].rpartition(' ')[2]:0>6}",
            )
            for product_id in ordered
        )
        yield OrderCreated(
            order_id=order_id,
            customer_id=customer_id,
            items=items,
            customer_name=self._names[customer_id],
            customer_email=f"{customer_id}@example.com",
        )
        for line in items:
            yield StockReserved(product_id=line.product_id, order_id=order_id, quantity=line.quantity)
        yield OrderConfirmed(order_id=order_id)
        if self._chance.random() < 0.05:
            yield OrderCancelled(
                order_id=order_id, reason="changed my mind", customer_id=customer_id, total_amount=total_of(items)
            )
            for line in items:
                yield StockReleased(product_id=line.product_id, order_id=order_id, quantity=line.quantity)

    def _new_id(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))

    def _row(self, event: Event) -> Row:
        spec = self._catalog.spec(event)
        aggregate_id: str = getattr(event, spec.key)
        self._sequences[aggregate_id] += 1
        lane = self._lanes.get(aggregate_id)
        if lane is None:
            lane = self._lanes[aggregate_id] = lane_of(aggregate_id)
        self._now += self._step
        at = instant(self._now)
        position = round(self._now.timestamp() * 1_000_000)
        self._history.first_position = self._history.first_position or position
        self._history.last_position = position
        event_id = self._new_id()
        data = self._catalog.encode(event)
        record = EventRecord(
            persisted_at=at,
            cursor=cursor(position, lane),
            lane=lane,
            position=position,
            event_id=event_id,
            event_type=spec.name,
            event_version=spec.version,
            aggregate_type=spec.aggregate,
            aggregate_id=aggregate_id,
            sequence=self._sequences[aggregate_id],
            correlation_id=event_id,
            source="history",
            timestamp=at,
            received_at=at,
            data=msgspec.Raw(data),
        )
        return (
            event_id,
            spec.name,
            spec.version,
            spec.aggregate,
            aggregate_id,
            record.sequence,
            data.decode(),
            "{}",
            at,
            event_id,
            "history",
            lane,
            position,
            record.cursor,
            payload_hash(spec.name, spec.version, aggregate_id, data),
            encode_json(record).decode(),
        )


def lane_of(aggregate_id: str) -> int:
    """The partition of an aggregate: Hazelcast hashes its key as it travels, a length and UTF-8."""
    text = aggregate_id.encode()
    hashed: int = murmur_hash3_x86_32(bytes(8) + len(text).to_bytes(4) + text)  # type: ignore[no-untyped-call]
    return 0 if hashed == -(2**31) else abs(hashed) % PARTITIONS
