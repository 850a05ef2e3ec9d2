"""
Who may do what, declared beside what it is about.

    orders = projection("order-view", Order, key="order_id",
        access=[allow("customer", rows=By("customer.customer_id") == claim("sub")), allow("operator")])

The catalog keeps these rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Claim:
    """A claim of the caller's token."""

    name: str


def claim(name: str) -> Claim:
    """
    A claim of the caller's token, to compare fields with.

    Args:
        name: The claim's name in the token: `"sub"` is who the caller is.
    """
    return Claim(name)


@dataclass(frozen=True)
class RowRule:
    """Rows whose field has a value: a constant, or a claim of the caller."""

    path: str
    value: object


@dataclass(frozen=True)
class Grant:
    """What a role is allowed: some rows or all, some fields or all, always or where `when` holds."""

    role: str
    rows: RowRule | None = None
    fields: tuple[str, ...] | None = None
    when: Callable[..., Any] | None = None


def allow(
    role: str,
    *,
    rows: RowRule | None = None,
    fields: Sequence[str] | None = None,
    when: Callable[..., Any] | None = None,
) -> Grant:
    """
    Allow a role to read a view, or to submit an event.

    Args:
        role: The role that the caller's identity has.
        rows: Which rows of a view, as `By("customer.customer_id") == claim("sub")`; left out, all.
        fields: Which fields of a view, by their names in Python; left out, all.
        when: For an event: a function of the event and the identity that says whether it is allowed.
    """
    return Grant(role, rows, None if fields is None else tuple(fields), when)
