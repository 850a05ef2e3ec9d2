"""A view's fingerprint changes with the code that folds it, and with no other."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

import pytest

from hazelgate import Catalog

DOMAIN = '''
from hazelgate import By, Event, Id, Rejected, View, event, guard, projection, replace, upcast

STEP = 1

@event("Ticked", aggregate="Counter", key="counter_id", version=2)
class Ticked(Event):
    """It ticked."""
    counter_id: Id
    by: int

@upcast(Ticked, from_version=1)
def one_at_a_time(data):
    return {**data, "by": 1}

class Counter(View):
    counter_id: str
    total: int

class Last(View):
    counter_id: str
    by: int

@guard(Ticked)
def small(event):
    if event.by > 10:
        raise Rejected("by", "too much")

counters = projection("counter-view", Counter, key="counter_id", indexes={"id": By("counter_id")})
lasts = projection("last-view", Last, key="counter_id")

def larger(total, by):
    return total + by * STEP

@counters.on(Ticked, key="counter_id")
def counted(counter, event):
    return Counter(counter_id=event.counter_id, total=larger(counter.total if counter else 0, event.by))

@lasts.on(Ticked, key="counter_id")
def seen(last, event):
    return Last(counter_id=event.counter_id, by=event.by)
'''
numbers = count()

Fingerprints = Callable[..., Mapping[str, str]]


@pytest.fixture
def fingerprints(tmp_path: Path) -> Fingerprints:
    """The fingerprints of that domain, with some text of it replaced."""

    def of(*replaced: tuple[str, str]) -> Mapping[str, str]:
        source = DOMAIN
        for old, new in replaced:
            assert old in source
            source = source.replace(old, new)
        name = f"fingerprinted_{next(numbers)}"
        path = tmp_path / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return Catalog.load(name).view_fingerprints

    return of


def test_the_same_code_has_the_same_fingerprint(fingerprints: Fingerprints) -> None:
    assert fingerprints() == fingerprints(("STEP = 1\n", "# a comment\nSTEP = 1\n\n\n"))


@pytest.mark.parametrize(
    "change",
    [
        ("total + by * STEP", "total + by * STEP + 1"),
        ("STEP = 1", "STEP = 2"),
        ("if counter else 0", "if counter else 1"),
        ('By("counter_id")', 'By("-counter_id")'),
        ("    total: int", "    total: int\n    name: str = ''"),
    ],
    ids=["what a projection calls", "a constant", "a projection", "a sort key", "the view's shape"],
)
def test_a_change_shows_in_the_view_that_it_is_about_alone(fingerprints: Fingerprints, change: tuple[str, str]) -> None:
    before, after = fingerprints(), fingerprints(change)
    assert before["counter-view"] != after["counter-view"]
    assert before["last-view"] == after["last-view"]


@pytest.mark.parametrize(
    "change", [('"by": 1', '"by": 2'), ("    by: int\n\n@up", "    by: int\n    why: str = ''\n\n@up")]
)
def test_a_change_of_an_event_or_an_upcast_shows_in_every_view_that_it_feeds(
    fingerprints: Fingerprints, change: tuple[str, str]
) -> None:
    before, after = fingerprints(), fingerprints(change)
    assert {view for view in before if before[view] != after[view]} == {"counter-view", "last-view"}


def test_a_guard_changes_no_view(fingerprints: Fingerprints) -> None:
    assert fingerprints() == fingerprints(("event.by > 10", "event.by > 11"))
