"""Customers: who orders."""

from __future__ import annotations

from hazelgate import (
    UNSET,
    By,
    Event,
    EventRecord,
    Id,
    Instant,
    Json,
    Rejected,
    UnsetType,
    View,
    allow,
    claim,
    event,
    guard,
    projection,
    replace,
    upcast,
)
from hazelgate.domain.fields import Address, Email, Name
from hazelgate.domain.rights import CUSTOMER, OPERATOR, SUPPORT, is_own


@event(
    "CustomerCreated",
    aggregate="Customer",
    key="customer_id",
    mutation="createCustomer",
    creates=True,
    access=[allow(CUSTOMER, when=is_own), allow(OPERATOR)],
    readers=[allow(CUSTOMER, rows=By("customer_id") == claim("sub")), allow(OPERATOR)],
)
class CustomerCreated(Event):
    """Somebody has become a customer."""

    customer_id: Id
    name: Name
    email: Email
    address: Address | None = None


@event(
    "CustomerUpdated",
    aggregate="Customer",
    key="customer_id",
    version=2,
    mutation="updateCustomer",
    access=[allow(CUSTOMER, when=is_own), allow(OPERATOR)],
    readers=[allow(CUSTOMER, rows=By("customer_id") == claim("sub")), allow(OPERATOR)],
)
class CustomerUpdated(Event):
    """A customer's details have changed. A field that is left out stays; null clears it. Orders stay as they are."""

    customer_id: Id
    name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    address: Address | UnsetType | None = UNSET


@upcast(CustomerUpdated, from_version=1)
def null_is_left_out(data: Json) -> Json:
    """In version 1 null said what leaving out says now."""
    return {name: value for name, value in data.items() if value is not None}


class Customer(View):
    """A customer as known today."""

    customer_id: Id
    name: str
    email: str
    address: str | None
    created_at: Instant


@guard(CustomerCreated, reads={"customer": Customer.by("customer_id")})
def is_new(event: CustomerCreated, customer: Customer | None) -> None:
    """A customer is created once."""
    if customer is not None:
        raise Rejected("customer_id", f"customer {event.customer_id} exists already; update it instead")


@guard(CustomerUpdated, reads={"customer": Customer.by("customer_id")})
def exists_and_changes(event: CustomerUpdated, customer: Customer | None) -> None:
    """Only an existing customer is updated, and something of it has to be given."""
    problems = []
    if customer is None:
        problems.append(Rejected("customer_id", f"there is no customer {event.customer_id}"))
    if event.name is UNSET and event.email is UNSET and event.address is UNSET:
        problems.append(Rejected((), "give at least one of name, email and address"))
    if problems:
        raise Rejected.all(problems)


customers = projection(
    "customer-view",
    Customer,
    key="customer_id",
    indexes={"name": By("name"), "email": By("email"), "createdAt": By("created_at")},
    access=[
        allow(CUSTOMER, rows=By("customer_id") == claim("sub")),
        allow(SUPPORT, fields=["name", "created_at"]),
        allow(OPERATOR),
    ],
)


@customers.on(CustomerCreated, key="customer_id")
def created(_: None, event: CustomerCreated, record: EventRecord) -> Customer:
    """A new customer."""
    return Customer(
        customer_id=event.customer_id,
        name=event.name,
        email=event.email,
        address=event.address,
        created_at=record.timestamp,
    )


@customers.on(CustomerUpdated, key="customer_id")
def updated(customer: Customer, event: CustomerUpdated) -> Customer:
    """A field that is given replaces the old one."""
    return replace(
        customer,
        name=customer.name if event.name is UNSET else event.name,
        email=customer.email if event.email is UNSET else event.email,
        address=customer.address if event.address is UNSET else event.address,
    )
