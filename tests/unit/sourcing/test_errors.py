"""The tree of errors."""

import inspect
import re

import pytest

from hazelgate.sourcing import errors
from hazelgate.sourcing.errors import (
    EventRejected,
    FieldProblem,
    HazelgateError,
    Rejected,
    SequenceConflict,
    field_path,
)

ALL = [
    cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, HazelgateError)
]  # fmt: skip


def test_the_docstring_draws_the_whole_tree() -> None:
    drawn = set(re.findall(r"[A-Z]\w+", (errors.__doc__ or "").split("HazelgateError", 1)[1]))
    assert {cls.__name__ for cls in ALL} - {"HazelgateError"} <= drawn


@pytest.mark.parametrize("cls", ALL)
def test_every_error_has_a_code_in_capitals(cls: type[HazelgateError]) -> None:
    assert re.fullmatch(r"[A-Z_]+", cls.code)


def test_the_docstring_is_the_message_where_none_is_given() -> None:
    assert errors.EventTimedOut(event_id="e").message.startswith("Not there in time")


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("quantity_on_hand", ("quantityOnHand",)),
        ("items.0.product_id", ("items", "0", "productId")),
        (("items", 0, "product_id"), ("items", "0", "productId")),
        ("", ()),
        ((), ()),
    ],
)
def test_fields_become_the_paths_that_clients_know(field: str, path: tuple[str, ...]) -> None:
    assert field_path(field) == path


def test_several_rejections_become_one() -> None:
    together = Rejected.all([Rejected("a", "is wrong"), Rejected("b_c", "too")])
    assert together.problems == (
        FieldProblem(("a",), "is wrong", "REJECTED"),
        FieldProblem(("bC",), "too", "REJECTED"),
    )
    assert str(together) == "a: is wrong; bC: too"


def test_a_rejection_has_a_code_and_what_its_message_names() -> None:
    [problem] = Rejected("quantity", "only 3 left", code="OUT_OF_STOCK", on_hand=3).problems
    assert problem == FieldProblem(("quantity",), "only 3 left", "OUT_OF_STOCK", {"onHand": 3})


def test_messages_say_what_and_how_to_mend_it() -> None:
    assert "at sequence 3, it is at 4" in SequenceConflict(3, 4).message
    assert EventRejected([FieldProblem(("a",), "is wrong")]).message == "a: is wrong"
