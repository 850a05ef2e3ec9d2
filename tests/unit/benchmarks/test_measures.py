"""What the benchmarks work out of their readings."""

from __future__ import annotations

import pytest

from benchmarks.figures import Figure, table
from benchmarks.memory import Reading, costs
from benchmarks.regression import measured_in
from benchmarks.soak import slope


def test_each_cost_is_told_apart_from_the_others() -> None:
    def reading(events: int, aggregates: int, entries: int) -> Reading:
        return Reading(events, aggregates, entries, 5_000 + 1_200 * events + 350 * aggregates + 500 * entries)

    found = costs([reading(10, 0, 0), reading(50, 0, 0), reading(80, 30, 0), reading(90, 30, 10), reading(99, 30, 10)])
    assert (found.event, found.event_later, found.aggregate, found.entry) == (1_200, 1_200, 350, 500)


def test_a_leak_is_told_from_noise() -> None:
    minutes = [float(each) for each in range(20)]
    noise = [(-1) ** each * 3.0 for each in range(20)]
    assert slope(minutes, [100 + each for each in noise]).is_flat
    leak = slope(minutes, [100 + 2 * minute + each for minute, each in zip(minutes, noise, strict=True)])
    assert leak.per_minute == pytest.approx(2, abs=0.2)
    assert not leak.is_flat


def test_figures_of_another_commit_are_read_from_its_table() -> None:
    figures = [
        Figure("handle_events in bulk until PROJECTED", 24_770.0, "/s", at_least=12_000, beside="elsewhere: 527/s"),
        Figure("mutation over HTTP until PROJECTED, p50", 2.153, "ms"),
    ]
    assert measured_in("x86_64, 2 processors, load 0.3\n" + table(figures)) == {
        "handle_events in bulk until PROJECTED": 24_770.0,
        "mutation over HTTP until PROJECTED, p50": 2.153,
    }
