"""Reads that are asked for at about the same time go to a member together."""

from __future__ import annotations

import asyncio

import pytest

from hazelgate.client.reading.gathering import ReadGathering
from hazelgate.sourcing.errors import PipelineUnavailable
from tests.support.until import until

Requests = list[tuple[str, list[str]]]


class Reader:
    """Answers `<map>/<key>` for every key but "none", and keeps what it was asked; waits while held."""

    def __init__(self) -> None:
        self.asked: list[Requests] = []
        self.held = asyncio.Event()
        self.held.set()

    async def __call__(self, requests: Requests) -> list[list[bytes | None]]:
        self.asked.append(requests)
        await self.held.wait()
        return [
            [None if key == "none" else f"{map_name}/{key}".encode() for key in keys] for map_name, keys in requests
        ]


async def test_reads_of_one_tick_are_one_call() -> None:
    reader = Reader()
    reads = ReadGathering(reader)
    answers = await asyncio.gather(
        reads.read("m", ["a", "b"]), reads.read("n", ["a"]), reads.read("m", ["none", "b", "b"]), reads.read("m", [])
    )
    assert list(answers) == [[b"m/a", b"m/b"], [b"n/a"], [None, b"m/b", b"m/b"], []]
    assert reader.asked == [[("m", ["a", "b", "none"]), ("n", ["a"])]]


async def test_what_comes_while_all_calls_are_under_way_goes_with_the_next() -> None:
    reader = Reader()
    reader.held.clear()
    reads = ReadGathering(reader, max_calls=1)
    first = asyncio.create_task(reads.read("m", ["a"]))
    await until(lambda: len(reader.asked) == 1)
    later = [asyncio.create_task(reads.read("m", [key])) for key in "bcd"]
    await asyncio.sleep(0)
    reader.held.set()
    assert await first == [b"m/a"]
    assert await asyncio.gather(*later) == [[b"m/b"], [b"m/c"], [b"m/d"]]
    assert reader.asked[1:] == [[("m", ["b", "c", "d"])]]


async def test_an_error_reaches_everybody_who_asked() -> None:
    async def fails(requests: Requests) -> list[list[bytes | None]]:
        raise PipelineUnavailable("gone")

    reads = ReadGathering(fails)
    answers = await asyncio.gather(reads.read("m", ["a"]), reads.read("m", ["b"]), return_exceptions=True)
    assert [type(answer) for answer in answers] == [PipelineUnavailable, PipelineUnavailable]


async def test_one_who_gives_up_does_not_hurt_the_others() -> None:
    reader = Reader()
    reader.held.clear()
    reads = ReadGathering(reader)
    impatient, patient = (asyncio.create_task(reads.read("m", [key])) for key in "ab")
    await until(lambda: len(reader.asked) == 1)
    impatient.cancel()
    reader.held.set()
    assert await patient == [b"m/b"]


async def test_closing_tells_those_who_wait() -> None:
    reader = Reader()
    reader.held.clear()
    reads = ReadGathering(reader, max_calls=1)
    under_way = asyncio.create_task(reads.read("m", ["a"]))
    await until(lambda: len(reader.asked) == 1)
    waiting = asyncio.create_task(reads.read("m", ["b"]))
    await asyncio.sleep(0)
    reads.close()
    with pytest.raises(PipelineUnavailable):
        await under_way
    with pytest.raises(PipelineUnavailable):
        await waiting


async def test_what_was_asked_can_be_awaited_more_than_once() -> None:
    reader = Reader()
    asked = ReadGathering(reader).ask("m", ["a"])
    assert [await asked, await asked] == [[b"m/a"], [b"m/a"]]
    assert len(reader.asked) == 1


async def test_without_a_bound_nobody_waits_for_a_call_of_others() -> None:
    reader = Reader()
    reader.held.clear()
    reads = ReadGathering(reader, max_calls=None)
    asked = []
    for number in range(5):
        asked.append(reads.ask("m", [str(number)]))
        await until(lambda made=number + 1: len(reader.asked) == made)  # type: ignore[misc]
    reader.held.set()
    assert await asyncio.gather(*asked) == [[f"m/{number}".encode()] for number in range(5)]
