"""
What a derived field stands for, said beside the function that answers it.

graphql-core calls the function. A plan (`resolvers.plans`) reads the meaning, and gets the same without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from graphql import GraphQLField

from hazelgate.sourcing.model.events import EventSpec
from hazelgate.sourcing.model.fields import FieldSpec
from hazelgate.sourcing.model.views import ComputedSpec, ViewSpec


@dataclass(frozen=True)
class Held:
    """An entry, a value or a page holds the field, by this name of JSON."""

    name: str


@dataclass(frozen=True)
class Attribute:
    """An object of Python holds the field, by this name."""

    name: str


@dataclass(frozen=True)
class Worked:
    """Worked out from an object of Python by a function of it alone."""

    function: Callable[[Any], Any]


@dataclass(frozen=True)
class AtOnce:
    """Worked out from an object of Python and the request, by a function that waits for nothing."""

    function: Callable[[Any, Any], Any]


@dataclass(frozen=True)
class NodeId:
    """The global id of an entry."""

    view: ViewSpec


@dataclass(frozen=True)
class EntryRevision:
    """Where an entry stands: its `_meta` tells."""


@dataclass(frozen=True)
class History:
    """The events that formed an entry, in pages."""

    view: ViewSpec


@dataclass(frozen=True)
class Computed:
    """Worked out from an entry."""

    view: ViewSpec
    field: ComputedSpec


@dataclass(frozen=True)
class LinkByKey:
    """Leads to the entries of another view whose keys stand at this path."""

    target: ViewSpec
    path: tuple[FieldSpec, ...]
    many: bool


@dataclass(frozen=True)
class LinkByIndex:
    """Leads to the entries of another view in which a field has this entry's key."""

    view: ViewSpec
    target: ViewSpec
    path: tuple[str, ...]


@dataclass(frozen=True)
class OneEntry:
    """One entry by its key."""

    view: ViewSpec


@dataclass(frozen=True)
class EntriesById:
    """Several entries by their keys, which are this argument."""

    view: ViewSpec
    argument: str


@dataclass(frozen=True)
class EntryPages:
    """Entries in pages."""

    view: ViewSpec


@dataclass(frozen=True)
class Figures:
    """Counts, sums and extremes over the entries of a view, in groups."""

    view: ViewSpec


@dataclass(frozen=True)
class AnyNode:
    """Any node by its global id; several by theirs, in the order of these, where `many`."""

    argument: str
    many: bool


@dataclass(frozen=True)
class TotalCount:
    """How many entries a list has on all pages."""


@dataclass(frozen=True)
class Submits:
    """
    Submits an event.

    Args:
        view: The view of which it answers with an entry; None: it answers with none.
        payload: The name of that answer's type.
    """

    event: EventSpec
    view: ViewSpec | None
    payload: str


@dataclass(frozen=True)
class Answered:
    """The entry of this view that a mutation answers with."""

    view: ViewSpec


Meaning = (
    Held
    | Attribute
    | Worked
    | AtOnce
    | NodeId
    | EntryRevision
    | History
    | Computed
    | LinkByKey
    | LinkByIndex
    | OneEntry
    | EntriesById
    | EntryPages
    | Figures
    | AnyNode
    | TotalCount
    | Submits
    | Answered
)

_MEANING = "hazelgate_meaning"
Resolver = TypeVar("Resolver", bound=Callable[..., Any])


def means(said: Meaning, resolve: Resolver) -> Resolver:
    """The function, with what it does written on it."""
    setattr(resolve, _MEANING, said)
    return resolve


def meaning(said: Meaning) -> Callable[[Resolver], Resolver]:
    """The same as a decorator."""
    return partial(means, said)


def meaning_of(field: GraphQLField) -> Meaning | None:
    """What a field stands for; None where its function alone knows."""
    found: Meaning | None = getattr(field.resolve, _MEANING, None)
    return found
