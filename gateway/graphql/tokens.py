"""
How many tokens a text has, counted in a fraction of the time that graphql-core takes to parse them.

A text of 10,000 aliases would be parsed up to the limit before it is refused: ten milliseconds, during which nobody
else is answered. This count is never higher than graphql-core's, so that nothing is refused that it would take.
"""

from __future__ import annotations

import re
from functools import lru_cache

from graphql import GraphQLSyntaxError, Source

BETWEEN = r"(?:[ \t\n\r,\ufeff]++|#[^\n\r]*+)*+"
TOKEN = (
    r'(?:"""(?:\\"""|(?!""").)*+"""'
    r'|"(?!"")(?:[^"\\\n\r]|\\.)*+"'
    r"|[_A-Za-z][_0-9A-Za-z]*+"
    r"|-?[0-9][0-9.eE+\-]*+"
    r"|\.\.\.|[!$&()\[\]{|}:=@])"
)
"""Nothing is looked at twice: where no token begins the count ends, and graphql-core says what is wrong."""
_WORTH_CHARACTERS = 4_096
"""A shorter text is parsed in no time."""


def check_tokens(text: str, most: int) -> None:
    """
    Raises:
        GraphQLSyntaxError: The text has more tokens than that.
    """
    if len(text) < _WORTH_CHARACTERS or len(text) <= most:
        return
    beyond = _first(most + 1).match(text)
    if beyond is not None:
        start = beyond.start(1)
        # An error looks for its line in all that it is given.
        shown = Source(text[: start + 1])
        raise GraphQLSyntaxError(shown, start, f"Document contains more than {most} tokens. Parsing aborted.")


@lru_cache(maxsize=4)
def _first(number: int) -> re.Pattern[str]:
    """So many tokens, in one step: counted one by one in Python they take four times as long."""
    return re.compile(f"(?:{BETWEEN}({TOKEN})){{{number}}}+", re.DOTALL)
