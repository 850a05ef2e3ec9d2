"""
Projections fold events into view entries: `(entry, event) -> entry`, pure, and from the event alone.

So a view can be rebuilt from the store at any time. Events of one aggregate come in order. Events of several aggregates
come in any order: an entry that they feed takes sums and latest dates, never "the previous one".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from hazelgate.sourcing.declaring.access import Grant
from hazelgate.sourcing.declaring.indexes import By
from hazelgate.sourcing.declaring.registry import (
    ComputedRegistration,
    FedByRegistration,
    FoldRegistration,
    Key,
    LinkRegistration,
    ViewRegistration,
    default,
)
from hazelgate.sourcing.declaring.values import Event, View

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

        The function takes the entry (None where there is none) and the event. It may take more, by name: `record` is
        the `EventRecord` around the event, with its timestamp and sequence; `key` is the key of the entry. It returns
        the entry's next state. A function that is annotated with `| None` may return None: this removes the entry. It
        raises `NotYet` where the entry lacks something that an event of another aggregate will bring.

        Args:
            events: The event types that it folds.
            key: The event's field that holds the entry's key, dotted where it lies deeper. Or a function of the event:
                it returns the key, a list of keys, or None where the event does not concern the view.

        Returns:
            A decorator that returns the function as it is.

        Raises:
            CatalogError: From `Catalog.load`: a parameter that nobody gives, a type that is no registered event, or a
                `key` that is no field.
        """

        def register(function: F) -> F:
            name = f"{function.__module__}.{function.__qualname__}"
            for cls in events:
                default.add(FoldRegistration(function.__module__, name, self.name, cls, key, function))
            return function

        return register

    def field(self, function: F) -> F:
        """
        Register a computed field of the API: a pure function of the entry, annotated with what it returns.

        It is worked out whenever somebody asks for it, and is in no entry: nothing can be filtered or sorted by it.
        """
        default.add(ComputedRegistration(function.__module__, self.name, function.__name__, function))
        return function

    def link(
        self,
        path: str,
        to: Projection[Any],
        *,
        key: str | None = None,
        by: str | None = None,
        description: str | None = None,
    ) -> None:
        """
        Register a field of the API that leads from an entry to entries of another view.

        Args:
            path: The field's name; behind the path of a nested value where that gets it: `"items.product"`.
            to: The projection that it leads to.
            key: The field that holds the key of the entry it leads to, or a list of keys.
            by: In place of `key`: the field of the other view that holds this entry's key. An index has to begin with
                it. The link leads to all such entries, in pages.
            description: What the API says of it.
        """
        default.add(LinkRegistration(self.view.__module__, self.name, path, to.name, key, by, description))

    def fed_by(self, entries: Projection[Any], *, by: str) -> None:
        """
        Say which aggregates feed an entry, where it is not the one whose id is its key.

        `history` and `asOf` then read their events by key. Without it they search the log, up to a bound. So they do
        where one of the other entries was removed.

        Args:
            entries: The projection whose entries' keys are those aggregates' ids.
            by: Its field that holds this entry's key. An index has to begin with it.
        """
        default.add(FedByRegistration(self.view.__module__, self.name, entries.name, by))


def projection(
    name: str,
    view: type[V],
    *,
    key: str,
    indexes: Mapping[str, By] | None = None,
    one: str | None = None,
    many: str | None = None,
    type_name: str | None = None,
    sort: str | None = None,
    api: bool = True,
    access: Sequence[Grant] = (),
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
        indexes: What it can be sorted by and searched by without looking at each entry: `{"name": By("name")}`. An
            index over one field is a sort of the API, and its name is the sort's.
        one: The name of one entry in the API; left out, the class's, as `order`.
        many: The name of several; left out, the plural of `one`.
        type_name: The name of the type in the API; left out, the class's.
        sort: How lists are sorted where nobody says: the name of a sort, `-` for descending. Left out, by key.
        api: Whether it is in the API.
        access: The roles that may read it, where a gateway knows identities. Left out, none.

    Returns:
        The projection. Its `on` registers the functions that fold events into the view.

    Raises:
        CatalogError: From `Catalog.load`: a declaration that contradicts itself or another one.
    """
    default.add(
        ViewRegistration(
            view.__module__, name, view, key, dict(indexes or {}), one, many, type_name, sort, api, tuple(access)
        )
    )
    return Projection(name, view)
