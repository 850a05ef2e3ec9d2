"""Mutations at work: each submits one event, and a selection becomes of what has come of it."""

from __future__ import annotations

from typing import Any

from hazelgate.resolvers.derived.writing import Outcome, PayloadNode, answered_key, submitted
from hazelgate.resolvers.meanings import Submits
from hazelgate.resolvers.plans.operations import RootPlan
from hazelgate.resolvers.plans.pages import projection_of
from hazelgate.resolvers.plans.projecting import Projection
from hazelgate.resolvers.plans.results import Build, ResultWriting, built
from hazelgate.resolvers.plans.running import Done, Run
from hazelgate.resolvers.plans.selections import AnsweredField, ResultSelection, ResultsSelection


class Submitting:
    """
    A mutation of one event.

    An event is submitted once, whatever comes of the rest: where the plan fails behind that, the executor completes the
    outcome that is there.

    Raises:
        Unplannable: It can't be made.
    """

    def __init__(self, plan: RootPlan, submits: Submits) -> None:
        assert isinstance(plan.selection, ResultsSelection)
        self._name = plan.name
        self._arguments = plan.arguments
        self._submits = submits
        self._results = {each.type_name: _Result(each) for each in plan.selection.by_type}
        self._shows_entry = any(
            isinstance(field, AnsweredField) for each in plan.selection.by_type for field in each.fields
        )

    async def value(self, run: Run) -> Any:
        arguments = self._arguments.read(run.variables, run.whole)
        try:
            outcome = Outcome(await submitted(run.info, self._submits, arguments, shows_entry=self._shows_entry))
        except Exception as error:
            outcome = Outcome(error=error)
        run.begun[self._name] = outcome
        result = outcome.result()
        name = result.type_name if type(result) is PayloadNode else type(result).__strawberry_definition__.name
        value = await self._results[name].value(result, run)
        run.begun[self._name] = Done(value)
        return value


class _Result:
    """What is selected of one type of result."""

    def __init__(self, selection: ResultSelection) -> None:
        self._build: Build = ResultWriting().function(selection)
        self._entries: tuple[tuple[str, Projection], ...] = tuple(
            (each.name, projection_of(each.view, each.selection))
            for each in selection.fields
            if isinstance(each, AnsweredField)
        )

    async def value(self, result: Any, run: Run) -> dict[str, Any]:
        made = built(self._build, result, run)
        if self._entries:
            key = await answered_key(run.info, result)
            if key is not None:
                raws = await run.reads.load_several(result.view.name, (key,))
                for name, projection in self._entries:
                    [made[name]] = await projection.each(raws, run)
        return made
