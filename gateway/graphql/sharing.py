"""Subscribers of one operation share one execution, and each of its results is encoded once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from hazelgate.client.rights.rights import Rights
from hazelgate.gateway.graphql.documents import Document
from hazelgate.gateway.graphql.execution import Execution, GraphQLRequest
from hazelgate.gateway.graphql.live_executions import LiveExecution
from hazelgate.gateway.graphql.shared_executions import SharedExecution
from hazelgate.subscriptions.streams import is_shared

_OF_ONES_OWN = ("completion", "minRevision")
"""What of a query shows more of events to who has submitted them."""

_encode_variables = msgspec.json.Encoder(order="sorted").encode


class Sharing:
    """
    The executions of this process that subscribers share.

    Args:
        heard: How many events were heard so far of those among which a caller's are.
    """

    def __init__(self, schema: GraphQLSchema, heard: Callable[[Rights], int]) -> None:
        root = schema.subscription_type
        fields = {} if root is None else root.fields
        self._shared_fields = frozenset(name for name, field in fields.items() if is_shared(field.subscribe))
        self._live_fields = {name for name, each in fields.items() if get_named_type(each.type) is schema.query_type}
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
        is_live = field.name.value in self._live_fields
        rights = execution.rights
        key = _key(request, (rights.key, _who_asks(request, rights) if is_live else None))
        found = self._executions.get(key)
        if found is None:
            made = LiveExecution if is_live else SharedExecution
            found = self._executions[key] = made(
                execution,
                document,
                request,
                heard=partial(self.heard, rights),
                left=partial(self._forget, key),
                ended=self._open.discard,
            )
            self._open.add(found)
        return found

    def _forget(self, key: Hashable, execution: SharedExecution) -> None:
        if self._executions.get(key) is execution:
            del self._executions[key]

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


def _who_asks(request: GraphQLRequest, rights: Rights) -> bytes | None:
    """Who the caller is, where the answer may hang on that: it hears more of the events that it has submitted."""
    if any(name in request.query for name in _OF_ONES_OWN) and rights.is_limited:
        return _encode_variables(rights.identity)
    return None


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
