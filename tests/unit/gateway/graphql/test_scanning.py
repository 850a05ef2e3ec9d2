"""A text is looked at before it is parsed: nothing is refused that its shape would not have refused, too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graphql import GraphQLError, parse
from hypothesis import example, given
from hypothesis import strategies as st

from hazelgate.gateway.graphql.limits import Limits, TooComplex
from hazelgate.gateway.graphql.scanning import check_scan
from hazelgate.gateway.graphql.shape import check_shape
from tests.support.steps import lines_of

LIMITS = Limits(max_depth=2, max_aliases=2, max_repeated_fields=2, max_directives=3)
PADDING = " " * 600

NAMES = st.sampled_from(["a", "b", "c", "on", "query", "__schema", "__type"])
ARGUMENTS = st.sampled_from(["", "", '(x: 1, y: "} ) {")', "(x: {y: [$v, 2]})", '(x: """ { a a a } """)'])
DIRECTIVES = st.sampled_from(["", "", "", "@skip(if: $v)", "@c"])


def field(name: str, alias: str, rest: tuple[str, str, str]) -> str:
    return f"{alias}{name}{''.join(rest)}"


def selections(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    of_fields = st.lists(inner, min_size=1, max_size=5).map(lambda each: "{ " + " ".join(each) + " }")
    aliases = st.one_of(st.just(""), st.just(""), NAMES.map(lambda name: f"{name}: "))
    below = st.one_of(st.just(""), of_fields)
    fields = st.builds(field, NAMES, aliases, st.tuples(ARGUMENTS, DIRECTIVES, below))
    inline = st.builds(lambda on, body: f"... {on}{body}", st.sampled_from(["", "on T ", "on on ", "@c "]), of_fields)
    return st.one_of(fields, fields, inline)


BODIES = st.lists(st.recursive(NAMES, selections, max_leaves=25), min_size=1, max_size=6).map(
    lambda each: "{ " + " # } a a a\n".join(each) + " }"
)
HEADS = st.sampled_from(
    ["", "", "query ", "query on", "query Q($v: [Int] = [1] @c, $w: T = {a: 1}) ", "subscription @c "]
)
TEXTS = st.lists(st.tuples(HEADS, BODIES).map("".join), min_size=1, max_size=2).map(" ".join)


def refusal(check: Callable[[], object]) -> str | None:
    try:
        check()
    except GraphQLError as error:
        return str(error)
    return None


@given(TEXTS)
def test_what_is_refused_is_refused_by_the_same_words(text: str) -> None:
    """One of several operations, or of many directives, may be left to the parser. Of any other both see the same."""
    early = refusal(lambda: check_scan(text + PADDING, LIMITS))
    late = refusal(lambda: check_shape(parse(text), LIMITS))
    assert early is None or early == late
    limits = ("depth", "aliases", "repeated-fields")
    one_operation = len(parse(text).definitions) == 1
    if late is not None and one_operation and text.count("@") <= 3 and any(f"{each} " in late for each in limits):
        assert early == late


PIECES = st.sampled_from(
    [
        "a",
        "b:",
        "{",
        "}",
        "(",
        ")",
        "(x: 1)",
        "...",
        "... on T",
        "...F",
        '"a { b"',
        "@c",
        "$v",
        "1",
        "é",
        "!",
        ",",
        "query",
        "#\n",
    ]
)


@given(st.lists(PIECES, max_size=40).map(" ".join))
@example("... {")
def test_a_text_of_whatever_is_refused_at_most_where_it_is_refused_anyway(text: str) -> None:
    if refusal(lambda: check_scan(text + PADDING, LIMITS)) is not None:
        assert refusal(lambda: check_shape(parse(text), LIMITS)) is not None


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("{ " + "a " * 500 + "}", "repeated-fields"),
        ("{ " + " ".join(f"a{each}: b" for each in range(300)) + " }", "aliases"),
        ("{ a " * 50 + "}" * 50, "depth"),
        ("{ __schema " + "{ ofType " * 50 + "}" * 51, "depth"),
    ],
)
def test_it_takes_a_part_of_what_parsing_takes(text: str, limit: str) -> None:
    with pytest.raises(TooComplex) as refused:
        check_scan(text + PADDING, Limits())
    assert refused.value.extensions is not None
    assert refused.value.extensions["limit"] == limit
    scanned = lines_of(lambda: refusal(lambda: check_scan(text + PADDING, Limits())))
    assert scanned < lines_of(lambda: parse(text)) / 3


@pytest.mark.parametrize("text", ["{ " + "a " * 500 + "} fragment F on T { b }", "{ " + "a " * 500 + "@c " * 101 + "}"])
def test_what_it_is_not_sure_of_is_left_to_the_parser(text: str) -> None:
    check_scan(text, Limits())
