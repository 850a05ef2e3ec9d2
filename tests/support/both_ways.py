"""One operation both ways: by its plan, and by graphql-core's executor alone."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest.mock import patch

import orjson
from graphql import GraphQLSchema

from hazelgate import Catalog
from hazelgate.client.following.feed import Feed
from hazelgate.client.rights.rights import Rights
from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.executable_schema import graphql_schema
from hazelgate.gateway.graphql.execution import Execution, GraphQLRequest, Way
from hazelgate.gateway.graphql.limits import Limits
from hazelgate.gateway.parts import Parts
from hazelgate.resolvers.plans import members
from hazelgate.sourcing.model.views import ViewSpec
from hazelgate.testing.memory import MemoryCluster
from tests.support.operations import Operation, Operations
from tests.support.outcomes import Outcomes
from tests.support.worlds import entries_of, log_of

MOST_SCANNED = 4
"""Less than a view has: a filter that no index answers is refused now and then."""


@dataclass(frozen=True)
class Domain:
    """A catalog and its schema."""

    catalog: Catalog
    schema: GraphQLSchema

    @classmethod
    def of(cls, catalog: Catalog, *, incremental: bool = False) -> Domain:
        return cls(catalog, graphql_schema(catalog, incremental=incremental))

    @property
    def roots(self) -> list[str]:
        """The root fields that lead to entries, those with plans more often; and one that only the executor has."""
        others = [f"{view.many}Aggregate" for view in self._views]
        return [*self.planned_roots * 3, *others, "node", "nodes", "eventCatalog"]

    @property
    def planned_roots(self) -> list[str]:
        """The root fields of which all is planned, unless a field of an entry is not."""
        return [name for view in self._views for name in (view.one, view.many, f"{view.many}ById")]

    @property
    def types(self) -> list[str]:
        """The types of entries."""
        return [view.type_name for view in self._views]

    @property
    def _views(self) -> list[ViewSpec]:
        return [view for view in self.catalog.views.values() if view.in_api]

    @property
    def mutations(self) -> list[str]:
        """The mutations that submit one event."""
        return [each.mutation for each in self.catalog.specs.values() if each.mutation is not None]

    def writes(self, chance: Random) -> Operations:
        """Makes mutations. `handleEvent` is among them now and then: the executor alone has it."""
        roots = [*self.mutations * 9, "handleEvent"]
        return Operations(self.schema, chance, roots, self.types, kind="mutation")

    def operations(self, chance: Random) -> Operations:
        """Makes operations. Half leave `history` out: where the log is too long to be searched, it deviates."""
        avoid = frozenset({"history"}) if chance.random() < 0.5 else frozenset()
        return Operations(self.schema, chance, self.roots, self.types, avoid)


@dataclass
class Difference(AssertionError):
    """The two ways have not given the same answer."""

    operation: Operation
    by_plan: Any
    by_executor: Any
    seen: str = ""

    def __str__(self) -> str:
        return (
            f"{self.operation.text}\n\nwith {json.dumps(self.operation.variables)}\n\n"
            f"plan     {self.by_plan}\nexecutor {self.by_executor}"
        )


@dataclass
class World:
    """
    A domain with entries in a cluster in memory, and both ways to ask for them.

    Args:
        odd: The share of entries that are not as their type says.
        fails: The share of events that do not go through.
    """

    domain: Domain
    chance: Random
    odd: float = 0.15
    fails: float = 0.3
    ways: Counter[Way] = field(default_factory=Counter)
    """How many operations went which way."""
    invalid: int = 0
    """How many documents validation refused, with the same words both ways."""

    def __post_init__(self) -> None:
        catalog = self.domain.catalog
        self.cluster = MemoryCluster.of(catalog)
        for name, entries in {**entries_of(catalog, self.chance, odd=self.odd), **log_of(catalog, self.chance)}.items():
            self.cluster.engine.map(name).update(entries)
        feed = Feed(self.cluster, queue_size=5)
        self.outcomes = Outcomes(catalog, self.cluster, self.chance, odd=self.odd, fails=self.fails)
        self._parts = Parts(catalog, self.cluster, self.outcomes.handler, feed, MOST_SCANNED)
        self.planned = self._execution(use_plans=True)
        self.executed = self._execution(use_plans=False)

    def _execution(self, *, use_plans: bool) -> Execution:
        return Execution(
            self.domain.schema,
            self._parts.context,
            Rights(self.domain.catalog),
            limits=Limits(),
            count=self._count if use_plans else lambda _: None,
            use_plans=use_plans,
        )

    def _count(self, way: Way) -> None:
        self.ways[way] += 1

    async def compare(self, operation: Operation) -> None:
        """
        Raises:
            Difference: One way gives another answer than the other.
        """
        await self.cluster.start()
        request = GraphQLRequest(operation.text, operation.variables)
        with self.outcomes.again():
            by_executor = await answer(self.executed, request)
        submitted = self.outcomes.events
        if not by_executor.executed:
            self.invalid += 1
        for fewest in (members.FEWEST_ENTRIES, 1):  # a plan that is new, and one that was kept
            with patch.object(members, "FEWEST_ENTRIES", fewest), self.outcomes.again():
                by_plan = await answer(self.planned, request)
            if not alike(by_plan, by_executor):
                raise Difference(operation, canonical(by_plan), canonical(by_executor))
            if self.outcomes.events != submitted:
                raise Difference(operation, self.outcomes.events, submitted)


async def answer(execution: Execution, request: GraphQLRequest) -> Answer:
    """What comes of a request."""
    document = execution.document(request)
    return document if isinstance(document, Answer) else await execution.run(document, request)


def alike(one: Answer, other: Answer) -> bool:
    """
    Whether two answers are the same.

    The order of errors is nobody's to promise. Where several fields make one parent null, graphql-core tells of the one
    that failed first, and reads that are there already fail sooner: then it is enough that the same parents are null.
    """
    if canonical(one) == canonical(other):
        return True
    return canonical(one)[0] == canonical(other)[0] and nulled(one) == nulled(other) != set()


def nulled(given: Answer) -> set[tuple[str | int, ...]]:
    """Where errors have left null: the outermost null on the way to each."""
    body = orjson.loads(given.encode())
    found = set()
    for error in body.get("errors", ()):
        value, place = body.get("data"), []
        for each in error.get("path", ()):
            if value is None:
                break
            value = value[each]
            place.append(each)
        found.add(tuple(place))
    return found


def canonical(given: Answer) -> tuple[str, list[str], bool]:
    """An answer as text: its data with the fields in their order, its errors in none, their ids left out."""
    try:
        body = orjson.loads(given.encode())
    except orjson.JSONEncodeError as error:
        return f"not encodable: {error}", [], given.executed
    errors = sorted(_ERROR_ID.sub('"errorId": ""', json.dumps(each)) for each in body.get("errors", ()))
    return json.dumps(body.get("data", "none")), errors, given.executed


_ERROR_ID = re.compile(r'"errorId": "[0-9a-f]+"')
