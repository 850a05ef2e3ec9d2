"""`@event` gives a class its place in the catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hazelgate.sourcing.declaring.registry import EventRegistration, default
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.errors import CatalogError

E = TypeVar("E", bound=Event)


def event(name: str, *, aggregate: str, key: str, version: int = 1) -> Callable[[type[E]], type[E]]:
    """
    Register a class as an event type.

    Args:
        name: The name that is stored. Keep it when you rename the class.
        aggregate: The type of the aggregate whose history the event belongs to, as `"Order"`.
        key: The field that holds the aggregate's id.
        version: The version of the data's schema. Raise it when the fields change, and write an `@upcast` for the
            version before.

    Returns:
        A decorator that returns the class as it is.

    Raises:
        CatalogError: The class is not derived from `Event`. `Catalog.load` raises it too: for a second event of the
            same name, or a `key` that is no field.
    """

    def register(cls: type[E]) -> type[E]:
        if not issubclass(cls, Event):
            raise CatalogError(f"{cls.__qualname__} is registered as event {name!r}; derive it from Event")
        default.add(EventRegistration(cls.__module__, name, aggregate, key, version, cls))
        return cls

    return register
