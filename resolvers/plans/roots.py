"""Root fields at work: what they read, and what a selection makes of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from graphql.execution.values import VariableValues

from hazelgate.client.views.entries import require_key
from hazelgate.client.views.pages import MAX_PAGE
from hazelgate.resolvers.derived.aggregates import aggregate
from hazelgate.resolvers.meanings import AnyNode, EntriesById, EntryPages, Figures, OneEntry, Submits
from hazelgate.resolvers.plans import members
from hazelgate.resolvers.plans.deviations import Deviation
from hazelgate.resolvers.plans.members import selection_text
from hazelgate.resolvers.plans.operations import RootPlan
from hazelgate.resolvers.plans.pages import Pages, projection_of
from hazelgate.resolvers.plans.projecting import encode, together
from hazelgate.resolvers.plans.running import Run
from hazelgate.resolvers.plans.selections import NodesSelection, PagesSelection, Selection
from hazelgate.resolvers.plans.submitting import Submitting
from hazelgate.schema.nodes import GlobalId
from hazelgate.sourcing.ids import is_id


class Root(Protocol):
    """A root field at work."""

    async def value(self, run: Run) -> Any:
        """
        Its value in the answer.

        Raises:
            Exception: Of any kind: the executor answers, and says what is wrong.
        """


@dataclass(frozen=True, slots=True)
class Point:
    """
    The read of one entry by its key, and nothing else.

    Args:
        map_name: Where the entry is.
        key: Its key, by the operation's variables. Raises whatever has the executor answer.
        answer: What the field is in the answer, as JSON. Raises likewise.
    """

    map_name: str
    key: Callable[[Mapping[str, Any]], str]
    answer: Callable[[bytes | None], bytes]


def point_of(root: Root) -> Point | None:
    """A root field as the read of one key; None where it is more."""
    return root.point if isinstance(root, _One) else None


def root_of(plan: RootPlan, *, alone: bool = False) -> Root:
    """
    What runs the plan of a root field.

    Args:
        alone: Whether no other field of the operation reads anything.

    Raises:
        Unplannable: It can't be made.
    """
    match plan.does:
        case OneEntry():
            return _One(plan, plan.does)
        case EntriesById():
            return _ById(plan, plan.does, alone=alone)
        case EntryPages():
            return _Many(plan, plan.does, alone=alone)
        case Figures():
            return _Figures(plan, plan.does)
        case AnyNode():
            return _Nodes(plan, plan.does)
        case Submits():
            return Submitting(plan, plan.does)


class _One:
    def __init__(self, plan: RootPlan, reads: OneEntry) -> None:
        assert isinstance(plan.selection, Selection)
        self._arguments = plan.arguments
        self._view = reads.view
        self._projection = projection_of(reads.view, plan.selection)

    @property
    def point(self) -> Point | None:
        """The same as the read of one key; None where it takes more."""
        if self._projection.has_links or self._arguments.generic:
            return None
        return Point(self._view.name, lambda variables: self._key(variables, None), self._projection.encoded)

    def _key(self, variables: Mapping[str, Any], whole: VariableValues | None) -> str:
        arguments = self._arguments.read(variables, whole)
        if arguments.get("minRevision") is not None or arguments.get("asOf") is not None:
            raise Deviation("the past has no plan")
        return require_key(arguments[self._view.key_name], self._view.key_name)

    async def value(self, run: Run) -> Any:
        key = self._key(run.variables, run.whole)
        raws = await run.reads.load_several(self._view.name, (key,))
        return (await self._projection.each(raws, run))[0]


class _ById:
    def __init__(self, plan: RootPlan, reads: EntriesById, *, alone: bool) -> None:
        assert isinstance(plan.selection, Selection)
        self._arguments = plan.arguments
        self._view = reads.view
        self._argument = reads.argument
        self._projection = projection_of(reads.view, plan.selection)
        # Of what several fields read, each entry is read once, and as a whole.
        self._selected = selection_text(plan.selection) if alone and self._projection.is_copy else None

    async def value(self, run: Run) -> Any:
        keys = self._arguments.read(run.variables, run.whole)[self._argument]
        if len(keys) > MAX_PAGE:
            raise Deviation("too many keys")
        for key in keys:
            require_key(key, self._argument)
        if self._selected is not None and len(keys) >= members.FEWEST_ENTRIES and len(set(keys)) == len(keys):
            found = await run.reads.select(self._view.name, keys, self._selected)
            if found is not None:
                return orjson.Fragment(found)
        return await self._projection.all(await run.reads.load_several(self._view.name, keys), run)


class _Many:
    def __init__(self, plan: RootPlan, reads: EntryPages, *, alone: bool) -> None:
        assert isinstance(plan.selection, PagesSelection)
        self._arguments = plan.arguments
        self._pages = Pages(reads.view, plan.selection, alone=alone)

    async def value(self, run: Run) -> Any:
        return await self._pages.value(self._arguments.read(run.variables, run.whole), run)


class _Figures:
    def __init__(self, plan: RootPlan, reads: Figures) -> None:
        assert isinstance(plan.selection, Selection)
        self._arguments = plan.arguments
        self._view = reads.view
        self._projection = projection_of(None, plan.selection)

    async def value(self, run: Run) -> Any:
        given = self._arguments.read(run.variables, run.whole)
        named = {"filter": given.get("filter"), "group_by": given.get("groupBy")}
        groups = await aggregate(run.info, self._view, named)
        return await self._projection.all([encode(each) for each in groups], run)


class _Nodes:
    def __init__(self, plan: RootPlan, reads: AnyNode) -> None:
        assert isinstance(plan.selection, NodesSelection)
        self._arguments = plan.arguments
        self._reads = reads
        self._projections = {
            view.type_name: (view, projection_of(view, selection)) for view, selection in plan.selection.by_view
        }

    async def value(self, run: Run) -> Any:
        given = self._arguments.read(run.variables, run.whole)[self._reads.argument]
        ids = [_node_id(each) for each in (given if self._reads.many else [given])]
        if len(ids) > MAX_PAGE:
            raise Deviation("too many ids")
        keys: dict[str, list[str]] = {}
        for each in ids:
            keys.setdefault(each.type_name, []).append(each.key)
        if keys.keys() - self._projections.keys():
            raise Deviation("a node of another type")
        found = await together([self._of_type(name, wanted, run) for name, wanted in keys.items()])
        by_type = dict(zip(keys, map(iter, found), strict=True))
        values = [next(by_type[each.type_name]) for each in ids]
        return values if self._reads.many else values[0]

    async def _of_type(self, name: str, keys: list[str], run: Run) -> list[Any]:
        view, projection = self._projections[name]
        return await projection.each(await run.reads.load_several(view.name, keys), run)


def _node_id(text: str) -> GlobalId:
    found = GlobalId.decode(text)
    if found is None or not is_id(found.key):
        raise Deviation("not the id of a node")
    return found
