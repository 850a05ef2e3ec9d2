"""Events and requests of the shop, as the benchmarks send them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from decimal import Decimal

from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.domain.customers import CustomerCreated, CustomerUpdated
from hazelgate.domain.products import ProductCreated
from hazelgate.sourcing import ids
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.errors import EventError

PAYLOAD_BYTES = 500
_BATCH = 1_000
OPTIONS = SubmitOptions(timeout_seconds=60.0)

CREATE_CUSTOMER = """mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) {
  __typename ... on CustomerPayload { receipt { eventId status sequence } } ... on EventError { code message } } }"""

CREATE_ORDER = """mutation ($input: CreateOrderInput!) { createOrder(input: $input) {
  __typename
  ... on OrderPayload { receipt { eventId status } order { orderId totalAmount status items { name quantity } } }
  ... on EventError { code message } } }"""

HISTORY = """query ($id: ID!) { customer(customerId: $id) {
  history(first: 20) { edges { node { eventType sequence data } } pageInfo { hasNextPage } } } }"""


def order_of(chance: random.Random, customer_ids: Sequence[str], product_ids: Sequence[str]) -> dict[str, object]:
    """The variables of `CREATE_ORDER`: an order of one of these customers, for three of these products."""
    items = [{"productId": each, "quantity": chance.randint(1, 5)} for each in chance.sample(product_ids, 3)]
    return {"input": {"customerId": chance.choice(customer_ids), "items": items}}


def body(query: str, variables: dict[str, object]) -> bytes:
    """A GraphQL request over HTTP."""
    return json.dumps({"query": query, "variables": variables}).encode()


def new_customer(*, payload_bytes: int = 0) -> CustomerCreated:
    """A customer nobody has seen before; with `payload_bytes`, of that many bytes as JSON."""
    customer_id = ids.new_id()
    plain = CustomerCreated(
        customer_id=customer_id, name="Ada Lovelace", email=f"{customer_id}@example.com", address=""
    )
    missing = payload_bytes - len(
        json.dumps({"customerId": "", "name": "", "email": "", "address": ""}, separators=(",", ":"))
    )
    missing -= len(plain.customer_id) + len(plain.name) + len(plain.email)
    address = "x" * missing if missing > 0 else "12 St James's Square, London"
    return CustomerCreated(customer_id=customer_id, name=plain.name, email=plain.email, address=address)


def renamed(customer_id: str, number: int) -> CustomerUpdated:
    """A change to a customer who is there."""
    return CustomerUpdated(customer_id=customer_id, name=f"Ada Lovelace the {number}th")


def new_product(number: int) -> ProductCreated:
    """A product to order."""
    return ProductCreated(
        product_id=ids.new_id(),
        sku=f"SKU-{number:05d}",
        name=f"Product number {number}",
        price=Decimal("12.50"),
        quantity_on_hand=1_000_000,
    )


async def submit_all(handler: EventHandler, events: Sequence[Event], *, at_once: int = 4) -> None:
    """
    Submit in batches of 1,000, `at_once` of them under way, and wait until every event is in its views.

    Raises:
        RuntimeError: An event was not accepted.
    """
    import asyncio

    async def worker(number: int) -> None:
        for start in range(number * _BATCH, len(events), at_once * _BATCH):
            batch = events[start : start + _BATCH]
            for outcome in await handler.handle_events([Submission(event, OPTIONS) for event in batch]):
                _require(outcome)

    await asyncio.gather(*(worker(number) for number in range(at_once)))


def _require(outcome: Receipt | EventError) -> None:
    if isinstance(outcome, EventError):
        raise RuntimeError(f"an event of the benchmark was not accepted: {outcome.code} {outcome}")
