"""Types of subscriptions to the entries of a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLID,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    GraphQLUnionType,
)

from hazelgate.client.following.changes import ChangeKind
from hazelgate.schema.derived.behind import Behind
from hazelgate.schema.derived.filters import FilterTypes
from hazelgate.schema.derived.named import NamedTypes
from hazelgate.schema.derived.names import ViewNames
from hazelgate.schema.derived.values import ValueTypes, qualified
from hazelgate.sourcing.model.views import ViewSpec

_KINDS = {
    ChangeKind.CHANGED: "Made or changed.",
    ChangeKind.LEFT: "It matches the filter no more, or the subscriber may see it no more. The entry is null.",
    ChangeKind.REMOVED: "It is no more. The entry is null.",
}


class ChangeTypes:
    """What subscribers to a view get."""

    def __init__(
        self,
        types: NamedTypes,
        values: ValueTypes,
        filters: FilterTypes,
        behind: Behind,
        resolve_type: Callable[..., Any],
    ) -> None:
        self._types = types
        self._values = values
        self._filters = filters
        self._behind = behind
        self._resolve_type = resolve_type

    def changed(self, view: ViewSpec) -> GraphQLField:
        """The subscription to a view."""
        names = ViewNames(view)
        return GraphQLField(
            GraphQLNonNull(self._stream(view)),
            args={
                view.key_name: GraphQLArgument(GraphQLID, description="Of this entry alone."),
                "filter": GraphQLArgument(
                    self._filters.of_view(view),
                    description="Of entries that match; one that did and does so no more has LEFT, once.",
                ),
                "after": GraphQLArgument(
                    GraphQLString, description="Every entry that has changed since this cursor first, then live."
                ),
            },
            subscribe=self._behind.changed(view),
            resolve=lambda source, _info, **_arguments: source,
            description=(
                f"An entry of {names.type} each time it has changed: as it is once the event that caused it is "
                "applied, or later; its revision says which. A reader that is too slow gets the latest state of each."
            ),
        )

    def _stream(self, view: ViewSpec) -> GraphQLUnionType:
        names = ViewNames(view)
        gap: Any = self._types.generic["Discontinuity"]
        return self._types.make(
            names.stream,
            view,
            qualified(view.cls),
            lambda: GraphQLUnionType(
                names.stream,
                [self._change(view), gap],
                resolve_type=self._resolve_type,
                description=f"Changes of {view.many}, and gaps between them.",
            ),
        )

    def _kind(self) -> GraphQLEnumType:
        return self._types.make(
            "ChangeKind",
            ChangeKind,
            "the kind of a change",
            lambda: GraphQLEnumType(
                "ChangeKind",
                {each.name: GraphQLEnumValue(each, description=about) for each, about in _KINDS.items()},
                description="What has become of an entry.",
            ),
        )

    def _change(self, view: ViewSpec) -> GraphQLObjectType:
        names = ViewNames(view)
        kind = self._kind()
        record: Any = self._types.generic["EventRecord"]
        field = self._behind.field
        return self._types.make(
            names.change,
            view,
            qualified(view.cls),
            lambda: GraphQLObjectType(
                names.change,
                lambda: {
                    "cursor": GraphQLField(
                        GraphQLNonNull(GraphQLString),
                        resolve=field("cursor"),
                        description="For `after` of a later subscription.",
                    ),
                    "change": GraphQLField(
                        GraphQLNonNull(kind), resolve=field("change"), description="What has become of the entry."
                    ),
                    view.key_name: GraphQLField(
                        GraphQLNonNull(GraphQLID), resolve=field("key"), description="The entry's key."
                    ),
                    "causedBy": GraphQLField(
                        record,
                        resolve=field("causedBy"),
                        description="The event that changed it; null where the subscriber may not see that.",
                    ),
                    names.change_entry: GraphQLField(
                        self._values.view(view),
                        resolve=field("node"),
                        description="The entry as it is; null where it has LEFT or is REMOVED.",
                    ),
                },
                description=f"One of {view.many} has changed.",
            ),
        )
