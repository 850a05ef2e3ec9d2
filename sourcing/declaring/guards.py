"""
Guards decide on an event before it is stored: they see it with the view entries that they declare, and may refuse it.

A guard returns None (let it pass), the event completed with what it read, or raises `Rejected`. It does no I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hazelgate.sourcing.declaring.registry import GuardRegistration, default
from hazelgate.sourcing.declaring.values import Event, Read

F = TypeVar("F", bound=Callable[..., Any])


def guard(*events: type[Event], reads: Mapping[str, Read] | None = None) -> Callable[[F], F]:
    """
    Register a function that decides on events of these types.

    Args:
        events: The event types it decides on.
        reads: What it is handed besides the event, by parameter name: `{"product": Product.by("product_id")}`.
    """

    def register(function: F) -> F:
        name = f"{function.__module__}.{function.__qualname__}"
        for cls in events:
            default.add(GuardRegistration(function.__module__, name, cls, dict(reads or {}), function))
        return function

    return register
