"""
Guards decide on an event before it is stored: they see it with the view entries that they declare, and may refuse it.
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

    The function takes the event and, by name, what it reads. It returns None to let the event pass, or the event
    completed with what it read. It raises `Rejected` to refuse the event. It does no I/O. It may take more, by name:
    `submitted_at`, and `identity`, the `Identity` of the submitter (None where a program has submitted the event).

        @guard(StockReserved, reads={"product": Product.by("product_id")})
        def enough_is_available(event: StockReserved, product: Product | None) -> None:
            if product is None or event.quantity > product.quantity_available:
                raise Rejected("quantity", "not enough is available")

    Args:
        events: The event types that it decides on.
        reads: The view entries that it needs, by the name of the parameter.

    Returns:
        A decorator that returns the function as it is.

    Raises:
        CatalogError: From `Catalog.load`: a type is no registered event, or a read names no view or no field.
    """

    def register(function: F) -> F:
        name = f"{function.__module__}.{function.__qualname__}"
        for cls in events:
            default.add(GuardRegistration(function.__module__, name, cls, dict(reads or {}), function))
        return function

    return register
