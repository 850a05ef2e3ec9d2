"""Which kind of value each hint of a field is in the API."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import msgspec
import pytest

from hazelgate import By, Id, Instant, Long, View
from hazelgate.sourcing.model.fields import ListOf, Scalar, fields_of
from hazelgate.sourcing.model.indexes import make_index


class Shown(View):
    shown_id: Id
    opened_at: Instant
    state: Literal["OPEN", "CLOSED"]
    step: Literal[1, 2, 3] | None
    mixed: Literal["one", 1]
    token: UUID
    steps: list[Literal["A", "B"]]
    place: tuple[int, str]
    size: Long
    anything: Any
    raw: msgspec.Raw


KINDS = {
    "shownId": Scalar.ID,
    "openedAt": Scalar.DATE_TIME,
    "state": Scalar.STRING,
    "step": Scalar.INT,
    "mixed": Scalar.JSON,
    "token": Scalar.ID,
    "steps": ListOf(Scalar.STRING, False),
    "place": Scalar.JSON,
    "size": Scalar.LONG,
    "anything": Scalar.JSON,
    "raw": Scalar.JSON,
}


@pytest.mark.parametrize("name", KINDS)
def test_a_hint_is_of_one_kind(name: str) -> None:
    assert {field.name: field.type for field in fields_of(Shown)}[name] == KINDS[name]


def test_each_field_is_tried() -> None:
    assert [field.name for field in fields_of(Shown)] == list(KINDS)


def test_what_is_no_text_in_python_sorts_as_the_text_that_it_is_in_json() -> None:
    token = UUID("12345678-1234-5678-1234-567812345678")
    index = make_index(Shown, "token", By("token", "state"), "shown_id", "the view")
    entry = Shown(
        shown_id="s",
        opened_at="2026-01-01T00:00:00.000000Z",
        state="OPEN",
        step=1,
        mixed=1,
        token=token,
        steps=[],
        place=(1, "a"),
        size=7,
        anything=None,
        raw=msgspec.Raw(),
    )
    assert index.sort_key(entry) == f"{token} OPEN s"
