"""A result for many subscribers: everything else has its turn meanwhile, and one who leaves gets nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.shared_executions import Message, SharedExecution

SUBSCRIBERS = 1_000


class Results:
    """In place of an execution: it gives the results that a test puts into it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Answer] = asyncio.Queue()

    async def subscribe(self, *_: object) -> AsyncIterator[Answer]:
        return self._all()

    async def _all(self) -> AsyncIterator[Answer]:
        while True:
            yield await self.queue.get()


class Reader:
    """A subscriber that notes what it gets."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    def push(self, message: Message) -> None:
        self.got.append(message.body)

    def end(self, refused: Answer | None) -> None:
        """It is at an end with the test."""


@asynccontextmanager
async def begun() -> AsyncIterator[tuple[Results, SharedExecution, list[Reader]]]:
    results = Results()
    own: Any = results
    unused: Any = None
    execution = SharedExecution(own, unused, unused, heard=lambda: 0, left=lambda _: None, ended=lambda _: None)
    readers = [Reader() for _ in range(SUBSCRIBERS)]
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
