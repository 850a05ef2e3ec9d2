"""Pauses between attempts double, up to a longest one."""

from hazelgate.sourcing.backoff import Backoff

BACKOFF = Backoff(first_seconds=1.0, longest_seconds=3.0)


def test_pauses_double_up_to_the_longest() -> None:
    assert [BACKOFF.pause_seconds(failures) for failures in (1, 2, 3, 4)] == [1.0, 2.0, 3.0, 3.0]


def test_after_a_success_there_is_no_pause() -> None:
    assert BACKOFF.pause_seconds(0) == 0.0


def test_however_often_it_fails_the_pause_is_a_number() -> None:
    assert BACKOFF.pause_seconds(1_000_000) == 3.0
