"""The shop's customers."""

from datetime import datetime
from typing import Annotated

import strawberry

import hazelgate.domain.customers
from hazelgate.client.reading.queries import Condition
from hazelgate.schema.connections import Connection, Listing, Page, read_connection
from hazelgate.schema.context import Info
from hazelgate.schema.entries import Entry, ViewType
from hazelgate.schema.events import EventConnection, EventRecord, read_history
from hazelgate.schema.nodes import GlobalId, Node, Revision
from hazelgate.schema.orders import SUMMARIES, CustomerOrderSummary, EnrichedOrder, OrderFilter, order_listing
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

CUSTOMERS = ViewType("customer-view", hazelgate.domain.customers.Customer)


@strawberry.type
class Customer(Node):
    customer_id: strawberry.ID
    name: str
    email: str
    address: str | None
    created_at: datetime
    revision: Revision

    @strawberry.field
    async def order_summary(self, info: Info) -> CustomerOrderSummary | None:
        entry = await SUMMARIES.load(info, self.customer_id)
        return CustomerOrderSummary.of(entry) if entry is not None else None

    @strawberry.field(description="The customer's orders, the latest first.")
    async def orders(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Connection[EnrichedOrder]:
        listing = order_listing(OrderFilter(customer_id=self.customer_id), None)
        return await read_connection(
            info, listing, Page.of(listing.order, first, after, last, before), EnrichedOrder.decode
        )

    @strawberry.field(description="Every event that formed this entry, oldest first.")
    async def history(
        self, info: Info, first: int | None = strawberry.UNSET, after: str | None = strawberry.UNSET
    ) -> EventConnection:
        return await read_history(info, "Customer", self.customer_id, first, after)

    @classmethod
    def of(cls, entry: Entry[hazelgate.domain.customers.Customer]) -> "Customer":
        customer = entry.view
        return cls(
            id=strawberry.ID(GlobalId("Customer", customer.customer_id).encode()),
            customer_id=strawberry.ID(customer.customer_id),
            name=customer.name,
            email=customer.email,
            address=customer.address,
            created_at=customer.created_at,  # type: ignore[arg-type]
            revision=entry.revision,
        )

    @classmethod
    def decode(cls, raw: bytes | None) -> "Customer | None":
        entry = CUSTOMERS.decode(raw)
        return cls.of(entry) if entry is not None else None


@strawberry.input
class CustomerFilter:
    name_contains: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET


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


@strawberry.input
class CreateCustomerInput:
    customer_id: strawberry.ID | None = strawberry.UNSET
    name: str
    email: str
    address: str | None = strawberry.UNSET


@strawberry.input(description="What is left out stays as it is.")
class UpdateCustomerInput:
    customer_id: strawberry.ID
    name: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    address: str | None = strawberry.UNSET


@strawberry.type
class CustomerPayload:
    receipt: EventReceipt
    customer_id: strawberry.Private[str]

    @strawberry.field(
        description="As it is once the event has been applied; what was there before, if that was not waited for."
    )
    async def customer(self, info: Info) -> Customer | None:
        return Customer.decode(await info.context.reads.load(CUSTOMERS.name, self.customer_id))


CustomerResult = Annotated[
    CustomerPayload
    | EventRejected
    | SequenceConflict
    | EventIdConflict
    | EventDeadLettered
    | EventTimedOut
    | PipelineOverloaded,
    strawberry.union("CustomerResult"),
]


@strawberry.type
class CustomerChange:
    cursor: str
    caused_by: EventRecord
    customer: Customer


CustomerStream = Annotated[CustomerChange | Discontinuity, strawberry.union("CustomerStream")]
