"""
Fields that a resolver answers.

A type declares the field: its name, its type, its arguments. `hazelgate.resolvers.root.FIELD_RESOLVERS` names the
function that answers it, and the gateway puts both together when it assembles the schema.
"""

from collections.abc import Callable, Mapping
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

Arguments = Mapping[str, Any]
"""Types of arguments by their Python names. Each argument may be left out, so each type has `None`."""

FORWARD: Arguments = {"first": int | None, "after": str | None}
"""The arguments of a list that is read from its start."""

BOTH_WAYS: Arguments = {**FORWARD, "last": int | None, "before": str | None}
"""The arguments of a list that is read from either end."""

FieldResolvers = Mapping[tuple[type, str], Callable[..., Any]]
"""The functions that answer declared fields, by the type that declares the field and the field's Python name."""


class ResolvedField(StrawberryField):
    """A field of a type that no attribute holds: see `resolved`."""

    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(*positional, **named)
        # As for a field with a resolver beside it: it is no part of the value.
        self.init = self.repr = self.compare = False


def resolved(arguments: Arguments | None = None, *, description: str | None = None) -> Any:
    """Declare a field that a resolver answers: `orders: Connection[Order] = resolved(FORWARD)`."""
    field = ResolvedField(description=description)
    field.arguments = [
        StrawberryArgument(name, None, StrawberryAnnotation(hint), default=strawberry.UNSET)
        for name, hint in (arguments or {}).items()
    ]
    return field
