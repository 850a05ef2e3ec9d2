"""
Projections fold events into view entries: `(entry, event) -> entry`, pure, and from the event alone.

So a view can be rebuilt from the store at any time. Events of one aggregate come in order. Events of several aggregates
come in any order: an entry that they feed takes sums and latest dates, never "the previous one".
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from hazelgate.sourcing.declaring.registry import FoldRegistration, Key, ViewRegistration, default
from hazelgate.sourcing.declaring.values import Event, View
from hazelgate.sourcing.errors import CatalogError

V = TypeVar("V", bound=View)
F = TypeVar("F", bound=Callable[..., Any])


class Projection(Generic[V]):
    """A view and the functions that fold events into it."""

    def __init__(self, name: str, view: type[V]) -> None:
        self.name = name
        self.view = view

    def on(self, *events: type[Event], key: Key) -> Callable[[F], F]:
        """
        Register a function that folds events of these types into an entry.

        The function takes the entry (None where there is none yet) and the event. A third parameter, if it has one, is
        the `EventRecord` around the event, with its timestamp and sequence. It returns the entry's next state. It
        raises `NotYet` where the entry lacks something that an event of another aggregate will bring.

        Args:
            events: The event types that it folds.
            key: The event's field that holds the entry's key, dotted where it lies deeper. Or a function of the event:
                it returns the key, a list of keys, or None where the event does not concern the view.

        Returns:
            A decorator that returns the function as it is.

        Raises:
            CatalogError: The function takes neither two nor three parameters. `Catalog.load` raises it too: for a type
                that is no registered event, or a `key` that is no field.
        """

        def register(function: F) -> F:
            takes = len(inspect.signature(function).parameters)
            if takes not in (2, 3):
                raise CatalogError(
                    f"{function.__qualname__} folds into {self.name} and takes {takes} parameters; "
                    "it takes the entry, the event, and optionally the record"
                )
            for cls in events:
                default.add(
                    FoldRegistration(
                        function.__module__,
                        f"{function.__module__}.{function.__qualname__}",
                        self.name,
                        cls,
                        key,
                        function,
                        takes == 3,
                    )
                )
            return function

        return register


def projection(
    name: str, view: type[V], *, key: str, indexes: Mapping[str, Callable[[V], str]] | None = None
) -> Projection[V]:
    """
    Register a view.

        customers = projection("customer-view", Customer, key="customer_id")

        @customers.on(CustomerCreated, key="customer_id")
        def created(_: None, event: CustomerCreated) -> Customer:
            return Customer(customer_id=event.customer_id, name=event.name)

    Args:
        name: The name of its map, as `customer-view`.
        view: The class of its entries. One class belongs to one view.
        key: The entry's field that holds its key.
        indexes: Sort keys by name, as functions of the entry. Each ends with the entry's key, so that no two are the
            same. Each costs on every write: declare those that queries page through.

    Returns:
        The projection. Its `on` registers the functions that fold events into the view.

    Raises:
        CatalogError: From `Catalog.load`: two views of one name or class, or a `key` that is no field.
    """
    default.add(ViewRegistration(view.__module__, name, view, key, dict(indexes or {})))
    return Projection(name, view)
