"""
A look at a text before it is parsed: how deep it is, and how many aliases and repeated fields it has.

graphql-core takes 7 microseconds for a token, so a text of 500 fields holds the event loop for milliseconds before its
shape can be looked at. This look takes a tenth of that. It refuses nothing but what `check_shape` refuses, by the same
error. Where it is not sure it refuses nothing: there are fragments, many directives, or something that is no GraphQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hazelgate.gateway.graphql.limits import Limits
from hazelgate.gateway.graphql.shape import (
    INTROSPECTION,
    MOST_INTROSPECTION_LEVELS,
    too_deep,
    too_many_aliases,
    too_many_repeats,
)
from hazelgate.gateway.graphql.tokens import BETWEEN, TOKEN

_WORTH_CHARACTERS = 512
"""A shorter text is parsed in no time."""
_TOKENS = re.compile(f"{BETWEEN}({TOKEN})", re.DOTALL)
_OPERATIONS = frozenset(("query", "mutation", "subscription"))
_PUNCTUATION = frozenset("{}():@") | {"..."}


class _Unsure(Exception):
    """It is something that this look does not know."""


def check_scan(text: str, limits: Limits) -> None:
    """
    Raises:
        TooComplex: The first operation of the text is beyond a limit.
    """
    if len(text) < _WORTH_CHARACTERS or "fragment" in text or text.count("@") > limits.max_directives:
        return
    scan = _Scan(limits)
    try:
        for token in _tokens(text):
            if scan.is_over(token):
                return
    except _Unsure:
        return


def _tokens(text: str) -> Iterator[str]:
    at = 0
    for found in _TOKENS.finditer(text):
        if found.start() != at:
            return
        at = found.end()
        yield found[1]


class _Selection:
    """
    A selection that is open.

    Args:
        names: That stand in it so far; an inline fragment has those of the selection around it.
        field: Whose it is; None: an inline fragment's, or the operation's.
    """

    __slots__ = ("deepest", "field", "is_inline", "names")

    def __init__(self, names: set[str], field: str | None, *, is_inline: bool) -> None:
        self.names = names
        self.field = field
        self.is_inline = is_inline
        self.deepest = 0


class _Scan:
    """What was seen of an operation so far."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: list[_Selection] = []
        self._aliases = self._repeated = 0
        self._field: str | None = None
        """The field that the last selection is to be of."""
        self._is_named = True
        """Whether the field's name in the answer is known: no `:` may come."""
        self._spread = ""
        """What came since `...`."""
        self._before = ""
        self._in_arguments = False

    def is_over(self, token: str) -> bool:
        """Take the next token; whether the operation is at its end."""
        before, self._before = self._before, token
        if self._in_arguments:
            self._in_arguments = token != ")"
            if token == "(":
                raise _Unsure
            return False
        if before == "@":
            return False  # a directive's name
        if token[0].isalpha() or token[0] == "_":
            self._name(token, before)
            return False
        if token not in _PUNCTUATION or token == ")":
            raise _Unsure
        if token == ":":
            self._alias()
            return False
        self._end_name()
        if token == "(":
            self._in_arguments = True
        elif token == "...":
            if not self._open:
                raise _Unsure
            self._spread, self._field = token, None
        elif token == "{":
            self._begin()
        elif token == "}":
            return self._end()
        return False

    def _name(self, token: str, before: str) -> None:
        if not self._open:
            if before and before not in _OPERATIONS:
                raise _Unsure
            if not before and token not in _OPERATIONS:
                raise _Unsure
        elif before == ":":
            self._field = token
        elif self._spread:
            if (self._spread, before, token) not in (("...", "...", "on"), ("on", "on", token)):
                raise _Unsure
            self._spread = "on" if token == "on" and self._spread == "..." else "type"
        else:
            self._end_name()
            self._field, self._is_named = token, False

    def _alias(self) -> None:
        if self._is_named or self._field is None or not self._open:
            raise _Unsure
        self._aliases += 1
        if self._aliases > self._limits.max_aliases:
            raise too_many_aliases(self._limits, self._aliases)
        self._end_name()

    def _end_name(self) -> None:
        """The field's name in the answer is known."""
        if self._is_named or self._field is None:
            return
        self._is_named = True
        selection = self._open[-1]
        selection.deepest = selection.deepest or 1
        if self._field in selection.names:
            self._repeated += 1
            if self._repeated > self._limits.max_repeated_fields:
                raise too_many_repeats(self._limits, self._repeated)
        selection.names.add(self._field)

    def _begin(self) -> None:
        if self._spread:
            self._open.append(_Selection(self._open[-1].names, None, is_inline=True))
        elif self._open and self._field is None:
            raise _Unsure
        else:
            self._open.append(_Selection(set(), self._field, is_inline=False))
        self._spread, self._field, self._is_named = "", None, True

    def _end(self) -> bool:
        if not self._open or self._spread:
            raise _Unsure
        ended = self._open.pop()
        self._field, self._is_named = None, True
        if not self._open:
            self._require_depth(ended.deepest, 0)
            return True
        depth = ended.deepest
        if not ended.is_inline and ended.field in INTROSPECTION:
            self._require_depth(depth, MOST_INTROSPECTION_LEVELS)
            depth = 1
        elif not ended.is_inline:
            depth += 1
        self._open[-1].deepest = max(self._open[-1].deepest, depth)
        return False

    def _require_depth(self, depth: int, least: int) -> None:
        if depth > max(self._limits.max_depth, least):
            raise too_deep(max(self._limits.max_depth, least), depth)
