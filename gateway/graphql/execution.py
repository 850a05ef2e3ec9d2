"""One operation from its text to its answer, whatever transport it came over."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from enum import StrEnum
from typing import Any, cast

import msgspec
import orjson
from graphql import (
    ExecutionResult,
    Executor,
    ExperimentalIncrementalExecutionResults,
    GraphQLError,
    GraphQLSchema,
    create_source_event_stream,
)

from hazelgate.client.following.watches import Watch
from hazelgate.client.rights.rights import Rights
from hazelgate.gateway.door.refusals import Reason, Refusals
from hazelgate.gateway.errors import Faults, explained, field_error, request_error
from hazelgate.gateway.graphql.answers import Answer, Json, fault, refusal
from hazelgate.gateway.graphql.deadlines import Deadlines
from hazelgate.gateway.graphql.documents import Document, Documents, InvalidDocument
from hazelgate.gateway.graphql.incremental import AnswerParts, Spec, last_of
from hazelgate.gateway.graphql.limits import Limits, TooComplex
from hazelgate.gateway.graphql.point_reads import PointRead
from hazelgate.gateway.parts import RequestContext
from hazelgate.resolvers.plans.deviations import Deviation
from hazelgate.resolvers.plans.documents import PlannedOperation
from hazelgate.resolvers.plans.executing import PlannedExecutor
from hazelgate.resolvers.plans.incremental import IncrementalPlannedExecutor
from hazelgate.resolvers.plans.running import Run
from hazelgate.subscriptions.live import Round

_DEFAULT_SECONDS = 30.0


class GraphQLRequest(msgspec.Struct, frozen=True):
    """One operation that is asked for, its text known."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None
    """The id under which the text is trusted."""


class Way(StrEnum):
    """How an operation was answered."""

    PLAN = "plan"
    """By its plan alone."""
    PARTLY = "partly"
    """By graphql-core's executor, with plans for some of its fields."""
    EXECUTOR = "executor"
    """By graphql-core's executor: it has no plan."""
    DEVIATED = "deviated"
    """By graphql-core's executor: it has a plan, but something that was asked or read was not as the plan expects."""


