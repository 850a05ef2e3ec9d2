"""The plans of one document: made when an operation first runs, and kept with it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import orjson
from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    visit,
)

from hazelgate.resolvers.context import ResolverContext
from hazelgate.resolvers.plans.arguments import has_nested_variable
from hazelgate.resolvers.plans.deviations import Deviation, Unplannable
from hazelgate.resolvers.plans.operations import OperationPlan, RootPlan, Unplanned
from hazelgate.resolvers.plans.pages import projection_of
from hazelgate.resolvers.plans.planning import Details, Planner
from hazelgate.resolvers.plans.projecting import Projection, together
from hazelgate.resolvers.plans.roots import Point, Root, point_of, root_of
from hazelgate.resolvers.plans.running import Run
from hazelgate.resolvers.plans.selections import Constant
from hazelgate.resolvers.plans.variables import Variables
from hazelgate.sourcing.model.views import ViewSpec

_logger = logging.getLogger(__name__)

MOST_VARIANTS = 16
"""Of one operation, by what `@skip` and `@include` are given. Others are the executor's."""
MOST_FIELDS = 4_000
"""In all variants of one operation but the first: they take no more room than the document itself."""
_CONDITIONS = ("skip", "include")


class PlannedOperation:
    """
    An operation with the plan for one choice of what `@skip` and `@include` are given.

    It is what runs the plan; `plan` is the plan as a value.
    """

    def __init__(self, planner: Planner, kind: OperationType) -> None:
        self._planner = planner
        self._projections: dict[tuple[str, tuple[int, ...]], Projection | None] = {}
        self.roots: dict[str, Root] = {}
        self._constants: dict[str, str] = {}
        made: list[RootPlan | Constant | Unplanned] = []
        fields = list(planner.roots())
        alone = sum(not isinstance(each, Constant) for each in fields) == 1
        for each in fields:
            if isinstance(each, Constant):
                self._constants[each.name] = each.value
            elif isinstance(each, RootPlan):
                try:
                    self.roots[each.name] = root_of(each, alone=alone)
                except Unplannable as reason:
                    made.append(Unplanned(each.name, str(reason)))
                    continue
            made.append(each)
        self.plan = OperationPlan(kind.value, tuple(made))
        self.live_name = planner.live_name
        """Under which name the answer of a query stands that is run again and again; None: it is no such operation."""
        self._is_serial = kind is OperationType.MUTATION
        is_answered = kind is not OperationType.SUBSCRIPTION or self.live_name is not None
        self.is_whole = is_answered and self.plan.is_whole
        self.point = self._point()
        """What it reads, where that is one entry by its key; None where it is more."""

    def _point(self) -> Point | None:
        if not self.is_whole or self.live_name is not None or len(self.plan.roots) != 1 or not self.roots:
            return None
        [(name, root)] = self.roots.items()
        point = point_of(root)
        if point is None:
            return None
        head, answer = b"{" + orjson.dumps(name) + b":", point.answer
        return replace(point, answer=lambda raw: b"%b%b}" % (head, answer(raw)))

    async def data(self, run: Run) -> dict[str, Any]:
        """
        The answer's data, ready for `orjson`.

        Raises:
            Deviation: The executor is to answer. What mutations have begun by then, `run` knows.
        """
        try:
            if self._is_serial:
                found = [await each.value(run) for each in self.roots.values()]
            else:
                found = await together([each.value(run) for each in self.roots.values()])
        except Exception as error:
            _logger.debug("graphql-core answers in place of a plan", exc_info=True)
            raise Deviation(repr(error)) from error
        values = dict(zip(self.roots, found, strict=True))
        if self._constants:
            values |= self._constants
            values = {each.name: values[each.name] for each in self.plan.roots}
        return values if self.live_name is None else {self.live_name: values}

    def projection(self, made: GraphQLObjectType, details: Details, view: ViewSpec) -> Projection | None:
        """What a selection makes of an entry, wherever in the operation it comes from; None where it has no plan."""
        name = (made.name, tuple(id(each.node) for each in details))
        if name not in self._projections:
            self._projections[name] = self._projection_of(made, details, view)
        return self._projections[name]

    def _projection_of(self, made: GraphQLObjectType, details: Details, view: ViewSpec) -> Projection | None:
        try:
            return projection_of(view, self._planner.entry(made, details))
        except (Unplannable, GraphQLError, RecursionError):
            return None


