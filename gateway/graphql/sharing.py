"""Subscribers of one operation share one execution, and each of its results is encoded once for all of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Hashable
from typing import Any, Protocol

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from hazelgate.client.following.inbox import Gap
from hazelgate.gateway.graphql.documents import Document
from hazelgate.gateway.graphql.execution import Answer, Execution, GraphQLRequest, fault
from hazelgate.schema.events.streams import Place
from hazelgate.subscriptions.streams import discontinuity, is_shared

_encode_variables = msgspec.json.Encoder(order="sorted").encode


class Message:
    """
    One result on its way to all subscribers of an execution.

    `frames` is the transport's: what it sends of the result, by the operation's id. Clients count their operations from
    one or the like, so most subscribers get the same bytes.
    """

    __slots__ = ("body", "failed", "frames", "place")

    def __init__(self, answer: Answer) -> None:
        self.body = answer.encode()
        self.failed = answer if "errors" in answer.body else None
        """The answer, where it has errors."""
        self.place: Place | None = answer.place
        self.frames: dict[str, bytes] = {}


class Subscriber(Protocol):
    """Who takes part in an execution. Neither method may wait: a slow one holds nobody up."""

    def push(self, message: Message) -> None:
        """Take the next result."""

    def end(self, refused: Answer | None) -> None:
        """There is no more; with the answer that says why, where it did not end as it should."""


class SharedExecution:
    """One execution of a subscription, and who takes part in it. It begins with the first and ends with the last."""

    def __init__(
        self, sharing: Sharing, execution: Execution, key: Hashable, document: Document, request: GraphQLRequest
    ) -> None:
        self._sharing = sharing
        self._execution = execution
        self._key = key
        self._document = document
        self._request = request
        self._subscribers: dict[Subscriber, int] = {}
        """Each with the number of the last event that was heard before it came."""
        self._running: asyncio.Task[None] | None = None

    @property
    def subscriber_count(self) -> int:
        return len(self._subscribers)

    def join(self, subscriber: Subscriber) -> None:
        """Take part from the next event on."""
        self._subscribers[subscriber] = self._sharing.heard()
        if self._running is None:
            self._running = asyncio.create_task(self._run())
            self._running.add_done_callback(lambda _: self._sharing.ended(self))

    def leave(self, subscriber: Subscriber) -> None:
        """Take part no more. A second call does nothing."""
        if self._subscribers.pop(subscriber, None) is None or self._subscribers or self._running is None:
            return
        self._sharing.forget(self._key, self)
        self._running.cancel()

    async def close(self) -> None:
        """End it, whoever takes part, and wait for its end."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def told_of(self, gap: Gap) -> Message:
        """What a subscriber gets in place of the results that it has missed."""
        answer = await self._execution.answer_to(self._document, self._request, discontinuity(gap))
        return Message(answer)

    async def _run(self) -> None:
        refused: Answer | None = None
        try:
            refused = await self._operate()
        except Exception as error:
            refused = fault(error)
        finally:
            self._sharing.forget(self._key, self)
        subscribers, self._subscribers = self._subscribers, {}
        for subscriber in subscribers:
            subscriber.end(refused)

    async def _operate(self) -> Answer | None:
        """Push results as long as there are any; return the answer that ends it, None when all went its way."""
        answers = await self._execution.subscribe(self._document, self._request)
        if isinstance(answers, Answer):
            return answers
        async with contextlib.aclosing(answers):  # type: ignore[type-var]  # an async generator
            async for answer in answers:
                if not answer.executed:
                    return answer
                self._push(Message(answer))
                # Everything that waits in an inbox is taken without a pause: the others need their turns, too.
                await asyncio.sleep(0)
        return None

    def _push(self, message: Message) -> None:
        number = message.place.number if message.place is not None else None
        for subscriber, joined in list(self._subscribers.items()):
            if number is None or number > joined:
                subscriber.push(message)


class Sharing:
    """
    The executions of this process that subscribers share.

    Args:
        heard: How many events were heard so far.
    """

    def __init__(self, schema: GraphQLSchema, heard: Callable[[], int]) -> None:
        root = schema.subscription_type
        fields = {} if root is None else root.fields
        self._shared_fields = frozenset(name for name, field in fields.items() if is_shared(field.subscribe))
        self.heard = heard
        self._executions: dict[Hashable, SharedExecution] = {}
        self._open: set[SharedExecution] = set()

    @property
    def execution_count(self) -> int:
        """How many run, or are about to end."""
        return len(self._open)

    @property
    def subscriber_count(self) -> int:
        """How many take part in them."""
        return sum(each.subscriber_count for each in self._open)

    def execution_of(self, execution: Execution, document: Document, request: GraphQLRequest) -> SharedExecution | None:
        """
        The execution for these subscribers; a new one where none runs, None where each needs one of its own.

        Args:
            execution: What executes it for this subscriber. Those who may see different things share nothing.
        """
        operation = _operation(document, request.operation_name)
        if operation is None:
            return None
        field = _root_field(document, operation.selection_set)
        if field is None or field.name.value not in self._shared_fields:
            return None
        if _begins_earlier(field, operation, request.variables or {}):
            return None
        key = _key(request, execution.rights.key)
        found = self._executions.get(key)
        if found is None:
            found = self._executions[key] = SharedExecution(self, execution, key, document, request)
            self._open.add(found)
        return found

    def forget(self, key: Hashable, execution: SharedExecution) -> None:
        """Let nobody join an execution any more."""
        if self._executions.get(key) is execution:
            del self._executions[key]

    def ended(self, execution: SharedExecution) -> None:
        """An execution has left the feed."""
        self._open.discard(execution)

    async def close(self) -> None:
        """End all of them."""
        for each in list(self._open):
            await each.close()


def _key(request: GraphQLRequest, rights: Hashable) -> Hashable:
    try:
        variables = _encode_variables(request.variables or {})
    except (TypeError, ValueError, OverflowError, RecursionError):
        return object()  # the executor says what is wrong with them
    return (request.query, request.operation_name or None, variables, rights)


def _operation(document: Document, name: str | None) -> OperationDefinitionNode | None:
    for each in document.ast.definitions:
        if isinstance(each, OperationDefinitionNode) and (not name or (each.name and each.name.value == name)):
            return each
    return None


def _begins_earlier(field: FieldNode, operation: OperationDefinitionNode, variables: dict[str, Any]) -> bool:
    """Whether it tells first what came after a cursor: of that, each subscriber has a part of its own."""
    for argument in field.arguments or ():
        if argument.name.value == "after" and isinstance(argument.value, VariableNode):
            name = argument.value.name.value
            if name in variables:
                return variables[name] is not None
            return any(
                each.variable.name.value == name and not isinstance(each.default_value, NullValueNode | None)
                for each in operation.variable_definitions or ()
            )
        if argument.name.value == "after":
            return not isinstance(argument.value, NullValueNode)
    return False


def _root_field(document: Document, selections: SelectionSetNode) -> FieldNode | None:
    """The only root field that a valid subscription has, maybe in a fragment."""
    node: Any = selections.selections[0]
    if isinstance(node, FieldNode):
        return node
    if (inline := getattr(node, "selection_set", None)) is not None:
        return _root_field(document, inline)
    for each in document.ast.definitions:
        if isinstance(each, FragmentDefinitionNode) and each.name.value == node.name.value:
            return _root_field(document, each.selection_set)
    return None
