"""Guards that hold, in every order of steps: no violation as claims are made, and each planted fault is found."""

from __future__ import annotations

import functools
import os

import pytest

from tests.support.claims_model import Explored, Fault, Model, explore

MORE = int(os.environ.get("HAZELGATE_CLAIM_TAKEOVERS", "0"))
"""How many takeovers more there are: one makes some hundred thousand states of these, and takes minutes."""

TWO = Model((("a",), ("b",)), takeovers=1 + MORE)
"""Two events on two runs, in one entry that the guards of both have read."""
BESIDE_TWO = Model((("a",), ("b",), ("g",)), guardless=frozenset("g"), takeovers=MORE)
"""The same beside an event that changes the entry without having read it."""
BESIDE_ONE = Model((("a",), ("g",)), guardless=frozenset("g"), takeovers=1 + MORE)
"""One event beside such a one."""
IN_ONE_BATCH = Model((("a", "b"), ("c",)), takeovers=MORE)
"""Two events of one batch, the second of which has seen the first, against one of another run."""
ALONE = Model((("a", "b"),), takeovers=1 + MORE)
"""One batch, whose lanes go to several runs."""

MODELS = {
    "in one batch": IN_ONE_BATCH,
    "alone": ALONE,
    "beside one": BESIDE_ONE,
    "two": TWO,
    "beside two": BESIDE_TWO,
}


@functools.cache
def explored(name: str) -> Explored:
    return explore(MODELS[name])


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", MODELS)
def test_no_order_of_steps_and_takeovers_stores_an_event_whose_guard_is_behind(name: str) -> None:
    assert explored(name).states > 500
    assert explored(name).violations == set()


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", MODELS)
def test_from_wherever_it_gets_it_can_come_to_its_end(name: str) -> None:
    """Nobody waits for one another, and no claim is left for ever."""
    assert explored(name).stuck == []


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_is_found(fault: Fault) -> None:
    assert any(
        explore(Model(each.batches, each.guardless, each.takeovers, fault), to_the_first=True).violations
        for each in MODELS.values()
    )
