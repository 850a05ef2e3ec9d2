"""An operator's order about a dead letter, and its outcome, as members take and give them."""

from __future__ import annotations

import msgspec

from hazelgate.sourcing.envelope import Completion
from hazelgate.sourcing.errors import FieldProblem


class ResolveOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be done about one letter: RETRY, EDIT with `data`, DISCARD with a `reason`."""

    dead_letter_id: str = msgspec.field(name="id")
    action: str
    data: msgspec.Raw | None = None
    reason: str | None = None


class Resolution(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """
    What came of it.

    `outcome` is RESOLVED; FAILED (it was tried, and failed again), UNKNOWN, INVALID (the data don't fit) or BUSY.
    `completion` is how the letter's event stands now.
    """

    id: str
    outcome: str
    message: str = ""
    problems: tuple[FieldProblem, ...] = ()
    completion: Completion | None = None
