"""
What a client is told of an error: always a code to switch on, the field it is about where there is one, and nothing of
our insides. Nothing is logged here: an answer takes its unexpected errors along, for the one line that tells of it.
"""

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

from hazelgate.client.rights.rights import Rights
from hazelgate.sourcing.errors import Forbidden, HazelgateError, InvalidArgument, Unauthenticated

BAD_USER_INPUT = "BAD_USER_INPUT"
_LONGEST_MESSAGE = 1_000
_VARIABLE_PROBLEM = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ([^:]*))?")

_UNKNOWN_NAME = re.compile(
    r"Cannot query field |Unknown (argument|type) |Expected value of type .* not to include unknown field "
    r"|Value .* does not exist in |The (query|mutation|subscription) operation is not supported by the schema"
)
"""How graphql-core says that the schema lacks a name."""

_KINDS_SHOWN = 5

Json = dict[str, Any]


class Faults:
    """The unexpected errors of one answer. The client gets their id, the log gets the id and the errors."""

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.errors: list[BaseException] = []

    def mask(self, error: BaseException) -> Json:
        """The extensions of an error that says nothing of its cause."""
        self.errors.append(error)
        return {"code": "INTERNAL", "errorId": self.id}

    def as_one(self) -> BaseException:
        """All of them as one exception, for one traceback. Equal ones count once: a thousand rows may fail alike."""
        kinds = list({(type(error), str(error)): error for error in reversed(self.errors)}.values())[::-1]
        if len(kinds) == 1:
            return kinds[0]
        return BaseExceptionGroup(f"{len(self.errors):,} internal errors", kinds[:_KINDS_SHOWN])


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


def explained(error: Json, rights: Rights) -> Json:
    """
    The error, where a caller's schema lacks a name.

    Whether the whole schema has it, is not said: a caller that may not read a field does not hear that there is one.
    """
    if _UNKNOWN_NAME.search(error["message"]) is None:
        return error
    message: str = error["message"].rstrip(".")
    if rights.identity is None:
        code, help_ = Unauthenticated.code, "there may be more for callers that are known: send a token or an API key"
    else:
        roles = ", ".join(rights.identity.roles) or "none"
        code, help_ = Forbidden.code, f"it does not exist, or none of your roles may use it (you have: {roles})"
    return {**error, "message": f"{message}; {help_}", "extensions": {**error["extensions"], "code": code}}


def field_error(error: GraphQLError, faults: Faults) -> Json:
    """An error of one field. What is not meant for clients goes to the faults, and they get the id of these."""
    formatted: Json = dict(error.formatted)
    original: BaseException | None = error.original_error
    if error.extensions and "code" in error.extensions:
        return formatted
    if isinstance(original, HazelgateError):
        formatted["message"] = str(original)
        formatted["extensions"] = {"code": original.code}
        if isinstance(original, InvalidArgument) and original.field is not None:
            formatted["extensions"]["field"] = original.field
        return formatted
    if isinstance(original, GraphQLError) and any(
        isinstance(node, ValueNode | ArgumentNode) for node in original.nodes or ()
    ):
        formatted["extensions"] = {"code": BAD_USER_INPUT}
        return formatted
    formatted["message"] = "internal error"
    formatted["extensions"] = faults.mask(original or error)
    return formatted


def internal_error(error: BaseException, faults: Faults) -> Json:
    """An error outside of any field: masked."""
    return {"message": "internal error", "extensions": faults.mask(error)}


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
