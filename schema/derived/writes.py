"""Types of mutations: inputs made of events, payloads, and the unions of all that can come of an event."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputFieldMap,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    Undefined,
)

from hazelgate.schema.derived.behind import Behind
from hazelgate.schema.derived.names import ViewNames
from hazelgate.schema.derived.values import Named, ValueTypes, api_name, sentence
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.model.events import EventSpec
from hazelgate.sourcing.model.fields import FieldSpec, FieldType, ListOf, Scalar, description_of, fields_of
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
        generic: Named,
        values: ValueTypes,
        behind: Behind,
        resolve_type: Callable[..., Any],
    ) -> None:
        self._catalog = catalog
        self._generic = generic
        self._values = values
        self._behind = behind
        self._resolve_type = resolve_type
        self.made: dict[str, GraphQLNamedType] = {}

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
        if name not in self.made:
            self.made[name] = GraphQLInputObjectType(
                name, fields, description=event.description or sentence(event.name)
            )
        return self.made[name]  # type: ignore[return-value]  # under its name there is nothing else

    def _input_field(self, field: FieldSpec, *, is_id: bool = False, optional: bool = False) -> GraphQLInputField:
        made: Any = self._values.scalar(Scalar.ID) if is_id else self._input(field.type)
        has_default = field.default is not msgspec.UNSET and field.default is not None
        nullable = optional or field.can_be_left_out or field.optional or (not field.required and not has_default)
        description = field.description or sentence(field.name)
        if optional:
            description = f"{description.rstrip('.')}. Made where it is left out."
        plain = has_default and isinstance(field.default, (str, int, float, bool)) and not field.can_be_left_out
        return GraphQLInputField(
            made if nullable else GraphQLNonNull(made),
            default_value=field.default if plain and not nullable else Undefined,
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
        if name not in self.made:

            def fields() -> GraphQLInputFieldMap:
                return {each.name: self._input_field(each) for each in fields_of(held) if not each.filled}

            self.made[name] = GraphQLInputObjectType(name, fields, description=description_of(held) or sentence(name))
        return self.made[name]  # type: ignore[return-value]  # under its name there is nothing else

    def _result(self, event: EventSpec) -> Any:
        view = self._catalog.views[event.answers.view] if event.answers is not None else None
        if view is None or not view.in_api:
            return self._generic["EventResult"]
        names = ViewNames(view)
        if names.result not in self.made:
            failures: list[Any] = [self._generic[each] for each in FAILURES]
            self.made[names.result] = GraphQLUnionType(
                names.result,
                [self._payload(view), *failures],
                resolve_type=self._resolve_type,
                description=f"What comes of an event that is about {view.many}.",
            )
        return self.made[names.result]

    def _payload(self, view: ViewSpec) -> GraphQLObjectType:
        names = ViewNames(view)
        receipt: Any = self._generic["EventReceipt"]
        if names.payload not in self.made:
            self.made[names.payload] = GraphQLObjectType(
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
            )
        return self.made[names.payload]  # type: ignore[return-value]  # under its name there is nothing else
