"""What the shop's views held at each of a row of instants, recorded while it was used, and asked for afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

Ask = Callable[[str], Awaitable[dict[str, Any]]]
Moments = list[tuple[datetime, dict[str, Any]]]

_REVISION = "revision { version causedBy updatedAt }"


def everything(as_of: str = "") -> str:
    """A query for one entry of each view."""
    return (
        f'{{ customer(customerId: "c1"{as_of}) {{ name email address createdAt {_REVISION} }} '
        f'product(productId: "p1"{as_of}) {{ price quantityOnHand quantityReserved quantityAvailable {_REVISION} }} '
        f'order(orderId: "o1"{as_of}) {{ status cancelReason totalAmount placedAt items {{ quantity }} {_REVISION} }} '
        f'customerOrderSummary(customerId: "c1"{as_of}) '
        f"{{ orderCount cancelledCount totalSpent lastOrderId lastOrderAt {_REVISION} }} }}"
    )


async def use_the_shop(ask: Ask, random: Random, steps: int) -> Moments:
    """Change the shop at random; what it looked like after each step, and when that was."""
    moments: Moments = [(datetime.now(UTC), await ask(everything()))]
    orders = 0
    first = (
        'createCustomer(input: {customerId: "c1", name: "Ada", email: "ada@example.org"})',
        'createProduct(input: {productId: "p1", sku: "A-1", name: "Pen", price: "1.50", quantityOnHand: 50})',
    )
    for step in range(steps):
        number = random.randint(1, max(1, orders))
        if step < len(first):
            change = first[step]
        else:
            change = random.choice(
                (
                    f'updateCustomer(input: {{customerId: "c1", name: "Ada {step}"}})',
                    'replenishStock(input: {productId: "p1", quantity: 3})',
                    f'reserveStock(input: {{productId: "p1", orderId: "o{number}", quantity: 2}})',
                    "new order",
                    "new order",
                    f'confirmOrder(input: {{orderId: "o{number}"}})',
                    f'cancelOrder(input: {{orderId: "o{number}", reason: "late"}})',
                )
            )
            if change == "new order":
                orders += 1
                items = f'[{{productId: "p1", quantity: {step}}}]'
                change = f'createOrder(input: {{orderId: "o{orders}", customerId: "c1", items: {items}}})'
        await ask(f"mutation {{ {change} {{ __typename }} }}")
        await asyncio.sleep(0.002)  # the next event is stored in a later instant than this state was seen in
        moments.append((datetime.now(UTC), await ask(everything())))
        await asyncio.sleep(0.002)
    return moments


async def differences(ask: Ask, random: Random, moments: Moments, count: int) -> list[tuple[Any, Any]]:
    """Random instants of them, asked for again: what was, and what is said to have been, where they differ."""
    found = []
    for at, was in random.sample(moments, min(count, len(moments))):
        said = await ask(everything(f', asOf: "{at.isoformat()}"'))
        if said != was:
            found.append((was, said))
    return found
