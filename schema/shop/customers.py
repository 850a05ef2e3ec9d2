"""The shop's customers."""

from datetime import datetime
from typing import Annotated

import strawberry

import hazelgate.domain.customers
from hazelgate.schema.connections import Connection
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
from hazelgate.schema.fields import BOTH_WAYS, FORWARD, resolved
from hazelgate.schema.nodes import GlobalId, Node, Revision
from hazelgate.schema.shop.orders import CustomerOrderSummary, EnrichedOrder

CUSTOMERS = ViewType("customer-view", hazelgate.domain.customers.Customer)


@strawberry.type
class Customer(Node):
    customer_id: strawberry.ID
    name: str
    email: str
    address: str | None
    created_at: datetime
    revision: Revision

    order_summary: CustomerOrderSummary | None = resolved()
    orders: Connection[EnrichedOrder] = resolved(BOTH_WAYS, description="The customer's orders, the latest first.")
    history: EventConnection = resolved(FORWARD, description="Every event that formed this entry, oldest first.")

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
    customer: Customer | None = resolved(description=AS_APPLIED)


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
