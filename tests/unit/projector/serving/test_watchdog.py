"""The watch over handlers, and who may run beside whom."""

from __future__ import annotations

import queue
import threading

from hazelgate.projector.core.calls import Pulse
from hazelgate.projector.serving.turns import Turns
from hazelgate.projector.serving.watchdog import LOOKS_PER_LIMIT, Watchdog


def looked(*, beats: bool = False, rests: bool = False) -> int:
    """How often a watchdog found a batch hanging, in twice the looks that it allows."""
    hangs: list[None] = []
    watchdog = Watchdog(1.0, on_hang=lambda: hangs.append(None))
    pulse = Pulse()
    pulse.resting = rests
    with watchdog.watching(pulse):
        for _ in range(2 * LOOKS_PER_LIMIT):
            pulse.beats += beats
            watchdog.look()
    for _ in range(2 * LOOKS_PER_LIMIT):
        watchdog.look()
    return len(hangs)


def test_a_batch_that_does_not_move_hangs() -> None:
    assert looked() > 0


def test_a_batch_that_moves_may_take_as_long_as_it_likes() -> None:
    assert looked(beats=True) == 0


def test_a_batch_that_waits_for_the_engine_does_not_hang() -> None:
    assert looked(rests=True) == 0


def test_who_runs_alone_waits_for_the_others_and_they_for_him() -> None:
    turns = Turns()
    order: queue.SimpleQueue[str] = queue.SimpleQueue()

    def alone() -> None:
        with turns.alone():
            order.put("alone")

    def beside() -> None:
        with turns.shared():
            order.put("beside")

    with turns.shared():
        threads = [threading.Thread(target=alone)]
        threads[0].start()
        while not turns._waiting:
            pass
        threads.append(threading.Thread(target=beside))
        threads[1].start()
        assert order.empty()
    for thread in threads:
        thread.join(10)
    assert [order.get(), order.get()] == ["alone", "beside"], "who wants to be alone is not starved"
