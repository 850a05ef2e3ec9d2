"""Types of mutations: inputs made of events, payloads, and the unions of all that can come of an event."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputFieldMap,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    Undefined,
    ast_from_value,
)

from hazelgate.schema.derived.behind import Behind
from hazelgate.schema.derived.named import NamedTypes
from hazelgate.schema.derived.names import ViewNames
from hazelgate.schema.derived.values import ValueTypes, api_name, qualified, sentence
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.model.events import EventSpec
from hazelgate.sourcing.model.fields import FieldSpec, FieldType, ListOf, Scalar, description_of, inputs_of
from hazelgate.sourcing.model.names import upper_first
from hazelgate.sourcing.model.views import ViewSpec

FAILURES = (
    "EventRejected",
    "SequenceConflict",
    "EventIdConflict",
    "EventDeadLettered",
    "EventTimedOut",
    "PipelineOverloaded",
)
"""What can come of an event in place of a payload; the same for every domain."""


class WriteTypes:
    """The types of the mutations of a catalog."""

    def __init__(
        self,
        catalog: Catalog,
        types: NamedTypes,
        values: ValueTypes,
        behind: Behind,
        resolve_type: Callable[..., Any],
    ) -> None:
        self._catalog = catalog
        self._types = types
        self._generic = types.generic
        self._values = values
        self._behind = behind
        self._resolve_type = resolve_type

    def mutation(self, event: EventSpec) -> GraphQLField:
        """The mutation that submits an event."""
        options: Any = self._generic["EventOptions"]
        return GraphQLField(
            self._result(event),
            args={
                "input": GraphQLArgument(GraphQLNonNull(self._input_of(event)), description="What has happened."),
                "options": GraphQLArgument(options, description="How it is submitted, and what is waited for."),
            },
            resolve=self._behind.mutation(event),
            description=event.description or sentence(event.name),
            deprecation_reason=event.deprecated,
        )

    def _input_of(self, event: EventSpec) -> GraphQLInputObjectType:
        def fields() -> GraphQLInputFieldMap:
            return {
                each.name: self._input_field(
                    each, is_id=each.python_name == event.key, optional=event.creates and each.python_name == event.key
                )
                for each in event.input_fields
            }

        name = f"{upper_first(event.mutation or '')}Input"
        return self._types.make(
            name,
            event,
            qualified(event.cls),
            lambda: GraphQLInputObjectType(name, fields, description=event.description or sentence(event.name)),
        )

    def _input_field(self, field: FieldSpec, *, is_id: bool = False, optional: bool = False) -> GraphQLInputField:
        made: Any = self._values.scalar(Scalar.ID) if is_id else self._input(field.type)
        default = Undefined if optional else _default(field, made)
        nullable = optional or field.optional or (default is Undefined and not field.required)
        description = field.description or sentence(field.name)
        if optional:
            description = f"{description.rstrip('.')}. Made where it is left out."
        return GraphQLInputField(
            made if nullable else GraphQLNonNull(made),
            default_value=default,
            description=description,
            deprecation_reason=field.deprecated,
        )

    def _input(self, held: FieldType) -> GraphQLInputType:
        if isinstance(held, Scalar):
            return self._values.scalar(held)
        if isinstance(held, ListOf):
            item: Any = self._input(held.item)
            return GraphQLList(item if held.item_optional else GraphQLNonNull(item))
        if issubclass(held, Enum):
            return self._values.enum(held)
        name = f"{api_name(held)}Input"

        def fields() -> GraphQLInputFieldMap:
            return {each.name: self._input_field(each) for each in inputs_of(held)}

        return self._types.make(
            name,
            held,
            qualified(held),
            lambda: GraphQLInputObjectType(name, fields, description=description_of(held) or sentence(name)),
        )

    def _result(self, event: EventSpec) -> Any:
        view = self._catalog.views[event.answers.view] if event.answers is not None else None
        if view is None or not view.in_api:
            return self._generic["EventResult"]
        names = ViewNames(view)
        failures: list[Any] = [self._generic[each] for each in FAILURES]
        return self._types.make(
            names.result,
            view,
            qualified(view.cls),
            lambda: GraphQLUnionType(
                names.result,
                [self._payload(view), *failures],
                resolve_type=self._resolve_type,
                description=f"What comes of an event that is about {view.many}.",
            ),
        )

    def _payload(self, view: ViewSpec) -> GraphQLObjectType:
        names = ViewNames(view)
        receipt: Any = self._generic["EventReceipt"]
        return self._types.make(
            names.payload,
            view,
            qualified(view.cls),
            lambda: GraphQLObjectType(
                names.payload,
                lambda: {
                    "receipt": GraphQLField(
                        GraphQLNonNull(receipt),
                        resolve=self._behind.field("receipt"),
                        description="The event as it was taken in.",
                    ),
                    view.one: GraphQLField(
                        self._values.view(view),
                        resolve=self._behind.answer(view),
                        description="As it is once the event is applied; as it was before, if that was not waited for.",
                    ),
                },
                description=f"An event about {view.many} went through.",
            ),
        )


def _default(field: FieldSpec, made: GraphQLInputType) -> Any:
    """What an input shows as the field's default; a default that it does not show is the event's all the same."""
    if field.can_be_left_out:
        return Undefined
    if field.required:
        return None if field.optional else Undefined
    value = field.default.value if isinstance(field.default, Enum) else field.default
    if not isinstance(value, _SHOWN_DEFAULTS):
        return Undefined
    try:
        ast_from_value(value, made)
    except GraphQLError:  # it is none of the scalar, as a text is no instant
        return Undefined
    return value


_SHOWN_DEFAULTS = (str, int, float, bool, Decimal)
