"""
Gives each field its resolver, and takes Strawberry out of the way, once its schema is made.

Strawberry's types and decorators say what the schema is. At run time it also wraps every field: it makes an info
object, works out each argument's Python type anew, and looks through all types for the one that a union's value has.
That costs more than the fields do (0.4 ms of a createOrder). So graphql-core calls the resolvers directly, and makes
the inputs.

A field that a type only declares (`hazelgate.schema.fields.resolved`) gets the function that is named for it. A
resolver takes the value of its type, the info, of which only `context` is used, and the arguments. There are no
permissions, no field extensions, no exception handlers.
"""

import inspect
from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from hazelgate.resolvers.meanings import Attribute, Worked, means
from hazelgate.schema.fields import FieldResolvers, ResolvedField

_DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF

Resolve = Callable[..., Any]


def resolve_directly(schema: GraphQLSchema, resolvers: FieldResolvers | None = None) -> GraphQLSchema:
    """
    The same schema, its fields resolved by their functions themselves. It is changed in place.

    Raises:
        TypeError: A field uses what only Strawberry's wrapping can do, a declared field has no resolver or one with
            other arguments, or a resolver has no field.
    """
    declared = _DeclaredFields(resolvers or {})
    for each in schema.type_map.values():
        if isinstance(each, GraphQLInputObjectType) and _DEFINITION in each.extensions:
            _make_input(each)
        elif isinstance(each, GraphQLUnionType | GraphQLInterfaceType):
            each.resolve_type = _resolve_type
        elif isinstance(each, GraphQLObjectType) and _DEFINITION in each.extensions:
            each.is_type_of = None  # resolve_type says it already
            for field in each.fields.values():
                _resolve_field(field, each, declared, each is schema.subscription_type)
    declared.require_all_used()
    return schema


class _DeclaredFields:
    """The functions for fields that a type only declares, and which of them found their field."""

    def __init__(self, resolvers: FieldResolvers) -> None:
        self._resolvers = resolvers
        self._unused = set(resolvers)

    def resolver(self, owner: type, field: ResolvedField) -> Resolve:
        """The function for this field of a type, or of a type that it is made of (a connection of orders)."""
        for each in owner.__mro__:
            function = self._resolvers.get((each, field.python_name))
            if function is not None:
                self._unused.discard((each, field.python_name))
                _require_arguments(function, owner, field)
                return function
        raise TypeError(f"nothing resolves {owner.__name__}.{field.python_name}; add it to the resolvers' FIELDS")

    def require_all_used(self) -> None:
        if self._unused:
            names = ", ".join(sorted(f"{owner.__name__}.{name}" for owner, name in self._unused))
            raise TypeError(f"no type of the schema declares {names}; declare the field, or remove its resolver")


def _require_arguments(function: Resolve, owner: type, field: ResolvedField) -> None:
    _, _, *takes = inspect.signature(function).parameters  # the value and the info come first
    declares = [argument.python_name for argument in field.arguments]
    if takes != declares:
        raise TypeError(
            f"{owner.__name__}.{field.python_name} declares the arguments {declares}, its resolver takes {takes}: "
            "make them the same, behind the value and the info"
        )


def _resolve_type(value: Any, _info: Any, _type: Any) -> str:
    name: str = getattr(value, "type_name", None) or type(value).__strawberry_definition__.name
    return name


def _make_input(each: GraphQLInputObjectType) -> None:
    definition = each.extensions[_DEFINITION]
    for field in each.fields.values():
        field.out_name = field.extensions[_DEFINITION].python_name
    origin = definition.origin
    each.out_type = lambda value: origin(**value)  # type: ignore[method-assign]


def _resolve_field(
    field: GraphQLField, owner: GraphQLObjectType, declared: _DeclaredFields, is_subscription: bool
) -> None:
    definition: StrawberryField | None = field.extensions.get(_DEFINITION)
    if definition is None:
        return
    if definition.extensions or definition.permission_classes:
        raise TypeError(
            f"field {definition.name} has extensions or permissions, which are not run here; check in it instead"
        )
    for argument in field.args.values():
        _name_argument(argument)
    if isinstance(definition, ResolvedField):
        field.resolve = declared.resolver(owner.extensions[_DEFINITION].origin, definition)
        return
    resolver = definition.base_resolver
    if resolver is None:
        field.resolve = _attribute(definition.python_name)
        return
    function = resolver.wrapped_func
    if isinstance(function, staticmethod | classmethod):
        raise TypeError(f"field {definition.name} is resolved by a static or class method; make it a plain method")
    direct = _direct(function)
    if is_subscription:
        field.subscribe = direct
    else:
        field.resolve = direct


def _name_argument(argument: GraphQLArgument) -> None:
    argument.out_name = argument.extensions[_DEFINITION].python_name


def _attribute(name: str) -> Resolve:
    def resolve(source: Any, _info: Any) -> Any:
        return getattr(source, name)

    return means(Attribute(name), resolve)


def _direct(function: Resolve) -> Resolve:
    takes = inspect.signature(function).parameters
    if "info" in takes:
        return function

    def resolve(source: Any, _info: Any, **arguments: Any) -> Any:
        return function(source, **arguments)

    is_plain = len(takes) == 1 and not inspect.iscoroutinefunction(function)
    return means(Worked(function), resolve) if is_plain else resolve
