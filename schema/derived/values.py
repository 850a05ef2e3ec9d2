"""Object types of views and of the values in them, and enums."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec
from graphql import (
    GraphQLArgument,
    GraphQLArgumentMap,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLFieldMap,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLString,
)

from hazelgate.schema.derived.behind import Behind
from hazelgate.schema.derived.named import NamedTypes
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.model.fields import FieldSpec, FieldType, ListOf, Scalar, description_of, shown_of
from hazelgate.sourcing.model.views import LinkSpec, ViewSpec

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def sentence(name: str) -> str:
    """`totalAmount` as "Total amount.": what a field says of itself where nobody has described it."""
    words = _WORDS.sub(" ", name).lower()
    return f"{words[:1].upper()}{words[1:]}."


def api_name(cls: type) -> str:
    """What a value or an enum is called in the API: as its class, unless that says otherwise (`api_name=`)."""
    return str(getattr(cls, "__api_name__", cls.__name__))


def qualified(cls: type) -> str:
    """A class as a message names it: two may have one name."""
    return f"{cls.__module__}.{cls.__qualname__}"


PLACE = "place"
"""In the extensions of a field that a user adds: where it stands in their code."""


def place_of(field: GraphQLField) -> str:
    """Where a field that a user adds stands, as a message begins with it; empty for a derived one."""
    place = field.extensions.get(PLACE)
    return f"{place}: " if place else ""


def with_added(fields: GraphQLFieldMap, added: GraphQLFieldMap, type_name: str) -> GraphQLFieldMap:
    """
    The fields of a type, a user's behind the derived ones.

    Raises:
        CatalogError: Two have one name.
    """
    for name, field in added.items():
        if name in fields:
            raise CatalogError(f"{place_of(field)}{type_name} has a field {name!r} already; give yours another name")
    return {**fields, **added}


def page_arguments() -> GraphQLArgumentMap:
    """The arguments of a list in pages."""
    return {
        "first": GraphQLArgument(GraphQLInt, description="So many from the beginning; at most 1,000. 20 without it."),
        "after": GraphQLArgument(GraphQLString, description="Those behind this cursor."),
        "last": GraphQLArgument(GraphQLInt, description="So many from the end; at most 1,000."),
        "before": GraphQLArgument(GraphQLString, description="Those before this cursor."),
    }


class ValueTypes:
    """
    The output types of what views hold.

    Args:
        types: Where the types are kept.
        links_to: Gives the field of a link: its type, arguments and what is behind it.
        added: Gives the fields that a user adds to the entries of a view.
    """

    def __init__(
        self,
        catalog: Catalog,
        types: NamedTypes,
        behind: Behind,
        links_to: Callable[[ViewSpec, LinkSpec], GraphQLField],
        added: Callable[[ViewSpec], GraphQLFieldMap],
    ) -> None:
        self._catalog = catalog
        self._types = types
        self._generic = types.generic
        self._behind = behind
        self._links_to = links_to
        self._added = added

    def scalar(self, scalar: Scalar) -> GraphQLScalarType:
        """The GraphQL scalar of a kind."""
        found = self._generic[scalar.value]
        assert isinstance(found, GraphQLScalarType)
        return found

    def enum(self, cls: type[Enum]) -> GraphQLEnumType:
        """An enum; its values are written in entries as Python's values, and named as its members."""
        name = api_name(cls)
        return self._types.make(
            name,
            cls,
            qualified(cls),
            lambda: GraphQLEnumType(
                name,
                {
                    member.name: GraphQLEnumValue(
                        member.value, description=sentence(member.name.lower().replace("_", " "))
                    )
                    for member in cls
                },
                description=description_of(cls) or sentence(name),
            ),
        )

    def output(self, held: FieldType) -> GraphQLOutputType:
        """The type of a field that holds this, null allowed."""
        if isinstance(held, Scalar):
            return self.scalar(held)
        if isinstance(held, ListOf):
            item: Any = self.output(held.item)
            return GraphQLList(item if held.item_optional else GraphQLNonNull(item))
        return self.value(held) if issubclass(held, msgspec.Struct) else self.enum(held)

    def value(self, cls: type[msgspec.Struct]) -> GraphQLObjectType:
        """A value that is nested in entries."""
        name = api_name(cls)
        return self._types.make(
            name,
            cls,
            qualified(cls),
            lambda: GraphQLObjectType(
                name, lambda: self._value_fields(cls), description=description_of(cls) or sentence(name)
            ),
        )

    def view(self, view: ViewSpec) -> GraphQLObjectType:
        """The entries of a view."""
        node = self._generic["Node"]
        assert isinstance(node, GraphQLInterfaceType)
        return self._types.make(
            view.type_name,
            view,
            qualified(view.cls),
            lambda: GraphQLObjectType(
                view.type_name,
                lambda: self._view_fields(view),
                interfaces=[node],
                description=view.description or sentence(view.one),
            ),
        )

    def _value_fields(self, cls: type[msgspec.Struct]) -> GraphQLFieldMap:
        fields = {each.name: self._field(each) for each in shown_of(cls)}
        for view in self._catalog.views.values():
            fields |= {link.name: self._links_to(view, link) for link in view.links if link.owner is cls}
        return fields

    def _view_fields(self, view: ViewSpec) -> GraphQLFieldMap:
        revision: Any = self._generic["Revision"]
        events: Any = self._generic["EventConnection"]
        fields: GraphQLFieldMap = {
            "id": GraphQLField(
                GraphQLNonNull(GraphQLID),
                resolve=self._behind.node_id(view),
                description="Global object identification (Relay).",
            )
        }
        for each in view.fields:
            fields[each.name] = self._field(each, is_key=each.python_name == view.key)
        for computed in view.computed:
            made: Any = self.output(computed.type)
            fields[computed.name] = GraphQLField(
                made if computed.optional else GraphQLNonNull(made),
                resolve=self._behind.computed(view, computed),
                description=computed.description or sentence(computed.name),
            )
        for link in view.links:
            if link.owner is view.cls:
                fields[link.name] = self._links_to(view, link)
        if "revision" not in view.withheld:
            fields["revision"] = GraphQLField(
                GraphQLNonNull(revision), resolve=self._behind.revision(), description="Where the entry stands."
            )
        if "history" not in view.withheld:
            fields["history"] = GraphQLField(
                GraphQLNonNull(events),
                args=page_arguments(),
                resolve=self._behind.history(view),
                description="Every event that formed this entry, oldest first.",
            )
        return with_added(fields, self._added(view), view.type_name)

    def _field(self, field: FieldSpec, *, is_key: bool = False) -> GraphQLField:
        made: Any = self.scalar(Scalar.ID) if is_key else self.output(field.type)
        return GraphQLField(
            made if field.optional else GraphQLNonNull(made),
            resolve=self._behind.field(field.name),
            description=field.description or sentence(field.name),
            deprecation_reason=field.deprecated,
        )
