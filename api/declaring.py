"""The decorators of a user's `api.py`, and what they register. `fields.py` reads it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar, overload

from hazelgate.sourcing.declaring.access import Grant
from hazelgate.sourcing.declaring.values import View

F = TypeVar("F", bound=Callable[..., Any])
S = TypeVar("S", bound=Callable[..., AsyncIterator[Any]])


class Root(Enum):
    """The roots that a field can stand on; the values are the names of their types."""

    QUERY = "Query"
    MUTATION = "Mutation"
    SUBSCRIPTION = "Subscription"


@dataclass(frozen=True)
class AddedField:
    """A field of one's own: on a root, or on the type of a view's entries."""

    module: str
    owner: Root | type[View]
    function: Callable[..., Any]
    access: tuple[Grant, ...] = ()

    @property
    def about(self) -> str:
        """How a message names it."""
        if isinstance(self.owner, Root):
            return f"{self.owner.name.lower()} {self.function.__name__}"
        return f"field {self.function.__name__} of {self.owner.__qualname__}"


_added: list[AddedField] = []


def added_in(module: str) -> list[AddedField]:
    """
    The fields that were registered in a module, or below it where it is a package.

    A module that is imported anew registers its functions anew: those of the old one do not count.
    """
    below = f"{module}."
    return [
        each
        for each in _added
        if (each.module == module or each.module.startswith(below))
        and each.function.__globals__ is vars(sys.modules[each.module])
    ]


@overload
def query(function: F) -> F: ...
@overload
def query(*, access: Sequence[Grant]) -> Callable[[F], F]: ...
def query(function: F | None = None, *, access: Sequence[Grant] = ()) -> F | Callable[[F], F]:
    """
    Register a query of one's own.

        @query
        async def busiest_customer(context: Context) -> Customer | None:
            \"\"\"Who has ordered most.\"\"\"

    Its name, parameters and annotations are the field's; the docstring is its description. An annotation names what
    Strawberry knows, its types and inputs, and classes of the domain: views, values and enums give the derived types.
    A parameter of type `Context` gets the context.

    Args:
        access: The roles that may use it, where the gateway knows identities: `@query(access=[allow("operator")])`.
            Left out, none.
    """
    return _registered(Root.QUERY, function, access)


@overload
def mutation(function: F) -> F: ...
@overload
def mutation(*, access: Sequence[Grant]) -> Callable[[F], F]: ...
def mutation(function: F | None = None, *, access: Sequence[Grant] = ()) -> F | Callable[[F], F]:
    """Register a mutation of one's own, like a `query`. It submits events by `context.handle_event`."""
    return _registered(Root.MUTATION, function, access)


@overload
def subscription(function: S) -> S: ...
@overload
def subscription(*, access: Sequence[Grant]) -> Callable[[S], S]: ...
def subscription(function: S | None = None, *, access: Sequence[Grant] = ()) -> S | Callable[[S], S]:
    """
    Register a subscription of one's own: an async generator, annotated with `AsyncIterator`.

        @subscription
        async def large_orders(context: Context, above: Decimal) -> AsyncIterator[EnrichedOrder]:
            async for event in context.events(OrderCreated):
                ...
    """
    return _registered(Root.SUBSCRIPTION, function, access)


def extend(view: type[View], *, access: Sequence[Grant] = ()) -> Callable[[F], F]:
    """
    Register a field of one's own on the type of a view's entries.

        @extend(EnrichedOrder)
        async def delivery(order: EnrichedOrder, context: Context) -> Delivery | None: ...

    Args:
        view: The class of the entries. The function gets the entry as its first parameter.
        access: The roles that see it though they see some fields of the view alone. Those who see all fields see it.
    """

    def register(function: F) -> F:
        return _register(view, function, access)

    return register


def _registered(owner: Root, function: F | None, access: Sequence[Grant]) -> F | Callable[[F], F]:
    if function is not None:
        return _register(owner, function, access)
    return lambda function: _register(owner, function, access)


def _register(owner: Root | type[View], function: F, access: Sequence[Grant]) -> F:
    for each in access:
        if each != Grant(each.role):
            raise TypeError(f"access of {function.__name__} has {each!r}; a field of one's own takes allow(role) alone")
    _added.append(AddedField(function.__module__, owner, function, tuple(access)))
    return function
