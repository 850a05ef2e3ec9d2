"""Tokens are counted before a text is parsed, and never more of them than graphql-core counts."""

from __future__ import annotations

import pytest
from graphql import GraphQLSyntaxError, parse
from hypothesis import given
from hypothesis import strategies as st

from hazelgate.gateway.graphql.tokens import check_tokens

PADDING = " " * 5_000
PIECES = st.sampled_from(
    [
        "a",
        "_b1",
        "{",
        "}",
        "(x: 1)",
        "-1.5e+3",
        "...f",
        '"a \\" { b"',
        '""',
        '"""block \\""" { a " b """',
        '""""quoted" """',
        "# a comment { } a b\n",
        "$v",
        "@skip(if: true)",
        "[1, -2 3]",
        "é",
        '"é"',
        '"open',
        "\ufeff",
        ",",
        "!",
        "&",
        "|",
    ]
)


@pytest.mark.parametrize("number", [3, 4])
def test_a_text_beyond_the_limit_is_refused_as_graphql_core_refuses_it(number: int) -> None:
    text = "{ " + "a " * number + "}" + PADDING
    if number == 3:
        check_tokens(text, 5)
        assert parse(text, max_tokens=5).definitions
        return
    with pytest.raises(GraphQLSyntaxError) as ours:
        check_tokens(text, 5)
    with pytest.raises(GraphQLSyntaxError) as theirs:
        parse(text, max_tokens=5)
    assert ours.value.message == theirs.value.message


@given(st.lists(PIECES, max_size=30), st.integers(0, 40))
def test_nothing_is_refused_that_graphql_core_takes(pieces: list[str], most: int) -> None:
    text = " ".join(["{", *pieces, "}"]) + PADDING
    try:
        parse(text, max_tokens=most)
    except GraphQLSyntaxError:
        return
    check_tokens(text, most)
    assert len(text) > len(PADDING)


def test_the_last_of_many_tokens_is_not_looked_for() -> None:
    """A text of a megabyte costs as little as one that is just beyond the limit."""
    with pytest.raises(GraphQLSyntaxError, match="more than 10 tokens") as refused:
        check_tokens("{ " + "a " * 500_000, 10)
    assert refused.value.positions == [2 + 2 * 9]


@pytest.mark.parametrize("piece", ['\\"', '""" \\"""', '"\\'])
def test_a_string_that_never_ends_is_looked_at_once(piece: str) -> None:
    """A megabyte takes some milliseconds. It held everything up for hours: each quote was looked for to the end."""
    text = '{ "' + piece * 500_000
    check_tokens(text, 5_000)
    with pytest.raises(GraphQLSyntaxError):
        parse(text)