class OperationPlans:
    """
    One operation of a document: its variables, and its plans.

    What `@skip` and `@include` are given decides what is selected, so each choice of that has a plan of its own.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        conditions: frozenset[str],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._operation = operation
        self._variables = Variables(schema, operation)
        names = (each.variable.name.value for each in operation.variable_definitions or ())
        self._conditions = tuple(name for name in names if name in conditions)
        self._is_mutation = operation.operation is OperationType.MUTATION
        self._is_query = operation.operation is OperationType.QUERY
        self._variants: dict[tuple[Any, ...], PlannedOperation | None] = {}
        self._fields = 0
        self._reads_more = False
        """Whether it was seen that it is not the read of one entry."""

    def run_of(self, context: ResolverContext, given: Mapping[str, Any] | None) -> Run:
        """
        What a plan runs with: nothing but the context where the executor runs, which reads the variables by itself.

        Raises:
            Deviation: The variables are wrong: the executor says so.
        """
        if not (self._is_query or self._conditions or self._is_planned_mutation):
            return Run(context, {})
        variables = self._variables.read(given)
        return Run(context, variables, self._variables.whole(given) if self._needs_whole else None)

    def point(self, given: Mapping[str, Any] | None) -> tuple[Point, str] | None:
        """
        What these variables have it read, and the key, where that is one entry; None where it is more.

        Raises:
            Exception: Of any kind: the executor answers, and says what is wrong.
        """
        if not self._is_query or self._reads_more:
            return None
        variables = self._variables.read(given)
        planned = self.variant(variables)
        if planned is None or planned.point is None:
            self._reads_more = not self._conditions  # then there is one plan alone
            return None
        return planned.point, planned.point.key(variables)

    @cached_property
    def _is_planned_mutation(self) -> bool:
        """Whether it is a mutation that has one plan, and is answered by that."""
        planned = self.variant({}) if self._is_mutation and not self._conditions else None
        return planned is not None and planned.is_whole

    @cached_property
    def _needs_whole(self) -> bool:
        """Whether a variable stands within an input or a list."""
        nodes = (self._operation, *self._fragments.values())
        return any(has_nested_variable(each) for each in nodes)

    def variant(self, variables: Mapping[str, Any]) -> PlannedOperation | None:
        """The operation as these variables shape it; None where that is one way too many, or has no plan at all."""
        name = tuple(variables.get(each) for each in self._conditions)
        if name in self._variants or len(self._variants) >= MOST_VARIANTS or self._fields >= MOST_FIELDS:
            return self._variants.get(name)
        found = self._variants[name] = self._planned(
            {each: variables[each] for each in self._conditions if each in variables}
        )
        self._fields += 0 if found is None else found.plan.size
        return found

    def _planned(self, chosen: Mapping[str, Any]) -> PlannedOperation | None:
        try:
            planner = Planner(self._schema, self._fragments, self._operation, chosen)
            return PlannedOperation(planner, self._operation.operation)
        except (GraphQLError, RecursionError):  # the executor says it in its own words
            return None
        except Exception:
            _logger.exception("no plan could be made of an operation; graphql-core answers it")
            return None


class DocumentPlans:
    """The operations of one document, by name."""

    def __init__(self, schema: GraphQLSchema, ast: DocumentNode) -> None:
        self._schema = schema
        self._ast = ast

    def operation(self, name: str | None) -> OperationPlans | None:
        """The operation that this name picks; None where it picks none, or the executor is to run it."""
        if name:
            return self._operations.get(name)
        return next(iter(self._operations.values())) if len(self._operations) == 1 else None

    @cached_property
    def _operations(self) -> dict[str, OperationPlans]:
        directives = _Directives()
        visit(self._ast, directives)
        if directives.others:
            return {}
        definitions = self._ast.definitions
        fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
        if any(each.variable_definitions for each in fragments.values()):
            return {}
        conditions = frozenset(directives.variables)
        return {
            each.name.value if each.name else "": OperationPlans(self._schema, fragments, each, conditions)
            for each in definitions
            if isinstance(each, OperationDefinitionNode)
        }


class _Directives(Visitor):
    """Which variables `@skip` and `@include` take, and whether there are other directives."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.others = False

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value not in _CONDITIONS:
            self.others = True
        self.variables |= {
            each.value.name.value for each in node.arguments or () if isinstance(each.value, VariableNode)
        }