class Execution:
    """
    Runs operations against one schema.

    Args:
        rights: The caller's, which each context gets.
        contexts: Makes a context; every request and every event of a subscription gets its own, so that no read is
            answered from before the event. That of a live query tells a watch of its reads.
        count: Told the way of every query, mutation and event of a subscription, for the metrics.
        use_plans: Whether there are plans.
        limits, introspection, suggestions: As `Documents` has them.
        refusals: Told of operations that ask for too much, or take too long.
        deadlines: How long an operation may take.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        contexts: Callable[[Rights, Watch | None], RequestContext],
        rights: Rights,
        *,
        limits: Limits,
        introspection: bool = True,
        suggestions: bool = True,
        count: Callable[[Way], None] = lambda way: None,
        use_plans: bool = True,
        refusals: Refusals | None = None,
        deadlines: Deadlines | None = None,
    ) -> None:
        self._schema = schema
        self._contexts = contexts
        self.rights = rights
        self._count = count
        self._use_plans = use_plans
        self._hide_suggestions = not suggestions
        self._refusals = refusals or Refusals()
        self._deadlines = deadlines or Deadlines(_DEFAULT_SECONDS)
        self._documents = Documents(schema, limits, introspection=introspection, suggestions=suggestions)

    def under(self, rights: Rights) -> Execution:
        """The same for another caller that sees the same schema. It costs next to nothing."""
        other = object.__new__(Execution)
        other.__dict__ = {**self.__dict__, "rights": rights}
        return other

    def document(self, request: GraphQLRequest) -> Document | Answer:
        """The request's document, or the answer that says what is wrong with it."""
        try:
            document = self._documents.get(request.query)
            self._documents.check_costs([(document, request)])
            return document
        except TooComplex as error:
            self._refusals.add(Reason.COMPLEXITY, error.message)
            return refusal(request_error(error, None))
        except InvalidDocument as invalid:
            if isinstance(invalid.errors[0], TooComplex):
                self._refusals.add(Reason.COMPLEXITY, invalid.errors[0].message)
            return refusal(*(self._explained(request_error(error, invalid.ast)) for error in invalid.errors))

    def _explained(self, error: Json) -> Json:
        """The error; where it names what the caller does not see, it says what may be the cause."""
        return explained(error, self.rights) if self.rights.is_limited else error

    @staticmethod
    def cost(document: Document, request: GraphQLRequest) -> int:
        """What the operation costs."""
        cost = document.cost(request.operation_name)
        return 0 if cost is None else cost.of_data(request.variables) + cost.of_schema(request.variables)

    def refuse_together(self, asked: Sequence[tuple[Document, GraphQLRequest]]) -> Answer | None:
        """The answer to each of several operations that cost too much together; None where they may all run."""
        try:
            self._documents.check_costs(asked)
        except TooComplex as error:
            self._refusals.add(Reason.COMPLEXITY, error.message)
            return refusal(request_error(error, None))
        return None

    async def run(self, document: Document, request: GraphQLRequest) -> Answer:
        """Execute a query or a mutation. Never raises."""
        try:
            async with self._deadlines.one():
                return await self._run(document, request)
        except TimeoutError:
            return self._too_late(document, request)

    def point(self, document: Document, request: GraphQLRequest, answered: Callable[[PointRead], None]) -> bool:
        """
        Begin an operation that reads one entry by its key; false where it is none of these, or can't begin so.

        It has counted as answered by its plan once it has data. Without, `run_after` has its answer.
        """
        plans = document.plans if self._use_plans else None
        operation = None if plans is None else plans.operation(request.operation_name)
        if operation is None or _shows_plan(request):
            return False
        try:
            found = operation.point(request.variables)
            if found is None:
                return False
            point, key = found
            context = self._contexts(self.rights, None)
            PointRead(point, context, self._deadlines, answered).begin(key)
        except Exception:  # the usual way says what is wrong
            return False
        return True

    def data_of(self, point: PointRead) -> bytes | None:
        """The answer to a read that has ended, as JSON; None where `run_after` has it."""
        if point.data is None:
            return None
        self._count(Way.PLAN)
        return b'{"data":%b}' % point.data

    async def run_after(self, point: PointRead, document: Document, request: GraphQLRequest) -> Answer:
        """Execute an operation whose read of one entry has not brought its answer. Never raises."""
        if point.is_late:
            return self._too_late(document, request)
        try:
            async with self._deadlines.one(point.ends):
                return await self._run(document, request, point.context)
        except TimeoutError:
            return self._too_late(document, request)

    def _too_late(self, document: Document, request: GraphQLRequest) -> Answer:
        """The answer to an operation that its deadline has ended. It did run, as far as it got."""
        error = self._deadlines.error(document.operation_type(request.operation_name))
        self._refusals.add(Reason.DEADLINE, str(error["message"]))
        return Answer({"data": None, "errors": [error]}, True)

    async def _run(self, document: Document, request: GraphQLRequest, begun: RequestContext | None = None) -> Answer:
        try:
            context = begun or self._contexts(self.rights, None)
            planned, run = self._planned(document, request, context)
            if planned is None or run is None or not planned.is_whole:
                return await self._execute(document, request, context, planned)
            try:
                data = orjson.Fragment(orjson.dumps(await planned.data(run)))
            except (Deviation, orjson.JSONEncodeError):
                return await self._execute(document, request, context, planned, deviated=run)
            return self._told(Answer({"data": data}, True), Way.PLAN, planned, request)
        except RecursionError:
            return _TOO_DEEP
        except Exception as error:
            return fault(error)

    async def run_in_parts(
        self, document: Document, request: GraphQLRequest, spec: Spec, deliver: Callable[[Answer], Awaitable[None]]
    ) -> Answer | None:
        """
        Execute a query or a mutation whose document defers something, and hand on each part of its answer.

        All parts have the same context: what one has read, the next need not read again. Its deadline is that of the
        whole operation.

        Returns:
            The answer, where nothing ran, and `deliver` was not called; else None.

        Raises:
            OSError: As `deliver` has raised it: the client is gone.
        """
        assert document.incremental is not None, "it defers something"
        context = self._contexts(self.rights, None)
        parts: AnswerParts | None = None
        try:
            async with self._deadlines.one():
                planned, _ = self._planned(document, request, context)
                executor = self._executor(document, request, context, planned, in_parts=True)
                if isinstance(executor, Answer):
                    return executor
                assert isinstance(executor, IncrementalPlannedExecutor)
                result: Any = executor.execute_operation()
                if inspect.isawaitable(result):
                    result = await result
                if not isinstance(result, ExperimentalIncrementalExecutionResults):
                    return await self._deliver_whole(_answer(result, document), executor, planned, request, deliver)
                parts = AnswerParts(spec, executor.streamed_from)
                async with aclosing(result.subsequent_results) as later:
                    first = parts.first(result.initial_result)
                    await deliver(self._told(first, _way_of(executor), planned, request))
                    async for each in later:
                        await deliver(parts.next(each))
            return None
        except TimeoutError:
            failed = self._too_late(document, request)
        except OSError:
            raise
        except RecursionError:
            failed = _TOO_DEEP
        except Exception as error:
            failed = fault(error)
        if parts is None and not failed.executed:
            return failed
        await deliver(last_of(failed) if parts is None else parts.cut(failed))
        return None

    async def _deliver_whole(
        self,
        answer: Answer,
        executor: PlannedExecutor[Any],
        planned: PlannedOperation | None,
        request: GraphQLRequest,
        deliver: Callable[[Answer], Awaitable[None]],
    ) -> Answer | None:
        """Hand on the answer of an operation that has deferred nothing after all, if it ran."""
        answer = self._told(answer, _way_of(executor), planned, request)
        if not answer.executed:
            return answer
        await deliver(last_of(answer))
        return None

    def _planned(
        self, document: Document, request: GraphQLRequest, context: RequestContext
    ) -> tuple[PlannedOperation | None, Run | None]:
        """The operation's plan and what it runs with; neither where the executor is to say what is wrong."""
        plans = document.plans if self._use_plans else None
        operation = None if plans is None else plans.operation(request.operation_name)
        if operation is None:
            return None, None
        try:
            run = operation.run_of(context, request.variables)
        except Deviation:
            return None, None
        return operation.variant(run.variables), run

    def _executor(
        self,
        document: Document,
        request: GraphQLRequest,
        context: RequestContext | None = None,
        planned: PlannedOperation | None = None,
        *,
        deviated: Run | None = None,
        in_parts: bool = False,
    ) -> PlannedExecutor[Any] | Answer:
        """What executes the operation by graphql-core, or the answer that says what is wrong with its variables."""
        kind: type[PlannedExecutor[Any]] = PlannedExecutor
        ast = document.ast
        more: dict[str, Any] = {}
        if in_parts and document.incremental is not None:
            kind, ast, more = (
                IncrementalPlannedExecutor,
                document.incremental.ast,
                {"incremental": document.incremental},
            )
        executor = kind.build(
            self._schema,
            ast,
            context_value=context,
            raw_variable_values=request.variables,
            operation_name=request.operation_name or None,
            planned=planned,
            has_deviated=deviated is not None,
            begun=None if deviated is None else deviated.begun,
            hide_suggestions=self._hide_suggestions,
            **more,
        )
        if isinstance(executor, list):
            return refusal(*(request_error(error, document.ast) for error in executor))
        return cast(PlannedExecutor[Any], executor)

    async def _execute(
        self,
        document: Document,
        request: GraphQLRequest,
        context: RequestContext,
        planned: PlannedOperation | None,
        *,
        deviated: Run | None = None,
    ) -> Answer:
        """Execute by graphql-core, with plans for what has one; where the whole has deviated, for entries alone."""
        executor = self._executor(document, request, context, planned, deviated=deviated)
        if isinstance(executor, Answer):
            return executor
        result: Any = executor.execute_operation()
        if inspect.isawaitable(result):
            result = await result
        way = _way_of(executor) if deviated is None else Way.DEVIATED
        return self._told(_answer(result, document), way, planned, request)

    def _told(self, answer: Answer, way: Way, planned: PlannedOperation | None, request: GraphQLRequest) -> Answer:
        """The answer; with the way that the operation went, where the client asks for that."""
        self._count(way)
        if _shows_plan(request):
            text = None if planned is None else str(planned.plan)
            answer.body["extensions"] = {"plan": {"way": way, "text": text}}
        return answer

    async def subscribe(self, document: Document, request: GraphQLRequest) -> AsyncIterator[Answer] | Answer:
        """The answers of a subscription as they come, or one that says why there are none. Never raises."""
        try:
            context = self._contexts(self.rights, None)
            planned, _ = self._planned(document, request, context)
            executor = self._executor(document, request, context, planned)
            if isinstance(executor, Answer):
                return executor
            stream = create_source_event_stream(executor)
            if inspect.isawaitable(stream):
                stream = await stream
        except Exception as error:
            return fault(error)
        if isinstance(stream, ExecutionResult):
            # A field of the operation said no before there was a stream: the operation ends with these errors.
            return _field_refusal(*(stream.errors or ()))
        return self._answers(cast(AsyncIterator[Any], stream), executor, document, request)

    async def _answers(
        self, stream: AsyncIterator[Any], executor: PlannedExecutor[Any], document: Document, request: GraphQLRequest
    ) -> AsyncIterator[Answer]:
        try:
            async for payload in stream:
                yield await self._answer_to(payload, executor, document, request)
        except GraphQLError as error:
            yield _field_refusal(error)
        except Exception as error:
            yield _field_refusal(GraphQLError(str(error), original_error=error))
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()

    async def answer_to(self, document: Document, request: GraphQLRequest, payload: object) -> Answer:
        """The answer of a running subscription to one payload that its stream did not deliver. Never raises."""
        try:
            executor = self._executor(document, request)
            if isinstance(executor, Answer):
                return executor
            return await self._answer_to(payload, executor, document, request)
        except Exception as error:
            return fault(error)

    async def _answer_to(
        self, payload: Any, executor: Executor[Any], document: Document, request: GraphQLRequest
    ) -> Answer:
        one = cast(PlannedExecutor[Any], executor.build_per_event_executor(payload))
        run = payload if isinstance(payload, Round) else None
        one.context_value = self._contexts(self.rights, None if run is None else run.watch)
        place = getattr(payload, "place", None)
        try:
            async with self._deadlines.one():
                answer = await (self._executed(one, document) if run is None else self._ran(one, document))
        except TimeoutError:
            answer = self._too_late(document, request)
        return replace(answer, place=place, round=run)

    async def _ran(self, one: PlannedExecutor[Any], document: Document) -> Answer:
        """One run of a live query: by its plan, or as any other payload."""
        try:
            data = await one.by_plan()
            if data is not None:
                answer = Answer({"data": orjson.Fragment(orjson.dumps(data))}, True)
                self._count(Way.PLAN)
                return answer
        except (Deviation, orjson.JSONEncodeError):
            one.deviate()
            return await self._executed(one, document, Way.DEVIATED)
        return await self._executed(one, document)

    async def _executed(self, one: PlannedExecutor[Any], document: Document, way: Way | None = None) -> Answer:
        result: Any = one.execute_operation(False)
        if inspect.isawaitable(result):
            result = await result
        self._count(way or _way_of(one))
        return _answer(result, document)


_TOO_DEEP = refusal({"message": "the operation is nested too deeply", "extensions": {"code": "BAD_USER_INPUT"}})


def _shows_plan(request: GraphQLRequest) -> bool:
    """Whether the client asks which way its operation goes."""
    return request.extensions is not None and request.extensions.get("plan") is True


def _way_of(executor: Executor[Any]) -> Way:
    return Way.PARTLY if isinstance(executor, PlannedExecutor) and executor.has_used_plans else Way.EXECUTOR


def _answer(result: ExecutionResult, document: Document) -> Answer:
    errors = result.errors
    if not errors:
        return Answer({"data": result.data}, executed=True)
    if result.data is None and all(error.path is None for error in errors):
        return refusal(*(request_error(error, document.ast) for error in errors))
    faults = Faults()
    body = {"data": result.data, "errors": [field_error(error, faults) for error in errors]}
    return Answer(body, True, faults if faults.errors else None)


def _field_refusal(*errors: GraphQLError) -> Answer:
    faults = Faults()
    return refusal(*(field_error(error, faults) for error in errors), faults=faults)
