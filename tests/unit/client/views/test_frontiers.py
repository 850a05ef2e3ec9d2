"""How far a reader of the log has come, as a cursor."""

from __future__ import annotations

import pytest

from hazelgate.client.views.cursors import encode_opaque
from hazelgate.client.views.frontiers import Frontier, end_of
from hazelgate.sourcing.errors import InvalidArgument
from hazelgate.sourcing.ids import cursor

LOG = "8d0c5c1e-6f6d-4a5f-9d9b-0a3a0f1f2b3c"


@pytest.mark.parametrize(
    "frontier",
    [
        Frontier(LOG, cursor(1_700_000_000_000_000, 270)),
        Frontier(LOG, end_of(1_700_000_000_000_000), {3: 1_700_000_000_000_001, 271: 1_700_000_002_000_000}),
        Frontier("", end_of(0)),
    ],
)
def test_a_cursor_gives_the_place_that_it_was_made_of(frontier: Frontier) -> None:
    assert Frontier.parse("after", frontier.text) == frontier


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        encode_opaque("cursor/0000000000000001-00001"),
        encode_opaque(f"log1/{LOG}/{end_of(1)}/"),
        encode_opaque(f"log2/{LOG}/1-1/"),
        encode_opaque(f"log2/{LOG}/{end_of(1)}/x"),
        encode_opaque(f"log2/{LOG}/{end_of(1)}/1.2,"),
        encode_opaque(f"log2/{LOG}/{end_of(1)}/-1.2"),
        encode_opaque(f"log2/{LOG}'/{end_of(1)}/"),
    ],
)
def test_what_is_no_cursor_says_where_to_take_one_from(text: str) -> None:
    with pytest.raises(InvalidArgument, match="after: not a cursor of the log: take it from") as caught:
        Frontier.parse("after", text)
    assert caught.value.field == "after"


def test_a_lane_may_be_ahead_of_the_others() -> None:
    frontier = Frontier(LOG, end_of(10), {1: 20})
    assert frontier.has(cursor(10, 2), 2, 10)
    assert frontier.has(cursor(15, 1), 1, 15)
    assert frontier.has(cursor(20, 1), 1, 20)
    assert not frontier.has(cursor(15, 2), 2, 15)
    assert not frontier.has(cursor(21, 1), 1, 21)


def test_a_reader_who_moves_on_keeps_the_lanes_that_are_still_ahead() -> None:
    moved = Frontier(LOG, end_of(10), {1: 20, 2: 30}).moved(end_of(25))
    assert moved == Frontier(LOG, end_of(25), {2: 30})


def test_nobody_moves_back() -> None:
    frontier = Frontier(LOG, end_of(10), {1: 20})
    assert frontier.moved(end_of(5)) is frontier
