"""The registrations that the decorators make. A `Catalog` is made from them; nothing else reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hazelgate.sourcing.declaring.values import Event, Read, View

Key = str | Callable[[Any], "str | list[str] | None"]


@dataclass(frozen=True)
class EventRegistration:
    """`@event(...)` on a class."""

    module: str
    name: str
    aggregate: str
    key: str
    version: int
    cls: type[Event]


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
    """`projection(...)`."""

    module: str
    name: str
    cls: type[View]
    key: str
    indexes: Mapping[str, Callable[[Any], str]]


@dataclass(frozen=True)
class FoldRegistration:
    """`@<projection>.on(...)` on a function."""

    module: str
    name: str
    view: str
    cls: type[Event]
    key: Key
    function: Callable[..., Any]
    takes_record: bool


Registration = EventRegistration | UpcastRegistration | GuardRegistration | ViewRegistration | FoldRegistration


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
