"""
How many tokens a text has, counted in a fraction of the time that graphql-core takes to parse them.

A text of 10,000 aliases would be parsed up to the limit before it is refused: ten milliseconds, during which nobody
else is answered. This count is never higher than graphql-core's, so that nothing is refused that it would take.
"""

from __future__ import annotations

import re
from itertools import islice

from graphql import GraphQLSyntaxError, Source

_TOKENS = re.compile(
    r'(?:"""(?:\\"""|(?!""").)*"""'
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|[_A-Za-z][_0-9A-Za-z]*"
    r"|-?[0-9][0-9.eE+\-]*"
    r"|\.\.\.|[!$&()\[\]{|}:=@])"
    r"|#[^\n\r]*",
    re.DOTALL,
)
_WORTH_CHARACTERS = 4_096
"""A shorter text is parsed in no time."""


def check_tokens(text: str, most: int) -> None:
    """
    Raises:
        GraphQLSyntaxError: The text has more tokens than that.
    """
    if len(text) < _WORTH_CHARACTERS or len(text) <= most:
        return
    found = (each for each in _TOKENS.finditer(text) if text[each.start()] != "#")
    beyond = next(islice(found, most, None), None)
    if beyond is not None:
        raise GraphQLSyntaxError(
            Source(text), beyond.start(), f"Document contains more than {most} tokens. Parsing aborted."
        )
