"""The shop's customers: reading and changing them."""

from datetime import datetime

import strawberry

import hazelgate.domain.customers
from hazelgate.resolvers.submitting import entity_id, given, optional, submit
from hazelgate.schema.connections import Connection, Page, read_connection
from hazelgate.schema.context import Info
from hazelgate.schema.customers import (
    CUSTOMERS,
    CreateCustomerInput,
    Customer,
    CustomerFilter,
    CustomerPayload,
    CustomerResult,
    UpdateCustomerInput,
    customer_listing,
)
from hazelgate.schema.entries import require_id
from hazelgate.schema.orders import SUMMARIES, CustomerOrderSummary, orders_of
from hazelgate.schema.past import load_as_of
from hazelgate.schema.results import AnyEventError, EventOptions, EventReceipt


@strawberry.type
class CustomerQueries:
    @strawberry.field
    async def customer(
        self, info: Info, customer_id: strawberry.ID, as_of: datetime | None = strawberry.UNSET
    ) -> Customer | None:
        key = require_id("customerId", customer_id)
        if isinstance(as_of, datetime):
            entry = await load_as_of(info, CUSTOMERS, key, [("Customer", key)], as_of)
        else:
            entry = await CUSTOMERS.load(info, key)
        return Customer.of(entry) if entry is not None else None

    @strawberry.field
    async def customer_order_summary(
        self, info: Info, customer_id: strawberry.ID, as_of: datetime | None = strawberry.UNSET
    ) -> CustomerOrderSummary | None:
        key = require_id("customerId", customer_id)
        if isinstance(as_of, datetime):
            entry = await load_as_of(info, SUMMARIES, key, await orders_of(info, key), as_of)
        else:
            entry = await SUMMARIES.load(info, key)
        return CustomerOrderSummary.of(entry) if entry is not None else None

    @strawberry.field(description="By name.")
    async def customers(
        self,
        info: Info,
        filter: CustomerFilter | None = strawberry.UNSET,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Connection[Customer]:
        listing = customer_listing(filter or None)
        return await read_connection(info, listing, Page.of(listing.order, first, after, last, before), Customer.decode)


@strawberry.type
class CustomerMutations:
    @strawberry.mutation
    async def create_customer(
        self, info: Info, input: CreateCustomerInput, options: EventOptions | None = strawberry.UNSET
    ) -> CustomerResult:

        event = hazelgate.domain.customers.CustomerCreated(
            customer_id=entity_id(input.customer_id, given(options), "customer"),
            name=input.name,
            email=input.email,
            address=optional(input.address),
        )
        return _payload(await submit(info, event, given(options)))

    @strawberry.mutation
    async def update_customer(
        self, info: Info, input: UpdateCustomerInput, options: EventOptions | None = strawberry.UNSET
    ) -> CustomerResult:

        event = hazelgate.domain.customers.CustomerUpdated(
            customer_id=input.customer_id,
            name=optional(input.name),
            email=optional(input.email),
            address=optional(input.address),
        )
        return _payload(await submit(info, event, given(options)))


def _payload(result: EventReceipt | AnyEventError) -> CustomerResult:
    if isinstance(result, EventReceipt):
        return CustomerPayload(receipt=result, customer_id=result.aggregate_id)
    return result
