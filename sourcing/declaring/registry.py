"""The registrations that the decorators make. A `Catalog` is made from them; nothing else reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hazelgate.sourcing.declaring.access import Grant
from hazelgate.sourcing.declaring.indexes import By
from hazelgate.sourcing.declaring.values import Event, Read, View

Key = str | Callable[[Any], "str | list[str] | None"]


@dataclass(frozen=True)
class EventRegistration:
    """`@event(...)` on a class. `mutation` is None where the event has none, "" where its name makes it."""

    module: str
    name: str
    aggregate: str
    key: str
    version: int
    cls: type[Event]
    mutation: str | None = ""
    creates: bool = False
    answers: type[View] | None = None
    answer_key: str | None = None
    deprecated: str | None = None
    access: tuple[Grant, ...] = ()
    readers: tuple[Grant, ...] = ()
    unique: tuple[tuple[str, str], ...] = ()
    """Fields whose values one aggregate alone may hold, each with the name that event types share it by."""
    frees: tuple[str, ...] = ()
    """Such names: the aggregate gives its value up."""


@dataclass(frozen=True)
class UpcastRegistration:
    """`@upcast(...)` on a function that lifts data of `from_version` to the version after it."""

    module: str
    cls: type[Event]
    from_version: int
    function: Callable[[Any], Any]


@dataclass(frozen=True)
class GuardRegistration:
    """`@guard(...)` on a function."""

    module: str
    name: str
    cls: type[Event]
    reads: Mapping[str, Read]
    function: Callable[..., Any]


@dataclass(frozen=True)
class ViewRegistration:
    """`projection(...)`. Names that are None are made from the class; `sort` is a field's path, `-` for descending."""

    module: str
    name: str
    cls: type[View]
    key: str
    indexes: Mapping[str, By]
    one: str | None = None
    many: str | None = None
    type_name: str | None = None
    sort: str | None = None
    api: bool = True
    access: tuple[Grant, ...] = ()
    derived: bool = False
    """Whether the catalog has made it of other declarations."""


@dataclass(frozen=True)
class FoldRegistration:
    """`@<projection>.on(...)` on a function."""

    module: str
    name: str
    view: str
    cls: type[Event]
    key: Key
    function: Callable[..., Any]


@dataclass(frozen=True)
class ComputedRegistration:
    """`@<projection>.field` on a function of the entry: a field of the API that is in no entry."""

    module: str
    view: str
    name: str
    function: Callable[[Any], Any]


@dataclass(frozen=True)
class LinkRegistration:
    """
    `<projection>.link(...)`: from entries of one view to entries of another.

    `path` says where the link's field is: its name, behind the path of the nested value that gets it. Of `key` (a field
    with the target's key, or a list of them) and `by` (a field of the target, which an index begins with) one is given.
    """

    module: str
    view: str
    path: str
    target: str
    key: str | None
    by: str | None
    description: str | None


@dataclass(frozen=True)
class FedByRegistration:
    """`<projection>.fed_by(...)`: which aggregates feed an entry, by a field of another view's entries."""

    module: str
    view: str
    target: str
    by: str


Registration = (
    EventRegistration
    | UpcastRegistration
    | GuardRegistration
    | ViewRegistration
    | FoldRegistration
    | ComputedRegistration
    | LinkRegistration
    | FedByRegistration
)


@dataclass
class Registry:
    """Registrations in the order in which they were made."""

    registrations: list[Registration] = field(default_factory=list)

    def add(self, registration: Registration) -> None:
        """Write one down."""
        self.registrations.append(registration)

    def made_in(self, *modules: str) -> list[Registration]:
        """Those made in any of the modules, or below them where they are packages."""
        return [
            registration
            for registration in self.registrations
            if any(registration.module == name or registration.module.startswith(f"{name}.") for name in modules)
        ]


default = Registry()
