"""The named types of a schema while it is derived: each name has one owner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from graphql import GraphQLNamedType

from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.model.names import require_type_name

Generic = Mapping[str, GraphQLNamedType]
"""The types of the generic part by name: scalars, Node, PageInfo, Revision, events."""

T = TypeVar("T", bound=GraphQLNamedType)


class NamedTypes:
    """
    Types by name, each made once, for whoever asked first.

    Args:
        generic: Those that every domain has.
    """

    def __init__(self, generic: Generic) -> None:
        self.generic = generic
        self._made: dict[str, tuple[object, str, GraphQLNamedType]] = {}

    def has_made(self, named: GraphQLNamedType) -> bool:
        """Whether it is one of those that were made here."""
        made = self._made.get(named.name)
        return made is not None and made[2] is named

    def owner_of(self, named: GraphQLNamedType) -> object:
        """What a type was derived from; None where it is none of those that were made here."""
        return self._made[named.name][0] if self.has_made(named) else None

    def names(self) -> set[str]:
        """The names that are taken so far."""
        return {*self.generic, *self._made}

    def make(self, name: str, owner: object, about: str, make: Callable[[], T]) -> T:
        """
        The type of this name.

        Args:
            owner: What the type is derived from; another owner can't have the name.
            about: What a person would call that.

        Raises:
            CatalogError: The name is taken, or none that GraphQL can have.
        """
        known: tuple[object, str, Any] | None = self._made.get(name)
        if known is None:
            require_type_name(name, about)
            if name in self.generic:
                raise CatalogError(
                    f"{about} is named {name!r} in the API, where every domain has a type of that name; {_HELP}"
                )
            made = make()
            self._made[name] = (owner, about, made)
            return made
        if known[0] is not owner:
            raise CatalogError(f"{known[1]} and {about} are both named {name!r} in the API; {_HELP}")
        found: T = known[2]
        return found


_HELP = "set `type_name` or `one` of a view, `api_name` of a value, or `mutation` of an event"
