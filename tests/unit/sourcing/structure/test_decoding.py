"""From JSON to a value, or to all that is wrong with it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, field

from hazelgate import Check, Event, Id, Value
from hazelgate.sourcing.errors import FieldProblem, InvalidEvent
from hazelgate.sourcing.structure.decoding import Decoder


class Line(Value):
    product_id: Id
    quantity: Annotated[int, Meta(ge=1, le=10, description="1 to 10")]
    price: Annotated[Decimal, Check(lambda price: price.is_finite() and price >= 0, "must be money")] | None = None


class Made(Event):
    order_id: Id
    lines: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=3)]
    note: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


GOOD = {"orderId": "o", "lines": [{"productId": "p", "quantity": 2, "price": "1.10"}]}
decoder = Decoder(Made)


def problems(data: Any) -> dict[tuple[str, ...], str]:
    with pytest.raises(InvalidEvent) as caught:
        decoder.decode(data if isinstance(data, bytes) else json.dumps(data).encode())
    return {problem.path: problem.message for problem in caught.value.problems}


def with_line(**line: Any) -> dict[str, Any]:
    return {**GOOD, "lines": [{**GOOD["lines"][0], **line}]}  # type: ignore[dict-item]


def test_what_is_right_is_decoded() -> None:
    line = Line(product_id="p", quantity=2, price=Decimal("1.10"))
    assert decoder.decode(json.dumps(GOOD).encode()) == Made(order_id="o", lines=(line,))
    assert decoder.convert(GOOD) == Made(order_id="o", lines=(line,))


def test_a_number_is_as_exact_as_its_text() -> None:
    raw = b'{"orderId":"o","lines":[{"productId":"p","quantity":2,"price":0.1}]}'
    assert decoder.decode(raw).lines[0].price == Decimal("0.1")


def test_every_problem_is_named_with_its_path() -> None:
    data = {
        "orderId": "a b",
        "lines": [{"productId": "p", "quantity": 0, "price": "-1"}, {"quantity": "2", "colour": 1}, 5],
        "note": "\0",
        "more": 1,
    }
    assert problems(data) == {
        ("orderId",): "must be 1 to 128 letters, digits, or any of . _ : ~ -",
        ("lines", "0", "quantity"): "must be 1 to 10",
        ("lines", "0", "price"): "must be money",
        ("lines", "1", "productId"): "is required",
        ("lines", "1", "quantity"): "must be 1 to 10",
        ("lines", "1", "colour"): "is no field of it",
        ("lines", "2"): "must be an object, is a number",
        ("note",): "must not contain the character NUL",
        ("more",): "is no field of it",
    }


@pytest.mark.parametrize("lines", [[], [GOOD["lines"][0]] * 4])
def test_lists_are_as_long_as_they_may_be(lines: list[Any]) -> None:
    assert list(problems({**GOOD, "lines": lines})) == [("lines",)]


@pytest.mark.parametrize(
    "line",
    [{"price": "NaN"}, {"price": "Infinity"}, {"price": "1,5"}, {"price": []}, {"price": float("nan")},
     {"price": float("inf")}],
)  # fmt: skip
def test_what_is_no_amount_is_refused(line: dict[str, Any]) -> None:
    assert list(problems(with_line(**line))) == [("lines", "0", "price")]


@pytest.mark.parametrize("quantity", [1.5, "2", None, True, float("nan"), 10**30, -1])
def test_what_is_no_quantity_is_refused(quantity: Any) -> None:
    assert list(problems(with_line(quantity=quantity))) == [("lines", "0", "quantity")]


@pytest.mark.parametrize("text", ["\0", "a\ud800b", "\udfff"])
def test_texts_are_unicode_without_nul_however_deep(text: str) -> None:
    assert list(problems({**GOOD, "note": text})) == [("note",)]
    assert list(problems({**GOOD, "extra": {"a": [{"b": text}]}})) == [("extra", "a", "0", "b")]
    assert len(problems({**GOOD, "extra": {text: 1}})) == 1


@pytest.mark.parametrize(
    "raw", [b"", b"x", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"orderId":' + b"9" * 5_000]
)
def test_what_is_no_json_object_is_one_problem(raw: bytes) -> None:
    assert len(problems(raw)) == 1


def test_messages_can_be_sent_on() -> None:
    messages = list(problems({**GOOD, "note": "\ud800", "x\ud800\0": 1}).values())
    assert len(messages) == 2
    assert [message.encode().decode() for message in messages] == messages


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["orderId", "lines", "note", "extra"]), anything)
def test_whatever_stands_in_a_field_is_decoded_or_blamed_on_it(name: str, value: Any) -> None:
    raw = json.dumps({**GOOD, name: value}).encode("utf-8", "surrogatepass")
    blamed = set()
    try:
        decoder.decode(raw)
    except InvalidEvent as invalid:
        blamed = {problem.path[0] for problem in invalid.problems}
    assert blamed <= {name}


SHORT = Check(lambda word: len(word) < 3, "must be short")
ADDS_UP = Check(lambda pair: sum(pair) == 10, "must add up to 10")
ONCE = Check(lambda words: len(set(words)) == len(words), "must have each word once")
IN_ORDER = Check(lambda span: span.first <= span.last, "must begin before it ends")


class Span(Value):
    first: int
    last: int


class Checked(Event):
    words: Annotated[tuple[Annotated[str, SHORT], ...], ONCE] = ()
    by_name: dict[str, Annotated[str, SHORT]] = field(default_factory=dict)
    some: frozenset[Annotated[str, SHORT]] = frozenset()
    pair: tuple[int, Annotated[str, SHORT]] = (0, "")
    parts: Annotated[tuple[int, int], ADDS_UP] = (5, 5)
    span: Annotated[Span, IN_ORDER] | None = None


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"words": ["ab", "abc"]}, {("words", "1"): "must be short"}),
        ({"words": ["ab", "ab"]}, {("words",): "must have each word once"}),
        ({"byName": {"x": "abc"}}, {("byName", "x"): "must be short"}),
        ({"some": ["abc"]}, {("some", "0"): "must be short"}),
        ({"pair": [1, "abc"]}, {("pair", "1"): "must be short"}),
        ({"pair": ["x", "ab"]}, {("pair", "0"): "expected int, got str"}),
        ({"pair": [1]}, {("pair",): "expected array of length 2, got 1"}),
        ({"parts": [5, 6]}, {("parts",): "must add up to 10"}),
        ({"span": {"first": 2, "last": 1}}, {("span",): "must begin before it ends"}),
        ({"span": {"first": 2, "last": "1"}, "words": [1]},
         {("span", "last"): "expected int, got str", ("words", "0"): "expected str, got int"}),
    ],
)  # fmt: skip
def test_checks_hold_wherever_a_type_has_them(data: dict[str, Any], found: dict[tuple[str, ...], str]) -> None:
    """On a list, a struct or a pair as a whole, and on what is in it."""
    with pytest.raises(InvalidEvent) as caught:
        Decoder(Checked).convert(data)
    assert {problem.path: problem.message for problem in caught.value.problems} == found


def test_what_every_check_lets_through_is_decoded() -> None:
    data = {"words": ["a", "b"], "byName": {"x": "ab"}, "some": ["a"], "pair": [1, "a"], "parts": [4, 6], "span": None}
    assert Decoder(Checked).convert(data) == Checked(
        words=("a", "b"), by_name={"x": "ab"}, some=frozenset({"a"}), pair=(1, "a"), parts=(4, 6)
    )


class Branch(Value):
    size: Annotated[int, Check(lambda size: size > 0, "must grow")]
    branches: tuple[Branch, ...] = ()


class Planted(Event):
    trunk: Branch


def test_a_type_that_contains_itself_is_checked_however_deep() -> None:
    assert Decoder(Planted).convert({"trunk": {"size": 1, "branches": [{"size": 1}]}}).trunk.branches[0].size == 1
    with pytest.raises(InvalidEvent) as caught:
        Decoder(Planted).convert({"trunk": {"size": 1, "branches": [{"size": 1, "branches": [{"size": 0}]}]}})
    (problem,) = caught.value.problems
    assert problem == FieldProblem(("trunk", "branches", "0", "branches", "0", "size"), "must grow")
