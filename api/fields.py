"""A user's fields in the derived schema: their types are Strawberry's, or derived where a class is the domain's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLFieldMap,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_input_type,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter

from hazelgate.api.declaring import AddedField, Root
from hazelgate.api.functions import ApiInfo, field_of
from hazelgate.client.rights.rights import Rights
from hazelgate.client.views.entries import Entry
from hazelgate.schema.derived.additions import DerivedTypes
from hazelgate.schema.derived.values import PLACE, sentence
from hazelgate.schema.scalars import SCALARS
from hazelgate.sourcing.declaring.values import View
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.model.views import ViewSpec

_parse = msgspec.json.Decoder().decode
Resolve = Callable[..., Any]


class OwnFields:
    """
    The fields that a user has registered (`schema.derived.additions.AddedFields`).

    Raises:
        CatalogError: A field extends what is no view in the API.
    """

    def __init__(self, added: Collection[AddedField], derived: DerivedTypes) -> None:
        self._added = added
        self._converter = _Converter(derived)
        for each in added:
            if not isinstance(each.owner, Root):
                try:
                    derived.view_of(each.owner)
                except TypeError as error:
                    raise _mistake(each, error) from None

    def of_root(self, name: str) -> GraphQLFieldMap:
        """Those of a root type."""
        return self._of([each for each in self._added if isinstance(each.owner, Root) and each.owner.value == name])

    def of_view(self, view: ViewSpec) -> GraphQLFieldMap:
        """Those of the entries of a view."""
        return self._of([each for each in self._added if each.owner is view.cls])

    def type_names(self) -> Collection[str]:
        """The names of the types that came along."""
        return self._converter.own_names()

    def _of(self, added: Collection[AddedField]) -> GraphQLFieldMap:
        made: GraphQLFieldMap = {}
        for each in added:
            try:
                field = field_of(each)
                name = self._converter.config.name_converter.from_field(field)
                converted = self._converter.from_field(field)
            except Exception as error:  # whatever Strawberry finds in what a user wrote
                raise _mistake(each, error) from error
            if name in made:
                raise _mistake(each, TypeError(f"there are two of the name {name!r}; rename one"))
            converted.extensions[PLACE] = _place(each)
            made[name] = converted
        return made


def _mistake(added: AddedField, error: Exception) -> CatalogError:
    return CatalogError(f"{_place(added)}: {' '.join(str(error).split())}")


def _place(added: AddedField) -> str:
    code = inspect.unwrap(added.function).__code__
    path = Path(code.co_filename)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{shown}, line {code.co_firstlineno}: {added.about}"


def _require_input(made: Any, name: str) -> None:
    if not is_input_type(made):
        raise TypeError(f"{name}: clients can't send {get_named_type(made)}; write a @strawberry.input for it")


class _Converter(GraphQLCoreConverter):
    """Strawberry's own, which takes from the derived schema what it has."""

    def __init__(self, derived: DerivedTypes) -> None:
        super().__init__(StrawberryConfig(info_class=ApiInfo), {}, SCALARS, lambda definition: list(definition.fields))
        self._derived = derived

    def own_names(self) -> set[str]:
        """The names of types that Strawberry has made."""
        return {
            name
            for name, each in self.type_map.items()
            if not isinstance(each.implementation, GraphQLScalarType) or self._derived.generic(name) is None
        }

    def from_type(self, type_: Any) -> Any:
        """A class of the domain as the derived type, everything else as Strawberry has it."""
        if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
            return self._derived.of_struct(type_)
        return super().from_type(type_)

    def from_argument(self, argument: Any) -> GraphQLArgument:
        """An argument of a field."""
        made = super().from_argument(argument)
        _require_input(made.type, argument.python_name)
        return made

    def from_enum(self, enum: Any) -> Any:
        """An enum."""
        return self._derived.of_enum(enum.wrapped_cls) or super().from_enum(enum)

    def from_scalar(self, scalar: type) -> GraphQLScalarType:
        """A scalar: the one that every domain has, where it has one of that name."""
        made = super().from_scalar(scalar)
        known = self._derived.generic(made.name)
        return known if isinstance(known, GraphQLScalarType) else made

    def from_input_object(self, object_type: type) -> GraphQLInputObjectType:
        """An input whose fields hold members of the domain's enums, and not their values."""
        known = set(self.type_map)
        made = super().from_input_object(object_type)
        made.description = made.description or sentence(made.name)
        if made.name in known:
            return made
        out_type = made.out_type

        def converted(value: dict[str, Any]) -> Any:
            return out_type({name: self._members(made.fields[name].type, each) for name, each in value.items()})

        made.out_type = converted  # type: ignore[method-assign]
        return made

    def from_enum_value(self, enum_value: Any) -> GraphQLEnumValue:
        """A value of an enum; it says something of itself."""
        made = super().from_enum_value(enum_value)
        made.description = made.description or sentence(enum_value.name.lower().replace("_", " "))
        return made

    def from_input_field(self, field: Any, *, type_definition: Any = None) -> GraphQLInputField:
        """A field of an input; it says something of itself."""
        made = super().from_input_field(field, type_definition=type_definition)
        _require_input(made.type, field.python_name)
        made.description = made.description or sentence(self.config.name_converter.from_field(field))
        return made

    def from_object(self, object_type: Any) -> GraphQLObjectType:
        """An object type; it says something of itself."""
        made = super().from_object(object_type)
        made.description = made.description or sentence(made.name)
        return made

    def from_field(self, field: Any, *, type_definition: Any = None) -> GraphQLField:
        """A field that may answer with what the domain has, as functions of the domain have it."""
        made = super().from_field(field, type_definition=type_definition)
        made.description = made.description or sentence(self.config.name_converter.from_field(field))
        for name, argument in made.args.items():
            argument.description = argument.description or sentence(name)
        enums = {name: each for name, each in made.args.items() if self._is_domains_enum(each)}
        if enums:
            made.resolve = self._with_members(made.resolve, enums)
            if made.subscribe is not None:
                made.subscribe = self._with_members(made.subscribe, enums)
        if self._derived.holds(get_named_type(made.type)):
            made.resolve = self._with_nodes(made.resolve)
        return made

    def _is_domains_enum(self, argument: GraphQLArgument) -> bool:
        return self._derived.holds(get_named_type(argument.type))

    def _with_members(self, resolve: Resolve | None, enums: dict[str, GraphQLArgument]) -> Resolve:
        assert resolve is not None

        def resolved(source: Any, info: Any, **given: Any) -> Any:
            for name in enums.keys() & given.keys():
                given[name] = self._members(enums[name].type, given[name])
            return resolve(source, info, **given)

        return resolved

    def _members(self, held: Any, value: Any) -> Any:
        """An input with members in place of the values of the domain's enums."""
        if isinstance(held, GraphQLNonNull):
            return self._members(held.of_type, value)
        if value is None:
            return None
        if isinstance(held, GraphQLList):
            return [self._members(held.of_type, each) for each in value]
        cls = self._derived.class_of(held) if isinstance(held, GraphQLEnumType) else None
        return value if cls is None else cls(value)

    def _with_nodes(self, resolve: Resolve | None) -> Resolve:
        assert resolve is not None

        def resolved(source: Any, info: Any, **given: Any) -> Any:
            rights: Rights = info.context.rights
            found = resolve(source, info, **given)
            return _awaited(found, rights) if inspect.isawaitable(found) else self._node(found, rights)

        async def _awaited(found: Any, rights: Rights) -> Any:
            return self._node(await found, rights)

        return resolved

    def _node(self, value: Any, rights: Rights) -> Any:
        """What a user's function returned, as the derived types read it; no entry that the caller may not see."""
        if isinstance(value, View):
            node = Entry.made(self._derived.view_of(type(value)), value)
            limit = rights.limit(node.view.name)
            return node if limit is None or limit.allows(bytes(node.raw)) else None
        if isinstance(value, msgspec.Struct):
            return _parse(msgspec.json.encode(value))
        if isinstance(value, Enum):
            return value.value
        if isinstance(value, list | tuple):
            return [self._node(each, rights) for each in value]
        return value
