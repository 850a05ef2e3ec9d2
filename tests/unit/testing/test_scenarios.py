"""Given, when, then: that it passes what is right is shown by the domain's tests; that it fails what is wrong, here."""

from __future__ import annotations

import traceback
from itertools import count

import pytest

from hazelgate import Catalog, Event, Id, View, event, projection
from hazelgate.testing import given
from tests.unit.sourcing.counters import CATALOG, POISON, Counted, Counter, CounterStarted

STARTED = CounterStarted(counter_id="a")
ONE = Counted(counter_id="a", by=1)
_ticks = count()


@event("Ticked", aggregate="Clock", key="clock_id")
class Ticked(Event):
    """A clock that no two people read alike."""

    clock_id: Id


class Clock(View):
    clock_id: Id
    ticks: int


clocks = projection("clock-view", Clock, key="clock_id")


@clocks.on(Ticked, key="clock_id")
def ticked(_: Clock | None, event: Ticked) -> Clock:
    return Clock(clock_id=event.clock_id, ticks=next(_ticks))


def test_another_entry_fails() -> None:
    with pytest.raises(AssertionError, match="another entry"):
        given(STARTED, catalog=CATALOG).when(ONE).then(Counter(counter_id="a", total=2, history=(1,)))


def test_an_entry_that_is_missing_fails() -> None:
    with pytest.raises(AssertionError, match="another entry"):
        given(catalog=CATALOG).when(STARTED).then(Counter(counter_id="b", total=0))


def test_a_rejection_fails_what_expects_success() -> None:
    with pytest.raises(AssertionError, match="no such counter"):
        given(catalog=CATALOG).when(ONE).then()


def test_a_dead_letter_fails_what_expects_success() -> None:
    with pytest.raises(AssertionError, match="DEAD_LETTERED"):
        given(STARTED, catalog=CATALOG).when(Counted(counter_id="a", by=POISON)).then()


def test_a_failing_test_shows_where_the_projection_failed() -> None:
    with pytest.raises(AssertionError) as failed:
        given(STARTED, catalog=CATALOG).when(Counted(counter_id="a", by=POISON)).then()
    assert isinstance(failed.value.__cause__, ValueError)
    assert "counters.py" in "".join(traceback.format_exception(failed.value))


def test_what_a_guard_says_no_to_is_no_fault_of_it() -> None:
    with pytest.raises(AssertionError) as failed:
        given(catalog=CATALOG).when(ONE).then()
    assert failed.value.__cause__ is None


def test_success_fails_what_expects_a_rejection() -> None:
    with pytest.raises(AssertionError, match="expected it to be rejected"):
        given(STARTED, catalog=CATALOG).when(ONE).then_rejected("by")


@pytest.mark.parametrize("fields", [(), ("counter_id",), ("by", "counter_id")])
def test_a_rejection_for_another_reason_fails(fields: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError, match="another reason"):
        given(STARTED, catalog=CATALOG).when(Counted(counter_id="a", by=7)).then_rejected(*fields)


def test_other_stored_events_fail() -> None:
    with pytest.raises(AssertionError, match="other events"):
        given(STARTED, catalog=CATALOG).when(ONE).then_stored(ONE)


def test_a_past_that_could_not_be_fails() -> None:
    with pytest.raises(AssertionError, match="given Counted is REJECTED"):
        given(ONE, catalog=CATALOG).when(STARTED).then()


def test_the_sequence_that_the_submitter_saw_is_checked() -> None:
    given(STARTED, catalog=CATALOG).when(ONE, expected_sequence=1).then()
    given(STARTED, catalog=CATALOG).when(ONE, expected_sequence=0).then_rejected(code="SEQUENCE_CONFLICT")


def test_a_projection_that_is_no_pure_fold_fails() -> None:
    with pytest.raises(AssertionError, match="not the fold of its events"):
        given(catalog=Catalog.load(__name__)).when(Ticked(clock_id="c")).then()


def test_nothing_to_do_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one event"):
        given(catalog=CATALOG).when()
