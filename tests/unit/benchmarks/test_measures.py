"""What the benchmarks work out of their readings."""

from __future__ import annotations

import os
import time

import msgspec
import pytest

from benchmarks.memory import Reading, costs
from benchmarks.regression import compared, costs_in
from benchmarks.sides import Cost
from benchmarks.soak import slope
from benchmarks.stack import cpu_seconds_of


def test_each_cost_is_told_apart_from_the_others() -> None:
    def reading(events: int, aggregates: int, entries: int) -> Reading:
        return Reading(events, aggregates, entries, 5_000 + 1_200 * events + 350 * aggregates + 500 * entries)

    found = costs([reading(10, 0, 0), reading(50, 0, 0), reading(80, 30, 0), reading(90, 30, 10), reading(99, 30, 10)])
    assert (found.event, found.event_later, found.aggregate, found.entry) == (1_200, 1_200, 350, 500)


def test_processor_time_is_told_finer_than_by_ticks() -> None:
    before = time.process_time()
    told = cpu_seconds_of(os.getpid())
    assert before <= told <= time.process_time()


def test_a_leak_is_told_from_noise() -> None:
    minutes = [float(each) for each in range(20)]
    noise = [(-1) ** each * 3.0 for each in range(20)]
    assert slope(minutes, [100 + each for each in noise]).is_flat
    leak = slope(minutes, [100 + 2 * minute + each for minute, each in zip(minutes, noise, strict=True)])
    assert leak.per_minute == pytest.approx(2, abs=0.2)
    assert not leak.is_flat


def test_what_a_side_prints_is_read_and_held_against_the_other() -> None:
    printed = msgspec.json.encode({"an event in bulk": Cost(0.00004, 0.000055)}).decode()
    assert costs_in(f"a warning\n{printed}\n") == {"an event in bulk": Cost(0.00004, 0.000055)}
    there = Cost(1.0, 2.0)
    figure = compared("a snapshot", [(Cost(3.0, 2.2), there), (Cost(1.0, 2.0), there), (Cost(2.0, 2.6), there)])
    assert figure.value == pytest.approx(1.1)
    assert figure.is_reached is False
    assert figure.beside.startswith("rounds from 1.00 to 1.30; 2,200 ms here, 2,000 there; elapsed 2.00 ×")
