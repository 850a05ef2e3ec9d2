"""A result for many subscribers: everything else has its turn meanwhile, and one who leaves gets nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import chain
from typing import Any

import pytest

from hazelgate.gateway.graphql import shared_executions
from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.shared_executions import Message, SharedExecution, Together
from hazelgate.schema.events.streams import Place

SUBSCRIBERS = 1_000


class Results:
    """In place of an execution: it gives the results that a test puts into it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Answer] = asyncio.Queue()
        self.turns = 0
        """Of the event loop, that each result takes to be made."""
        self.last: int | None = None
        """After so many results it fails."""

    async def subscribe(self, *_: object) -> AsyncIterator[Answer]:
        return self._all()

    async def _all(self) -> AsyncIterator[Answer]:
        number = 0
        while number != self.last:
            number += 1
            found = await self.queue.get()
            for _ in range(self.turns):
                await asyncio.sleep(0)
            yield found
        raise OSError("broken")


class Reader:
    """A subscriber that notes what it gets."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.has_ended = False
        self.refused: Answer | None = None
        self.together: list[int] = []
        """How many results came in each write of several."""

    def push(self, message: Message) -> None:
        self.got.append(message.body)

    def push_all(self, together: Together) -> None:
        self.together.append(len(together.messages))
        for each in together.messages:
            self.push(each)

    def end(self, refused: Answer | None) -> None:
        self.has_ended = True
        self.refused = refused


@asynccontextmanager
async def begun(
    heard: Callable[[], int] = lambda: 0, subscribers: int = SUBSCRIBERS
) -> AsyncIterator[tuple[Results, SharedExecution, list[Reader]]]:
    results = Results()
    own: Any = results
    unused: Any = None
    execution = SharedExecution(own, unused, unused, heard=heard, left=lambda _: None, ended=lambda _: None)
    readers = [Reader() for _ in range(subscribers)]
    for each in readers:
        execution.join(each)
    try:
        yield results, execution, readers
    finally:
        await execution.close()


async def in_the_midst(readers: list[Reader]) -> None:
    """Until some have a result. Then some have none."""
    async with asyncio.timeout(5):
        while not any(each.got for each in readers):
            await asyncio.sleep(0)
    assert not all(each.got for each in readers), "nothing else had its turn"


async def test_everything_else_has_its_turn_while_a_result_goes_to_many() -> None:
    async with begun() as (results, _, readers):
        results.queue.put_nowait(Answer({"data": 1}, True))
        await in_the_midst(readers)
        results.queue.put_nowait(Answer({"data": 2}, True))
        async with asyncio.timeout(5):
            while any(len(each.got) < 2 for each in readers):
                await asyncio.sleep(0)
        assert all(each.got == [b'{"data":1}', b'{"data":2}'] for each in readers)


async def test_one_who_leaves_in_the_midst_gets_nothing_more() -> None:
    async with begun() as (results, execution, readers):
        results.queue.put_nowait(Answer({"data": 1}, True))
        await in_the_midst(readers)
        assert not readers[-1].got
        execution.leave(readers[-1])
        async with asyncio.timeout(5):
            while not readers[-2].got:
                await asyncio.sleep(0)
        assert not readers[-1].got


async def all_have(readers: list[Reader], count: int) -> None:
    async with asyncio.timeout(30):
        while any(len(each.got) < count for each in readers):
            await asyncio.sleep(0)


def answer(number: int, **more: Any) -> Answer:
    return Answer({"data": number}, True, place=Place("cursor", number), **more)


async def test_results_that_wait_go_to_each_socket_in_one_write() -> None:
    """A gateway that lags behind would write each of them to each socket, and lag more."""
    async with begun() as (results, _, readers):
        results.queue.put_nowait(answer(1))
        await in_the_midst(readers)
        for number in range(2, 40):
            results.queue.put_nowait(answer(number))
        await all_have(readers, 39)
        expected = [b'{"data":%d}' % number for number in range(1, 40)]
        assert all(each.got == expected for each in readers)
        assert readers[0].together == [16, 16, 6]
        assert all(each.together == readers[0].together for each in readers)


async def test_results_are_made_while_others_are_written() -> None:
    """Each may need an entry from a member. Made one after the other they would never wait together."""
    async with begun() as (results, _, readers):
        results.turns = 5
        for number in range(1, 31):
            results.queue.put_nowait(answer(number))
        await all_have(readers, 30)
        assert readers[0].got == [b'{"data":%d}' % number for number in range(1, 31)]
        assert max(readers[0].together) > 5


async def test_what_came_before_an_error_is_written_before_it_is_told() -> None:
    async with begun() as (results, _, readers):
        results.last = 3
        for number in range(1, 4):
            results.queue.put_nowait(answer(number))
        async with asyncio.timeout(30):
            while not readers[-1].has_ended:
                await asyncio.sleep(0)
        assert all(each.got == [b'{"data":1}', b'{"data":2}', b'{"data":3}'] for each in readers)
        assert readers[0].refused is not None
        assert readers[0].refused.codes == ["INTERNAL"]


async def test_long_results_do_not_become_one_write_without_a_bound() -> None:
    async with begun() as (results, _, readers):
        results.queue.put_nowait(answer(1))
        await in_the_midst(readers)
        for number in range(2, 8):
            results.queue.put_nowait(Answer({"data": "x" * 10_000}, True, place=Place("cursor", number)))
        await all_have(readers, 7)
        assert readers[0].together == [3, 3]


async def test_one_who_has_come_in_between_gets_what_has_happened_since() -> None:
    heard = [0]
    async with begun(heard=lambda: heard[0]) as (results, execution, readers):
        results.queue.put_nowait(answer(1))
        await in_the_midst(readers)
        heard[0] = 3
        late = Reader()
        execution.join(late)
        for number in range(2, 6):
            results.queue.put_nowait(answer(number))
        await all_have(readers, 5)
        assert readers[0].together == [4]
        assert late.got == [b'{"data":4}', b'{"data":5}']


async def test_the_end_comes_behind_what_came_before() -> None:
    async with begun() as (results, _, readers):
        results.queue.put_nowait(answer(1))
        await in_the_midst(readers)
        results.queue.put_nowait(answer(2))
        results.queue.put_nowait(answer(3))
        results.queue.put_nowait(Answer({"errors": []}, False))
        results.queue.put_nowait(answer(4))
        async with asyncio.timeout(30):
            while not readers[-1].has_ended:
                await asyncio.sleep(0)
        assert all(each.got == [b'{"data":1}', b'{"data":2}', b'{"data":3}'] for each in readers)


async def test_few_subscribers_get_each_result_by_itself() -> None:
    """What is asked for early is read early: an entry would be shown as it was before."""
    async with begun(subscribers=1) as (results, _, readers):
        for number in range(1, 6):
            results.queue.put_nowait(answer(number))
        await all_have(readers, 5)
        assert readers[0].together == []


async def pauses_of(number: int, *, is_urgent: bool, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    given = list(range(number))
    portions = [each async for each in shared_executions.portions(given, lambda: is_urgent)]
    assert [*chain.from_iterable(portions)] == given
    assert len(slept) >= len(portions) - 1, "everything else has its turn"
    return [each for each in slept if each > 0]


async def test_a_result_for_very_many_is_written_with_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each write wakes a client, and the machine has to serve those and everybody else."""
    pauses = await pauses_of(10_000, is_urgent=False, monkeypatch=monkeypatch)
    assert len(pauses) > 50
    assert sum(pauses) <= 0.4


@pytest.mark.parametrize(("number", "is_urgent"), [(1_000, False), (10_000, True)])
async def test_a_result_for_fewer_or_with_others_behind_it_is_not(
    number: int, is_urgent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await pauses_of(number, is_urgent=is_urgent, monkeypatch=monkeypatch) == []
