"""
The rights of roles, declared beside what they are about.

    orders = projection("order-view", Order, key="order_id",
        access=[allow("customer", rows=By("customer.customer_id") == claim("sub")), allow("operator")])

A gateway that knows identities enforces them: what no rule allows is denied. Without identities they say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OPERATOR = "operator"
"""The role that sees pipelines and dead letters, and may repair them. It reads events that name no readers."""
AUTHENTICATED = "authenticated"
"""The role of every caller that a gateway knows."""
ANONYMOUS = "anonymous"
"""The role of callers that say nothing of themselves. A gateway refuses them where no rule names it."""


@dataclass(frozen=True)
class Claim:
    """A claim of the caller's token."""

    name: str


def claim(name: str) -> Claim:
    """
    A claim of the caller's token, to compare fields with.

    A caller whose token lacks the claim gets no row by the rule.

    Args:
        name: The claim's name in the token, dotted where it lies deeper: `"sub"` is the caller.
    """
    return Claim(name)


@dataclass(frozen=True)
class RowRule:
    """Rows whose field has a value: a constant, or a claim of the caller."""

    path: str
    value: object


Rows = RowRule | Mapping[str, Any]
"""Rows by one comparison, or by a filter in Python's names, in which claims may stand in place of values."""


@dataclass(frozen=True)
class Grant:
    """What a role is allowed: some rows or all, some fields or all, always or where `when` holds."""

    role: str
    rows: Rows | None = None
    fields: tuple[str, ...] | None = None
    when: Callable[..., Any] | None = None


def allow(
    role: str,
    *,
    rows: Rows | None = None,
    fields: Sequence[str] | None = None,
    when: Callable[..., Any] | None = None,
) -> Grant:
    """
    Allow a role to read a view or stored events, or to submit an event.

    Args:
        role: A role of the caller's identity. Each caller that is known has `"authenticated"`, others `"anonymous"`.
        rows: Which rows, as `By("customer.customer_id") == claim("sub")`, or as a filter in Python's names:
            `{"region": {"in": claim("regions")}}`. Left out, all.
        fields: Which fields, by their names in Python; of a view also computed fields, links, `revision` and
            `history`. The key is always among them. Left out, all.
        when: To submit an event: a function of the event and the `Identity` that says whether it is allowed.
    """
    return Grant(role, rows, None if fields is None else tuple(fields), when)
