"""
Projections fold events into view entries: `(entry, event) -> entry`, pure, and from the event alone.

So a view can be built again from the store at any time. An entry that several aggregates feed has to fold their events
in whatever order they come: sums and latest dates, never "the previous one".
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
        Register a fold for events of these types.

        Args:
            events: The event types it folds.
            key: The event's field (dotted) that holds the entry's key, or a function of the event that gives the key,
                several keys, or None where the event does not concern the view.

        The function takes the entry (None where there is none yet) and the event, and as a third parameter, if it has
        one, the `EventRecord` around the event, with its timestamp and sequence.
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

    Args:
        name: The name of its map, as `customer-view`.
        view: The class of its entries. One class belongs to one view.
        key: The entry's field that holds its key.
        indexes: Sort keys by name, as functions of the entry. Each has to end with the entry's key, so that no two are
            the same, and costs on every write: declare those that queries page through.
    """
    default.add(ViewRegistration(view.__module__, name, view, key, dict(indexes or {})))
    return Projection(name, view)
