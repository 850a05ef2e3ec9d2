"""Root fields at work: what they read, and what a selection makes of that."""

from __future__ import annotations

from typing import Any, Protocol

from hazelgate.client.views.entries import require_key
from hazelgate.client.views.pages import MAX_PAGE
from hazelgate.resolvers.meanings import EntriesById, OneEntry
from hazelgate.resolvers.plans.deviations import Deviation
from hazelgate.resolvers.plans.operations import RootPlan
from hazelgate.resolvers.plans.pages import Pages, projection_of
from hazelgate.resolvers.plans.running import Run
from hazelgate.resolvers.plans.selections import PagesSelection


class Root(Protocol):
    """A root field at work."""

    async def value(self, run: Run) -> Any:
        """
        Its value in the answer.

        Raises:
            Exception: Of any kind: the executor answers, and says what is wrong.
        """


def root_of(plan: RootPlan) -> Root:
    """
    What runs the plan of a root field.

    Raises:
        Unplannable: It can't be made.
    """
    if isinstance(plan.reads, OneEntry):
        return _One(plan, plan.reads)
    return _ById(plan, plan.reads) if isinstance(plan.reads, EntriesById) else _Many(plan)


class _One:
    def __init__(self, plan: RootPlan, reads: OneEntry) -> None:
        assert not isinstance(plan.selection, PagesSelection)
        self._arguments = plan.arguments
        self._view = reads.view
        self._projection = projection_of(reads.view, plan.selection)

    async def value(self, run: Run) -> Any:
        arguments = self._arguments.read(run.variables, run.whole)
        if arguments.get("minRevision") is not None or arguments.get("asOf") is not None:
            raise Deviation("the past has no plan")
        key = require_key(arguments[self._view.key_name], self._view.key_name)
        raws = await run.reads.load_several(self._view.name, (key,))
        return (await self._projection.each(raws, run))[0]


class _ById:
    def __init__(self, plan: RootPlan, reads: EntriesById) -> None:
        assert not isinstance(plan.selection, PagesSelection)
        self._arguments = plan.arguments
        self._view = reads.view
        self._argument = reads.argument
        self._projection = projection_of(reads.view, plan.selection)

    async def value(self, run: Run) -> Any:
        keys = self._arguments.read(run.variables, run.whole)[self._argument]
        if len(keys) > MAX_PAGE:
            raise Deviation("too many keys")
        for key in keys:
            require_key(key, self._argument)
        return await self._projection.all(await run.reads.load_several(self._view.name, keys), run)


class _Many:
    def __init__(self, plan: RootPlan) -> None:
        assert isinstance(plan.selection, PagesSelection)
        self._arguments = plan.arguments
        self._pages = Pages(plan.reads.view, plan.selection)

    async def value(self, run: Run) -> Any:
        return await self._pages.value(self._arguments.read(run.variables, run.whole), run)
