"""What a process remembers of the events that it has heard lately."""

from __future__ import annotations

import time
from statistics import median

import pytest

from hazelgate.client.following.recent import Recent

REMEMBERED = 50_000
ROUNDS = 20


class Heard:
    """A process that hears one event of a lane after the other."""

    def __init__(self) -> None:
        self._recent = Recent()
        self._position = 0

    def hear(self, number: int) -> float:
        """So many; the processor seconds that it took."""
        first, self._position = self._position, self._position + number
        began = time.process_time()
        for position in range(first, first + number):
            assert self._recent.is_next(f"{position:08}", 0, position)
        return time.process_time() - began


def test_hearing_costs_the_same_once_old_events_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It was many times as much, in every gateway and whether or not anybody subscribed.

    They hear in turns, so that both have the same machine. With the fault it was 17 times as much, of 50,000 events.
    """
    monkeypatch.setattr("hazelgate.client.following.recent.REMEMBERED_EVENTS", REMEMBERED)
    full, fresh = Heard(), Heard()
    full.hear(REMEMBERED + 10_000)
    rounds = [full.hear(1_000) / fresh.hear(1_000) for _ in range(ROUNDS)]
    assert median(rounds) < 5, rounds
