"""What an entry has to be like: each operator, and what a comparison with nothing comes to."""

from __future__ import annotations

from typing import Any

import pytest

from hazelgate.client.reading.filters import all_of, condition, matches

ENTRY = {
    "status": "PENDING",
    "total": "9.90",
    "stock": 12,
    "open": False,
    "note": None,
    "at": "2026-01-02T04:04:05+01:00",
    "customer": {"name": "Ada Straße"},
    "tags": ["one", "two"],
    "items": [{"sku": "a", "amount": 2}, {"sku": "b", "amount": "10.0"}, {"sku": None}],
    "empty": [],
}


@pytest.mark.parametrize(
    ("path", "op", "value", "compare_as", "expected"),
    [
        ("status", "eq", "PENDING", "text", True),
        ("status", "ne", "PENDING", "text", False),
        ("status", "in", ["X", "PENDING"], "text", True),
        ("status", "in", [], "text", False),
        ("status", "gt", "PEN", "text", True),
        ("status", "gte", "PENDING", "text", True),
        ("status", "lt", "PENDING", "text", False),
        ("status", "lte", "PENDING", "text", True),
        ("status", "startsWith", "PEN", "text", True),
        ("status", "contains", "DIN", "text", True),
        ("status", "contains", "din", "text", False),
        ("status", "contains", "din", "folded", True),
        ("customer.name", "contains", "STRASSE", "folded", True),
        ("customer.name", "startsWith", "ADA", "folded", True),
        ("total", "lt", "10", "number", True),
        ("total", "lt", "10", "text", False),
        ("total", "eq", 9.9, "number", True),
        ("stock", "eq", "1.2e1", "number", True),
        ("stock", "eq", 12, "text", False),
        ("stock", "startsWith", "1", "number", False),
        ("stock", "gt", "much", "number", False),
        ("stock", "lt", "1e10001", "number", False),
        ("open", "eq", False, "boolean", True),
        ("open", "eq", 0, "number", False),
        ("at", "eq", "2026-01-02T03:04:05.000000Z", "instant", True),
        ("at", "lt", "2026-01-02T03:04:05.000001Z", "instant", True),
        ("at", "gt", "soon", "instant", False),
        ("note", "isNull", True, "text", True),
        ("open", "isNull", False, "text", True),
        ("nowhere", "isNull", True, "text", True),
        ("status.deeper", "isNull", False, "text", False),
    ],
)
def test_a_comparison_holds_or_not(path: str, op: Any, value: Any, compare_as: Any, expected: bool) -> None:
    tree = condition(path.split("."), op, value, compare_as)
    assert matches(tree, ENTRY) is expected
    assert matches({"not": tree}, ENTRY) is not expected


@pytest.mark.parametrize("path", ["note", "nowhere", "status.deeper", "items.sku"])
@pytest.mark.parametrize("op", ["eq", "gt", "gte", "lt", "lte", "startsWith", "contains"])
def test_a_comparison_with_what_is_not_there_is_false_and_its_negation_true(path: str, op: Any) -> None:
    tree = condition(path.split("."), op, "")
    assert not matches(tree, ENTRY)
    assert matches({"not": tree}, ENTRY)
    assert matches(condition(path.split("."), "ne", ""), ENTRY)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"path": ["items"], "some": condition(["sku"], "eq", "b")}, True),
        ({"path": ["items"], "some": condition(["sku"], "eq", "c")}, False),
        ({"path": ["items"], "every": condition(["sku"], "isNull", False)}, False),
        ({"path": ["items"], "every": condition(["sku"], "ne", "c")}, True),
        ({"path": ["items"], "none": condition(["amount"], "gt", 5, "number")}, False),
        ({"path": ["tags"], "some": condition([], "eq", "two")}, True),
        ({"path": ["empty"], "some": {"and": []}}, False),
        ({"path": ["empty"], "every": {"or": []}}, True),
        ({"path": ["empty"], "none": {"and": []}}, True),
        ({"path": ["nowhere"], "every": {"or": []}}, True),
        ({"path": ["status"], "none": {"and": []}}, True),
    ],
)
def test_quantifiers_are_about_the_items_of_a_list(tree: Any, expected: bool) -> None:
    assert matches(tree, ENTRY) is expected


def test_a_condition_on_one_item_is_not_one_on_several() -> None:
    b_and_small = all_of([condition(["sku"], "eq", "b"), condition(["amount"], "lt", 5, "number")])
    assert not matches({"path": ["items"], "some": b_and_small}, ENTRY)


def test_nothing_to_hold_holds_and_no_alternative_does_not() -> None:
    assert matches({"and": []}, ENTRY)
    assert not matches({"or": []}, ENTRY)
    assert all_of([]) is None
