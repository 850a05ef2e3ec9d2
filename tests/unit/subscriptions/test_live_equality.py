"""
Whatever happens, the last result of a live query is what the query itself answers once all is quiet.

`HAZELGATE_LIVE_EXAMPLES=2000` makes it a long run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

import orjson
import pytest
from graphql import FieldNode, NameNode, OperationDefinitionNode, OperationType, SelectionSetNode, parse, print_ast
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hazelgate import Catalog
from hazelgate.client.following import watches
from hazelgate.client.following.feed import Feed
from hazelgate.client.rights.rights import Rights
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.execution import Execution, GraphQLRequest
from hazelgate.gateway.graphql.limits import Limits
from hazelgate.gateway.graphql.shared_executions import Message, SharedExecution, Together
from hazelgate.gateway.graphql.sharing import Sharing
from hazelgate.gateway.parts import Parts
from hazelgate.sourcing.errors import HazelgateError
from hazelgate.testing.memory import MemoryCluster
from tests.support.both_ways import Domain, alike
from tests.support.both_ways import answer as answer_of
from tests.support.idle_time import idle_time
from tests.support.operations import Operation
from tests.support.worlds import KEYS
from tests.unit.resolvers.derived import shelf

EXAMPLES = int(os.environ.get("HAZELGATE_LIVE_EXAMPLES", "12"))
QUERIES, ROUNDS, EVENTS = 6, 5, 3
MOST_SCANNED = 4
"""Less than there may be books: a filter that no index answers becomes an error now and then, and stops being one."""
QUIET_SECONDS = 4.0
"""More than a query waits that has read what no event tells of."""

# The executor leaves fields unawaited whose parent is null already; garbage collection tells of it at any time.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@cache
def domain() -> Domain:
    return Domain.of(Catalog.load(shelf.__name__))


def made_live(operation: Operation) -> str:
    """The text of a subscription to a query."""
    ast = parse(operation.text)
    for each in ast.definitions:
        if isinstance(each, OperationDefinitionNode):
            throttled = parse("{ live(throttleMs: 20) }").definitions[0]
            assert isinstance(throttled, OperationDefinitionNode)
            field = throttled.selection_set.selections[0]
            assert isinstance(field, FieldNode)
            within = FieldNode(name=NameNode(value="live"), arguments=field.arguments, selection_set=each.selection_set)
            object.__setattr__(each, "operation", OperationType.SUBSCRIPTION)
            object.__setattr__(each, "selection_set", SelectionSetNode(selections=(within,)))
    return print_ast(ast)


class Reader:
    """Takes part in a live query, and keeps what it got last."""

    def __init__(self, execution: SharedExecution) -> None:
        self.execution = execution
        self.last: Message | None = None
        self.results = 0
        self.refused: Answer | None = None
        execution.join(self)

    def push(self, message: Message) -> None:
        assert self.last is None or self.last.body != message.body, "it shows the same"
        self.last = message
        self.results += 1

    def push_all(self, together: Together) -> None:
        raise AssertionError("who has got what is told one by one")

    def end(self, refused: Answer | None) -> None:
        self.refused = refused


def of_query(body: bytes) -> Answer:
    """A live query's result as the query's own."""
    told = orjson.loads(body)
    told["data"] = told["data"] and told["data"]["live"]
    for each in told.get("errors", ()):
        each["path"] = each["path"][1:]
    return without_locations(told)


def without_locations(told: Any) -> Answer:
    """An answer without the places of its errors in the text, which are others."""
    for each in told.get("errors", ()):
        each.pop("locations", None)
    return Answer(told, True)


class Shelf:
    """The shelf, live queries over it, and events by chance."""

    def __init__(self, chance: Random, *, use_plans: bool) -> None:
        catalog = domain().catalog
        self.chance = chance
        self.cluster = MemoryCluster.of(catalog)
        self.handler = EventHandler(catalog, self.cluster)
        self.feed = Feed(self.cluster, queue_size=5)
        self.parts = Parts(catalog, self.cluster, self.handler, self.feed, MOST_SCANNED)
        self.execution = Execution(
            domain().schema, self.parts.context, Rights(catalog), limits=Limits(), use_plans=use_plans
        )
        self.sharing = Sharing(domain().schema, lambda _: self.feed.heard_count)
        self.readers: list[tuple[GraphQLRequest, Reader]] = []

    def follow(self, operation: Operation) -> None:
        plain = GraphQLRequest(operation.text, operation.variables)
        live = GraphQLRequest(made_live(operation), operation.variables)
        document = self.execution.document(live)
        if isinstance(document, Answer):
            return
        execution = self.sharing.execution_of(self.execution, document, live)
        assert execution is not None
        self.readers.append((plain, Reader(execution)))

    async def happen(self) -> None:
        """An event. It may be refused, or be one that a view can't take."""
        chance, key = self.chance, self.chance.choice(KEYS)
        event: Any = shelf.BookTaken(book_id=key)
        if chance.random() < 0.6:
            event = shelf.BookPut(
                book_id=key,
                title=chance.choice(["", "a", "b", "é", "\U0001f600", "\uffee", "poison"]),
                author=chance.choice(KEYS),
                kind=chance.choice(list(shelf.Kind)),
                grade=chance.choice(list(shelf.Grade)),
                parts=(shelf.Part(title="p", pages=3, book_id=chance.choice(KEYS)),) if chance.random() < 0.7 else (),
                pages=chance.choice([0, 1, -1, 7]),
                price=chance.choice([None, Decimal("1.50"), Decimal(0)]),
                lent=chance.random() < 0.5,
            )
        with contextlib.suppress(HazelgateError):
            await self.handler.handle_event(event)
        if chance.random() < 0.1:
            self.cluster.disconnect()
            await asyncio.sleep(chance.random())
            self.cluster.connect()

    async def check(self) -> None:
        """
        Raises:
            AssertionError: A live query shows something else than the query itself.
        """
        await asyncio.sleep(QUIET_SECONDS)
        for request, reader in self.readers:
            plain = await answer_of(self.execution, request)
            if reader.last is None:
                assert not plain.executed, request
                assert reader.refused is not None, request
                continue
            if not plain.executed:  # a query is refused as a whole where a live one's field is
                assert orjson.loads(reader.last.body)["data"] is None
                continue
            last, now = of_query(reader.last.body), without_locations(orjson.loads(plain.encode()))
            assert alike(last, now), f"{request.query}\n{json.dumps(request.variables)}\nlive {last}\nnow {now}"

    async def run(self) -> int:
        """Live queries that come one by one, and events; how many results there were."""
        await self.cluster.start()
        await self.handler.start()
        await self.feed.start()
        try:
            for _ in range(ROUNDS):
                for _ in range(QUERIES // 2):
                    self.follow(domain().operations(self.chance).one())
                for _ in range(EVENTS):
                    await self.happen()
                    if self.chance.random() < 0.3:
                        await asyncio.sleep(self.chance.random())
                await self.check()
            return sum(reader.results for _, reader in self.readers)
        finally:
            await self.sharing.close()
            await self.parts.close()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.mark.exhaustive
def test_a_live_query_shows_in_the_end_what_the_query_answers(
    runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random filters, pages, links and figures, with plans and without, while books come and go."""
    monkeypatch.setattr(watches, "HEAL_SECONDS", 1_000_000.0)
    results: Counter[bool] = Counter()

    @settings(max_examples=EXAMPLES, database=None, phases=[Phase.generate])
    @given(st.integers(0, 2**32), st.booleans())
    def agree(seed: int, use_plans: bool) -> None:
        async def scene() -> int:
            with idle_time(asyncio.get_running_loop()):
                return await Shelf(Random(seed), use_plans=use_plans).run()

        results[use_plans] += runner.run(scene())

    agree()
    assert min(results[True], results[False]) > EXAMPLES, results
