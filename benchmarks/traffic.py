"""New orders at a steady pace, and the subscription that tells of each."""

from __future__ import annotations

import asyncio
import random
import time

from benchmarks import shop
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.domain.orders import OrderCreated, OrderLine
from hazelgate.sourcing import ids

ORDERS = """subscription ($orderId: ID) { orderChanged(orderId: $orderId) { ... on OrderChange {
  cursor causedBy { timestamp } order { orderId status totalAmount customer { name } items { name sku quantity } }
} ... on Discontinuity { cursor reason } } }"""
"""A broadcast where it has no `orderId`: each subscriber gets each order."""


class Traffic:
    """
    New orders, so many a second.

    Args:
        handler: Takes them.
        customers, products: Whose orders they are, and of what.
    """

    def __init__(self, handler: EventHandler, customers: list[str], products: list[str]) -> None:
        self._handler = handler
        self._customers = customers
        self._products = products
        self._chance = random.Random(7)

    @classmethod
    async def prepare(cls, handler: EventHandler) -> Traffic:
        """With customers and products to order from."""
        customers = [shop.new_customer() for _ in range(200)]
        products = [shop.new_product(number) for number in range(200)]
        await shop.submit_all(handler, [*customers, *products], at_once=1)
        return cls(handler, [each.customer_id for each in customers], [each.product_id for each in products])

    async def run(self, seconds: float, per_second: float) -> int:
        """Submit them, each at its time, and wait until all are in their views; return how many there were."""
        started = time.perf_counter()
        count = round(seconds * per_second)
        submitted = []
        for number in range(count):
            await asyncio.sleep(max(0.0, started + number / per_second - time.perf_counter()))
            submitted.append(asyncio.create_task(self.one()))
        await asyncio.gather(*submitted)
        return count

    async def one(self) -> str:
        """Submit one, and wait until it is in its view; return the order's id."""
        items = tuple(
            OrderLine(product_id=each, quantity=self._chance.randint(1, 5))
            for each in self._chance.sample(self._products, 3)
        )
        order = OrderCreated(order_id=ids.new_id(), customer_id=self._chance.choice(self._customers), items=items)
        await self._handler.handle_event(order)
        return order.order_id
