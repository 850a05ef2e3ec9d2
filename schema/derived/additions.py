"""What a user's own fields may name of the derived schema, and what they give to it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum
from functools import cached_property
from typing import Any, Protocol

import msgspec
from graphql import GraphQLEnumType, GraphQLFieldMap, GraphQLNamedType, GraphQLObjectType

from hazelgate.schema.derived.named import NamedTypes
from hazelgate.schema.derived.values import ValueTypes
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event, View
from hazelgate.sourcing.model.fields import FieldType, ListOf, Scalar, fields_of
from hazelgate.sourcing.model.views import ViewSpec


class AddedFields(Protocol):
    """Fields that a user adds."""

    def of_root(self, name: str) -> GraphQLFieldMap:
        """Those of a root type."""

    def of_view(self, view: ViewSpec) -> GraphQLFieldMap:
        """Those of the entries of a view."""

    def type_names(self) -> Collection[str]:
        """The names of all types that they brought along, once the schema is made."""


class DerivedTypes:
    """The derived types by the classes of the domain."""

    def __init__(self, catalog: Catalog, types: NamedTypes, values: ValueTypes) -> None:
        self._catalog = catalog
        self._types = types
        self._values = values

    def generic(self, name: str) -> GraphQLNamedType | None:
        """The type of this name that every domain has."""
        return self._types.generic.get(name)

    def view_of(self, cls: type) -> ViewSpec:
        """
        The view in the API with entries of this class.

        Raises:
            TypeError: There is none.
        """
        for view in self._catalog.views.values():
            if view.cls is cls and view.in_api:
                return view
        shown = ", ".join(view.cls.__qualname__ for view in self._catalog.views.values() if view.in_api)
        raise TypeError(f"{cls.__qualname__} is no view in the API; these are: {shown}")

    def of_struct(self, cls: type[msgspec.Struct]) -> GraphQLObjectType:
        """
        The type of entries or of a value.

        Raises:
            TypeError: It is neither.
        """
        if issubclass(cls, Event):
            raise TypeError(f"{cls.__qualname__} is an event; return a view or a value")
        return self._values.view(self.view_of(cls)) if issubclass(cls, View) else self._values.value(cls)

    def of_enum(self, cls: type[Enum]) -> GraphQLEnumType | None:
        """The type of an enum of the domain; None where the domain does not use it."""
        return self._values.enum(cls) if cls in self._enums else None

    def holds(self, named: GraphQLNamedType) -> bool:
        """Whether values of this type are to be shown as entries are."""
        return self._types.has_made(named)

    def class_of(self, named: GraphQLEnumType) -> type[Enum] | None:
        """The domain's class of an enum; None where it is no enum of the domain."""
        owner = self._types.owner_of(named)
        return owner if isinstance(owner, type) and issubclass(owner, Enum) else None

    @cached_property
    def _enums(self) -> set[type[Enum]]:
        found: set[type[Enum]] = set()
        seen: set[type] = set()

        def look(cls: Any) -> None:
            if cls in seen:
                return
            seen.add(cls)
            for each in fields_of(cls):
                held: FieldType = each.type
                while isinstance(held, ListOf):
                    held = held.item
                if isinstance(held, Scalar):
                    continue
                if issubclass(held, Enum):
                    found.add(held)
                else:
                    look(held)

        for view in self._catalog.views.values():
            look(view.cls)
        for event in self._catalog.specs.values():
            look(event.cls)
        return found


Additions = Callable[[DerivedTypes], AddedFields]
"""Makes the fields that a user adds, once the derived types can be named."""
