"""The shop's customers: reading and changing them."""

from datetime import datetime

import strawberry

import hazelgate.domain.customers
from hazelgate.client.reading.queries import Condition
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.events.submitting import entity_id, given, optional, submit
from hazelgate.resolvers.reading.connections import read_connection
from hazelgate.resolvers.reading.histories import read_history
from hazelgate.resolvers.reading.listings import Listing
from hazelgate.resolvers.reading.pages import Page
from hazelgate.resolvers.reading.view_entries import load_as_of, load_entry
from hazelgate.resolvers.shop.orders import order_listing, orders_of
from hazelgate.schema.arguments import require_id
from hazelgate.schema.connections import Connection
from hazelgate.schema.events.records import EventConnection
from hazelgate.schema.events.results import AnyEventError, EventOptions, EventReceipt
from hazelgate.schema.fields import FieldResolvers
from hazelgate.schema.shop.customers import (
    CUSTOMERS,
    CreateCustomerInput,
    Customer,
    CustomerFilter,
    CustomerPayload,
    CustomerResult,
    UpdateCustomerInput,
)
from hazelgate.schema.shop.orders import SUMMARIES, CustomerOrderSummary, EnrichedOrder, OrderFilter


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
            entry = await load_entry(info, CUSTOMERS, key)
        return Customer.of(entry) if entry is not None else None

    @strawberry.field
    async def customer_order_summary(
        self, info: Info, customer_id: strawberry.ID, as_of: datetime | None = strawberry.UNSET
    ) -> CustomerOrderSummary | None:
        key = require_id("customerId", customer_id)
        if isinstance(as_of, datetime):
            entry = await load_as_of(info, SUMMARIES, key, await orders_of(info, key), as_of)
        else:
            entry = await load_entry(info, SUMMARIES, key)
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


def customer_listing(filter: CustomerFilter | None) -> Listing:
    """Which customers; in the order in which they came, those of one email address by their ids."""
    conditions: list[Condition] = []
    if filter and isinstance(filter.name_contains, str):
        conditions.append(Condition("name", "contains", filter.name_contains, "text"))
    if filter and isinstance(filter.email, str):
        email = filter.email.lower()
        conditions.append(Condition("email", "eq", filter.email, "text"))
        return Listing.starting_with(CUSTOMERS.name, "email", f"{email}|", conditions=tuple(conditions))
    return Listing(CUSTOMERS.name, "createdAt", conditions=tuple(conditions))


async def customer_history(
    customer: Customer, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
) -> EventConnection:
    return await read_history(info, "Customer", customer.customer_id, first, after)


async def payload_customer(payload: CustomerPayload, info: Info) -> Customer | None:
    return Customer.decode(await info.context.reads.load(CUSTOMERS.name, payload.customer_id))


async def summary_of_customer(customer: Customer, info: Info) -> CustomerOrderSummary | None:
    entry = await load_entry(info, SUMMARIES, customer.customer_id)
    return CustomerOrderSummary.of(entry) if entry is not None else None


async def orders_of_customer(
    customer: Customer,
    info: Info,
    first: int | None = strawberry.UNSET,
    after: str | None = strawberry.UNSET,
    last: int | None = strawberry.UNSET,
    before: str | None = strawberry.UNSET,
) -> Connection[EnrichedOrder]:
    listing = order_listing(OrderFilter(customer_id=customer.customer_id), None)
    return await read_connection(
        info, listing, Page.of(listing.order, first, after, last, before), EnrichedOrder.decode
    )


FIELDS: FieldResolvers = {
    (Customer, "order_summary"): summary_of_customer,
    (Customer, "orders"): orders_of_customer,
    (Customer, "history"): customer_history,
    (CustomerPayload, "customer"): payload_customer,
}
