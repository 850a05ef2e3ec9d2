"""
The roles of the shop.

- `customer`: sees and changes what is its own; its id is the customer's
- `support`: sees what helps to answer a question, and no amounts
- `operator`: sees and does everything

Rules stand beside what they are about. They count where the gateway knows identities.
"""

from __future__ import annotations

from typing import Protocol

from hazelgate import Identity

CUSTOMER = "customer"
SUPPORT = "support"
OPERATOR = "operator"


class OfCustomer(Protocol):
    """An event that says whose it is."""

    @property
    def customer_id(self) -> str: ...


def is_own(event: OfCustomer, identity: Identity | None) -> bool:
    """Whether an event is the caller's own."""
    return identity is not None and event.customer_id == identity.subject


def may_touch(customer_id: str, identity: Identity | None) -> bool:
    """Whether the submitter may change what belongs to a customer. A program without identity may."""
    return identity is None or OPERATOR in identity.roles or identity.subject == customer_id
