"""
What a client is told of an error: always a code to switch on, the field it is about where there is one, and nothing of
our insides.
"""

import logging
import re
import uuid
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    Node,
    ObjectFieldNode,
    ValueNode,
    VariableNode,
    Visitor,
    visit,
)

from hazelgate.sourcing.errors import HazelgateError

logger = logging.getLogger("hazelgate.gateway")

BAD_USER_INPUT = "BAD_USER_INPUT"
_LONGEST_MESSAGE = 1_000
_VARIABLE_PROBLEM = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ([^:]*))?")

Json = dict[str, Any]


def request_error(error: GraphQLError, ast: DocumentNode | None) -> Json:
    """An error by which nothing was executed: syntax, validation, variables."""
    described = _describe(error, ast)
    message: str = described["message"]
    if len(message) > _LONGEST_MESSAGE:  # it repeats what was sent
        described["message"] = message[:_LONGEST_MESSAGE] + "…"
    return described


def _describe(error: GraphQLError, ast: DocumentNode | None) -> Json:
    if error.extensions and "code" in error.extensions:
        return dict(error.formatted)
    extensions: Json = {"code": "GRAPHQL_VALIDATION_FAILED"}
    if isinstance(error, GraphQLSyntaxError) or (ast is None and error.message.startswith("Syntax Error")):
        extensions = {"code": "GRAPHQL_PARSE_FAILED"}
    elif found := _VARIABLE_PROBLEM.match(error.message):
        extensions = {"code": BAD_USER_INPUT, "field": found[1] + (found[2] or "")}
    elif ast is not None and (field := _place_of_value(error, ast)):
        extensions = {"code": BAD_USER_INPUT, "field": field}
        error = GraphQLError(f"{field}: {error.message}", error.nodes)
    elif ast is not None and not error.nodes:
        extensions = {"code": BAD_USER_INPUT}  # which operation of the document is meant
    return {**error.formatted, "extensions": extensions}


def field_error(error: GraphQLError) -> Json:
    """An error of one field. What is not meant for clients is logged under an id, and they get the id."""
    formatted: Json = dict(error.formatted)
    original: BaseException | None = error.original_error
    if error.extensions and "code" in error.extensions:
        return formatted
    if isinstance(original, HazelgateError):
        formatted["message"] = str(original)
        formatted["extensions"] = {"code": original.code}
        return formatted
    if isinstance(original, GraphQLError) and any(
        isinstance(node, ValueNode | ArgumentNode) for node in original.nodes or ()
    ):
        formatted["extensions"] = {"code": BAD_USER_INPUT}
        return formatted
    error_id = uuid.uuid4().hex
    logger.error("internal error %s at %s", error_id, error.path, exc_info=original or error)
    formatted["message"] = "internal error"
    formatted["extensions"] = {"code": "INTERNAL", "errorId": error_id}
    return formatted


def internal_error(error: BaseException) -> Json:
    """An error outside of any field: logged under an id, masked."""
    error_id = uuid.uuid4().hex
    logger.error("internal error %s", error_id, exc_info=error)
    return {"message": "internal error", "extensions": {"code": "INTERNAL", "errorId": error_id}}


class _PlaceFinder(Visitor):
    """Finds the names on the way from a field's argument down to a value."""

    def __init__(self, wanted: Node) -> None:
        super().__init__()
        self.wanted = wanted
        self.place: str | None = None

    def enter(self, node: Node, _key: Any, parent: Any, _path: Any, ancestors: list[Any]) -> Any:
        if node is not self.wanted:
            return None
        names = [
            ancestor.name.value
            for ancestor in (*ancestors, parent)
            if isinstance(ancestor, ArgumentNode | ObjectFieldNode)
        ]
        self.place = ".".join(names) or None
        return self.BREAK


def _place_of_value(error: GraphQLError, ast: DocumentNode) -> str | None:
    node = error.nodes[0] if error.nodes else None
    if isinstance(node, ObjectFieldNode | ArgumentNode):
        node = node.value if not isinstance(node.value, VariableNode) else None
    if not isinstance(node, ValueNode) or isinstance(node, VariableNode):
        return None
    finder = _PlaceFinder(node)
    visit(ast, finder)
    return finder.place
