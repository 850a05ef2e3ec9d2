"""What has changed between two GraphQL schemas, and which of it breaks clients."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import GraphQLError, GraphQLSchema, GraphQLSyntaxError, build_schema
from graphql.utilities import DangerousChangeType, find_breaking_changes, find_dangerous_changes

_SAFE = (
    DangerousChangeType.OPTIONAL_ARG_ADDED,
    DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED,
)
"""Whoever does not know them leaves them out."""


@dataclass(frozen=True)
class SchemaChange:
    """One change. One that breaks ends documents that were valid; another may surprise clients."""

    breaks: bool
    description: str

    def __str__(self) -> str:
        return f"{'BREAKING' if self.breaks else 'dangerous'} {self.description}"


def read_schema(text: str) -> GraphQLSchema:
    """
    A schema from its text.

    Raises:
        ValueError: It is none.
    """
    try:
        return build_schema(text)
    except GraphQLSyntaxError as error:
        line, column = error.locations[0] if error.locations else (1, 1)
        raise ValueError(f"no GraphQL schema: line {line}, column {column}: {error.message}") from None
    except (GraphQLError, TypeError) as error:
        raise ValueError(f"no GraphQL schema: {' '.join(str(error).split())}") from None


def schema_changes(old: GraphQLSchema, new: GraphQLSchema) -> list[SchemaChange]:
    """Every change that clients of the old schema could notice, those that break first."""
    breaking = [SchemaChange(True, each.description) for each in find_breaking_changes(old, new)]
    dangerous = [
        SchemaChange(False, each.description) for each in find_dangerous_changes(old, new) if each.type not in _SAFE
    ]
    return breaking + dangerous
