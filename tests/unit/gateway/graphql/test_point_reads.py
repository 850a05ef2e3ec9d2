"""The read of one entry ends once: with the entry, with what went wrong, or with its deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from hazelgate.client.reading.gathering import Told
from hazelgate.gateway.graphql.deadlines import Deadlines
from hazelgate.gateway.graphql.point_reads import PointRead
from hazelgate.resolvers.plans.roots import Point
from hazelgate.sourcing.errors import PipelineUnavailable


def answer(raw: bytes | None) -> bytes:
    if raw == b"odd":
        raise ValueError("odd")
    return b"null" if raw is None else raw


class Reading:
    """One read, and how it has ended."""

    def __init__(self, tell: Callable[[str, str, Told], None] = lambda *_: None, seconds: float = 60) -> None:
        self.deadlines = Deadlines(seconds)
        self.ended: list[tuple[bytes | None, bool]] = []
        context: Any = SimpleNamespace(reads=SimpleNamespace(tell=tell))
        self.point = PointRead(Point("m", lambda _: "k", answer), context, self.deadlines, self._note)

    def _note(self, point: PointRead) -> None:
        self.ended.append((point.data, point.is_late))


@pytest.mark.parametrize(("raw", "data"), [(b"1", b"1"), (None, b"null"), (b"odd", None)])
async def test_it_ends_with_the_entry(raw: bytes | None, data: bytes | None) -> None:
    reading = Reading()
    reading.point.begin("k")
    assert reading.deadlines.running == 1
    reading.point.set_result(raw)
    assert reading.ended == [(data, False)]
    assert reading.deadlines.running == 0


async def test_it_ends_with_what_went_wrong() -> None:
    reading = Reading()
    reading.point.begin("k")
    reading.point.set_exception(PipelineUnavailable("away"))
    assert reading.ended == [(None, False)]


async def test_it_ends_with_its_deadline() -> None:
    reading = Reading(seconds=0.01)
    reading.point.begin("k")
    while not reading.ended:
        await asyncio.sleep(0.001)
    assert reading.ended == [(None, True)]
    assert reading.point.done()


@pytest.mark.parametrize("last", ["set_result", "set_exception", "end"])
@pytest.mark.parametrize("first", ["set_result", "set_exception", "end"])
async def test_it_ends_once(first: str, last: str) -> None:
    reading = Reading()
    reading.point.begin("k")
    given: dict[str, tuple[Any, ...]] = {"set_result": (b"1",), "set_exception": (OSError(),), "end": ()}
    for each in (first, last):
        getattr(reading.point, each)(*given[each])
    assert len(reading.ended) == 1
    assert reading.point.is_late == (first == "end")


async def test_an_entry_that_is_there_at_once_leaves_nothing_running() -> None:
    reading = Reading(lambda _map, _key, told: told.set_result(b"1"))
    reading.point.begin("k")
    assert reading.ended == [(b"1", False)]
    assert reading.deadlines.running == 0


async def test_a_read_that_does_not_begin_leaves_nothing_running() -> None:
    def away(*_: object) -> None:
        raise PipelineUnavailable("away")

    reading = Reading(away)
    with pytest.raises(PipelineUnavailable):
        reading.point.begin("k")
    assert reading.deadlines.running == 0
    assert reading.ended == []
