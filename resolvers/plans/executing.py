"""graphql-core's executor, with plans for the parts of an operation that have one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from graphql import (
    Executor,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_nullable_type,
    is_leaf_type,
)
from graphql.pyutils import Path, RefMap, is_awaitable

from hazelgate.client.views.entries import Entry
from hazelgate.resolvers.plans.deviations import Deviation
from hazelgate.resolvers.plans.documents import PlannedOperation
from hazelgate.resolvers.plans.planning import Details
from hazelgate.resolvers.plans.projecting import Projection
from hazelgate.resolvers.plans.running import Begun, Done, Run
from hazelgate.resolvers.plans.turns import Turns

_SHORT_LIST = 50
"""A list that is not longer is completed in one go."""

Position = TypeVar("Position")
"""Of what a value is a part."""


class PlannedExecutor(Executor[Position]):
    """
    The executor, but root fields and entries that have a plan are answered by it.

    Where something is not as the plan expects, the executor does that part by itself, so that every error is its own.
    Between the items of a long list it lets others have their turn: one operation may ask for half a million values.

    Args:
        planned: The operation's plans; None: it has none.
        has_deviated: Whether its root fields have been tried by their plans.
        begun: The mutations that these have begun. No event is submitted twice.
    """

    def __init__(
        self,
        *given: Any,
        planned: PlannedOperation | None = None,
        has_deviated: bool = False,
        begun: Begun | None = None,
        **named: Any,
    ) -> None:
        super().__init__(*given, **named)
        self._planned = planned
        self._begun = {} if begun is None else begun
        self._roots = {} if planned is None or has_deviated else planned.roots
        self.has_used_plans = False
        """Whether a part of the answer came from a plan."""
        self._turns = Turns()

    def may_plan(self, details: Details) -> bool:
        """Whether a plan may answer a field, if it has one."""
        return True

    def may_project(self, details: Details) -> bool:
        """Whether a plan may answer a value of a field, if it has one."""
        return True

    def build_per_event_executor(self, payload: Any) -> Executor[Position]:
        """
        One for an event of a subscription.

        graphql-core's shares what it remembers of selections, by lists that each event has of its own: that would grow
        as long as the subscription lives.
        """
        one = super().build_per_event_executor(payload)
        one._relevant_sub_fields = {}
        one._stream_usages = RefMap()
        return one

    def mark_planned(self) -> None:
        """A part of the answer came from a plan."""
        self.has_used_plans = True

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Details,
        path: Path,
        position_context: Position | None,
    ) -> Any:
        """A field: by the plan of it, where it is one of the operation's own that has one."""
        execute = super().execute_field
        if not (self._roots or self._begun) or not self._is_root(path):
            return execute(parent_type, source, field_details_list, path, position_context)
        name = str(path.key)
        begun = self._begun.get(name)
        if isinstance(begun, Done):
            return begun.value
        root = self._roots.get(name)
        if root is None or not self.may_plan(field_details_list):
            return execute(parent_type, begun or source, field_details_list, path, position_context)

        return self._by_plan_or(
            lambda: root.value(self._run()),
            lambda: execute(parent_type, self._begun.get(name, source), field_details_list, path, position_context),
        )

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: Details,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Position | None,
    ) -> Any:
        """A value with fields: by the plan of them, where it is an entry."""
        complete = super().complete_object_value
        projection = None
        if type(result) is Entry and self._planned is not None and self.may_project(field_details_list):
            projection = self._planned.projection(return_type, field_details_list, result.view)
        if projection is None:
            return complete(return_type, field_details_list, info, path, result, position_context)
        if projection.has_links:
            return self._by_plan_or(
                partial(self._linked, projection, result),
                lambda: complete(return_type, field_details_list, info, path, result, position_context),
            )
        with suppress(Deviation):
            value = projection.one(bytes(result.raw))
            self.mark_planned()
            return value
        return complete(return_type, field_details_list, info, path, result, position_context)

    async def _by_plan_or(self, planned: Callable[[], Awaitable[Any]], otherwise: Callable[[], Any]) -> Any:
        """What a plan makes of a part; where it fails, what the executor does, so that the error is its own."""
        with suppress(Exception):
            value = await planned()
            self.mark_planned()
            return value
        value = otherwise()
        return await value if is_awaitable(value) else value

    async def _linked(self, projection: Projection, entry: Entry) -> Any:
        """The value of an entry with links that are followed."""
        [value] = await projection.each([bytes(entry.raw)], self._run(), known=True)
        return value

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: Details,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Position | None,
    ) -> Any:
        """A list: with pauses, where it is a long one of objects."""
        if isinstance(result, list | tuple) and len(result) > _SHORT_LIST and not _is_of_leaves(return_type):
            result = self._turns.items(result)
        return super().complete_list_value(return_type, field_details_list, info, path, result, position_context)

    def _is_root(self, path: Path) -> bool:
        """Whether a field is one of the query's root, which a live query has one level below the operation's."""
        live_name = None if self._planned is None else self._planned.live_name
        if live_name is None:
            return path.prev is None
        return path.prev is not None and path.prev.prev is None

    async def by_plan(self) -> dict[str, Any] | None:
        """
        The data of a live query, ready for `orjson`; None where the executor is needed.

        Raises:
            Deviation: As `PlannedOperation.data` says.
        """
        planned = self._planned
        if planned is None or planned.live_name is None or not planned.is_whole:
            return None
        return await planned.data(self._run())

    def deviate(self) -> None:
        """The plans of root fields were tried: go without them."""
        self._roots = {}

    def _run(self) -> Run:
        return Run(self.context_value, self.variable_values.coerced, self.variable_values, self._begun)


def _is_of_leaves(made: GraphQLList[GraphQLOutputType]) -> bool:
    return is_leaf_type(get_nullable_type(made.of_type))
