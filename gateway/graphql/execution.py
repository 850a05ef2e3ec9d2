"""One operation from its text to its answer, whatever transport it came over."""

import inspect
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import orjson
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLSchema,
    create_source_event_stream,
    execute,
)

from hazelgate.gateway.errors import field_error, internal_error, request_error
from hazelgate.gateway.graphql.documents import Document, Documents, InvalidDocument
from hazelgate.gateway.parts import RequestContext

Json = dict[str, Any]


class GraphQLRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of GraphQL over HTTP, and of a websocket's `subscribe`."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. `executed` is false where nothing ran: bad syntax, an invalid document, variables that don't fit."""

    body: Json
    executed: bool

    def encode(self) -> bytes:
        return orjson.dumps(self.body)


def refusal(*errors: Json) -> Answer:
    """The answer to a request of which nothing ran."""
    return Answer({"errors": list(errors)}, executed=False)


class Execution:
    """
    Runs operations against one schema.

    Args:
        contexts: Makes a context; every request and every event of a subscription gets its own, so that no read is
            answered from before the event.
    """

    def __init__(self, schema: GraphQLSchema, contexts: Callable[[], RequestContext], *, max_tokens: int) -> None:
        self._schema = schema
        self._contexts = contexts
        self._documents = Documents(schema, max_tokens=max_tokens)

    def document(self, request: GraphQLRequest) -> Document | Answer:
        """The request's document, or the answer that says what is wrong with it."""
        try:
            return self._documents.get(request.query)
        except InvalidDocument as invalid:
            return refusal(*(request_error(error, invalid.ast) for error in invalid.errors))

    async def run(self, document: Document, request: GraphQLRequest) -> Answer:
        """Execute a query or a mutation. Never raises."""
        try:
            result: Any = execute(
                self._schema,
                document.ast,
                context_value=self._contexts(),
                variable_values=request.variables,
                operation_name=request.operation_name or None,
            )
            if inspect.isawaitable(result):
                result = await result
            return _answer(result, document)
        except RecursionError:
            return refusal({"message": "the operation is nested too deeply", "extensions": {"code": "BAD_USER_INPUT"}})
        except Exception as error:
            return refusal(internal_error(error))

    async def subscribe(self, document: Document, request: GraphQLRequest) -> "AsyncIterator[Answer] | Answer":
        """The answers of a subscription as they come, or one that says why there are none. Never raises."""
        try:
            executor = Executor.build(
                self._schema,
                document.ast,
                context_value=self._contexts(),
                raw_variable_values=request.variables,
                operation_name=request.operation_name or None,
            )
            if isinstance(executor, list):
                return refusal(*(request_error(error, document.ast) for error in executor))
            stream = create_source_event_stream(executor)
            if inspect.isawaitable(stream):
                stream = await stream
        except Exception as error:
            return refusal(internal_error(error))
        if isinstance(stream, ExecutionResult):
            # A field of the operation said no before there was a stream: the operation ends with these errors.
            return refusal(*(field_error(error) for error in stream.errors or ()))
        return self._answers(cast(AsyncIterator[Any], stream), executor, document)

    async def _answers(
        self, stream: AsyncIterator[Any], executor: Executor[Any], document: Document
    ) -> AsyncIterator[Answer]:
        try:
            async for payload in stream:
                one = executor.build_per_event_executor(payload)
                one.context_value = self._contexts()
                result: Any = one.execute_operation(False)
                if inspect.isawaitable(result):
                    result = await result
                yield _answer(result, document)
        except GraphQLError as error:
            yield refusal(field_error(error))
        except Exception as error:
            yield refusal(field_error(GraphQLError(str(error), original_error=error)))
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()


def _answer(result: ExecutionResult, document: Document) -> Answer:
    errors = result.errors
    if not errors:
        return Answer({"data": result.data}, executed=True)
    if result.data is None and all(error.path is None for error in errors):
        return refusal(*(request_error(error, document.ast) for error in errors))
    return Answer({"data": result.data, "errors": [field_error(error) for error in errors]}, executed=True)
