"""Reads that are asked for at about the same time go to a member together."""

from __future__ import annotations

import asyncio

import pytest

from hazelgate.client.reading.gathering import KEYS_PER_CALL, ReadGathering, tell_later
from hazelgate.sourcing.errors import HazelgateError, PipelineUnavailable
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


async def test_one_entry_goes_with_the_others_and_can_be_awaited_more_than_once() -> None:
    reader = Reader()
    reads = ReadGathering(reader)
    one, none, several = reads.read_one("m", "a"), reads.read_one("m", "none"), reads.read("m", ["a", "b"])
    assert await several == [b"m/a", b"m/b"]
    assert [await one, await one, await none] == [b"m/a", b"m/a", None]
    assert reader.asked == [[("m", ["a", "none", "b"])]]


async def test_one_who_asks_for_many_keys_gets_them_in_their_order_in_bounded_calls() -> None:
    reader = Reader()
    keys = [str(number) for number in range(3_333)]
    assert await ReadGathering(reader).read("m", keys) == [f"m/{key}".encode() for key in keys]
    assert max(len(keys) for requests in reader.asked for _, keys in requests) <= KEYS_PER_CALL


async def test_one_who_asks_for_few_keys_does_not_wait_for_one_who_asks_for_a_million() -> None:
    reader = Reader()
    reads = ReadGathering(reader)
    many = asyncio.create_task(reads.read("m", [str(number) for number in range(1_000_000)]))
    await until(lambda: len(reader.asked) >= 2)
    asked_before = len(reader.asked)
    assert await reads.read("m", ["few"]) == [b"m/few"]
    assert len(reader.asked) - asked_before <= 4
    many.cancel()


async def test_a_read_that_is_too_big_fails_alone() -> None:
    async def answer(requests: Requests) -> list[list[bytes | None]]:
        if any("big" in keys for _, keys in requests):
            raise HazelgateError("the answer has more than 64 MiB")
        return [[key.encode() for key in keys] for _, keys in requests]

    reads = ReadGathering(answer)
    answers = await asyncio.gather(
        reads.read("m", ["a"]), reads.read("m", ["b", "big"]), reads.read("n", ["c"]), return_exceptions=True
    )
    assert (answers[0], answers[2]) == ([b"a"], [b"c"])
    assert isinstance(answers[1], HazelgateError)


class Heard:
    """Takes what is told, unless nobody waits any more."""

    def __init__(self, *, is_done: bool = False) -> None:
        self.told: list[object] = []
        self._is_done = is_done

    def done(self) -> bool:
        return self._is_done

    def set_result(self, raw: bytes | None) -> None:
        self.told.append(raw)

    def set_exception(self, error: Exception) -> None:
        self.told.append(error)


async def test_an_entry_is_told_as_soon_as_it_is_there() -> None:
    """Nobody waits for it in a task, and whoever does not want it any more is not told."""
    reads = ReadGathering(Reader())
    one, gone = Heard(), Heard(is_done=True)
    reads.tell("m", "a", one)
    reads.tell("m", "b", gone)
    assert await reads.read("m", ["a"]) == one.told
    assert gone.told == []


async def test_one_who_is_told_hears_of_what_went_wrong() -> None:
    async def fail(_: Requests) -> list[list[bytes | None]]:
        raise PipelineUnavailable("away")

    async def fail_alone() -> list[bytes | None]:
        raise PipelineUnavailable("away")

    reads, heard = ReadGathering(fail), Heard()
    reads.tell("m", "a", heard)
    tell_later(fail_alone(), heard)
    while len(heard.told) < 2:
        await asyncio.sleep(0)
    assert [str(each) for each in heard.told] == ["away", "away"]
