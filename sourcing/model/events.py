"""Event types as the catalog has them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hazelgate.sourcing.declaring.access import Grant
from hazelgate.sourcing.declaring.upcasting import Json
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.model.fields import FieldSpec, description_of, fields_of, inputs_of
from hazelgate.sourcing.structure.json_schema import json_schema


@dataclass(frozen=True)
class Answer:
    """What a mutation answers with: the entry of this view whose key stands in the event's field `key`."""

    view: str
    key: str


@dataclass(frozen=True)
class EventSpec:
    """
    One event type. `key` is the Python name of the field that holds the aggregate's id.

    Args:
        updates: The views that its events are folded into.
        mutation: The name of its mutation in the API; None where it has none.
        creates: Whether it is the first event of its aggregate, so that its id can be left out.
        answers: What the mutation answers with besides the receipt, if anything.
    """

    name: str
    version: int
    aggregate: str
    key: str
    cls: type[Event]
    updates: tuple[str, ...]
    readable_versions: tuple[int, ...]
    mutation: str | None
    creates: bool
    answers: Answer | None
    deprecated: str | None
    access: tuple[Grant, ...]
    readers: tuple[Grant, ...] = ()
    unique: tuple[tuple[str, str], ...] = ()
    """Fields whose values one aggregate alone may hold, each with the name that event types share it by."""
    frees: tuple[str, ...] = ()

    @cached_property
    def key_name(self) -> str:
        """The key's field, in JSON's name."""
        return next(field.name for field in fields_of(self.cls) if field.python_name == self.key)

    @property
    def description(self) -> str:
        """What the class's docstring says first."""
        return description_of(self.cls) or ""

    @property
    def input_fields(self) -> tuple[FieldSpec, ...]:
        """The fields that a mutation's input has: all but those that a guard fills in."""
        return inputs_of(self.cls)

    def json_schema(self) -> Json:
        """JSON Schema of the data, in today's version."""
        return json_schema(self.cls)

    def aggregate_id(self, event: Event) -> str:
        """The id of the aggregate that `event` belongs to."""
        value: str = getattr(event, self.key)
        return value
