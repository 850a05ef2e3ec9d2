"""Checks of arguments. Each error names the argument, and says how to mend it."""

from collections.abc import Collection

from graphql import GraphQLError

from hazelgate.sourcing.ids import ID_DESCRIPTION, is_id, is_stored_id

MAX_TYPES = 1_000


def bad_input(field: str, message: str) -> GraphQLError:
    """An error that names the argument."""
    return GraphQLError(f"{field}: {message}", extensions={"code": "BAD_USER_INPUT", "field": field})


def require_id(argument: str, value: str) -> str:
    """
    The id, if it can be one.

    Raises:
        GraphQLError: Nothing can have that id; asking the cluster for it would be a wrong key at best.
    """
    if not is_id(value):
        raise bad_input(argument, f"not an id: {ID_DESCRIPTION}")
    return value


def require_stored_id(argument: str, value: str) -> str:
    """
    The id, if something of a tenant, or of none, can have it: operators name such.

    Raises:
        GraphQLError: Nothing can have that id.
    """
    if not is_stored_id(value):
        raise bad_input(argument, f"not an id: {ID_DESCRIPTION}")
    return value


def known_types(known: Collection[str], types: list[str]) -> list[str]:
    """
    The names, if there is an event type of each.

    Args:
        known: Those of which the caller may read some events.

    Raises:
        GraphQLError: There is no such event type, so that a typo doesn't look like silence.
    """
    if len(types) > MAX_TYPES:
        raise bad_input("types", f"at most {MAX_TYPES:,}")
    for name in types:
        if name not in known:
            raise bad_input("types", f"no event type {name[:200]!r}; eventCatalog lists those that there are")
    return types
