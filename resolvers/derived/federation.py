"""Entries for a gateway of Apollo Federation, by the representations that it has of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from hazelgate.client.views.entries import Entry, require_key
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.derived.entries import load
from hazelgate.schema.arguments import bad_input
from hazelgate.sourcing.errors import InvalidArgument
from hazelgate.sourcing.model.views import ViewSpec

MAX_REPRESENTATIONS = 10_000
_ARGUMENT = "representations"


async def load_entities(
    info: Info, views: Mapping[str, ViewSpec], representations: Sequence[Any]
) -> list[Entry | GraphQLError | InvalidArgument | None]:
    """
    The entries in the order of their representations; None where there is none.

    All of one view are read together. A representation that is none is an error of its own, in its place.

    Args:
        views: By the name of their type.

    Raises:
        GraphQLError: There are too many.
    """
    if len(representations) > MAX_REPRESENTATIONS:
        raise bad_input(_ARGUMENT, f"at most {MAX_REPRESENTATIONS:,}, these are {len(representations):,}")

    async def entity(place: int, representation: Any) -> Entry | GraphQLError | InvalidArgument | None:
        try:
            view, key = _read(views, f"{_ARGUMENT}.{place}", representation)
        except (GraphQLError, InvalidArgument) as error:
            return error  # graphql-core raises it for this one
        return await load(info, view, key)

    return list(await asyncio.gather(*[entity(place, each) for place, each in enumerate(representations)]))


def _read(views: Mapping[str, ViewSpec], place: str, representation: Any) -> tuple[ViewSpec, str]:
    """
    The view and the key that a representation names.

    Raises:
        GraphQLError, InvalidArgument: It names none.
    """
    if not isinstance(representation, dict):
        raise bad_input(place, "not an object with `__typename` and a key")
    type_name = representation.get("__typename")
    view = views.get(type_name) if isinstance(type_name, str) else None
    if view is None:
        raise bad_input(f"{place}.__typename", f"not the name of an entity; these are: {', '.join(views)}")
    key = representation.get(view.key_name)
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)  # as the scalar ID takes it
    if not isinstance(key, str):
        raise bad_input(f"{place}.{view.key_name}", f"the key of {view.type_name} is missing, or no text")
    return view, require_key(key, f"{place}.{view.key_name}")
