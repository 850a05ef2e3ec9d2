"""Reads of which members answer what is selected: gathered, bounded, and each for itself."""

from __future__ import annotations

import asyncio

import pytest

from hazelgate.client.reading.gathering import KEYS_PER_CALL
from hazelgate.client.reading.selecting import Request, SelectGathering
from hazelgate.sourcing.errors import HazelgateError


class Member:
    """Answers each key as a string; `odd` is otherwise, and `big` too big."""

    def __init__(self) -> None:
        self.asked: list[list[Request]] = []

    async def __call__(self, requests: list[Request]) -> list[bytes | None]:
        self.asked.append(requests)
        await asyncio.sleep(0)
        if any("big" in keys for _, keys, _ in requests):
            raise HazelgateError("the answer has more than 64 MiB")
        return [None if "odd" in keys else f"[{','.join(keys)}]".encode() for _, keys, _ in requests]


async def test_those_who_ask_at_once_share_a_call() -> None:
    member = Member()
    gathering = SelectGathering(member)
    asked = [gathering.select("m", ["1"], "s"), gathering.select("m", ["1", "2"], "t"), gathering.select("n", [], "s")]
    assert await asyncio.gather(*asked) == [b"[1]", b"[1,2]", b"[]"]
    assert member.asked == [[("m", ["1"], "s"), ("m", ["1", "2"], "t")]]


async def test_many_keys_are_asked_for_in_bounded_calls_and_come_in_their_order() -> None:
    member = Member()
    keys = [str(number) for number in range(3_333)]
    assert await SelectGathering(member).select("m", keys, "s") == f"[{','.join(keys)}]".encode()
    assert max(sum(len(keys) for _, keys, _ in requests) for requests in member.asked) <= KEYS_PER_CALL


async def test_where_one_part_is_otherwise_there_is_nothing() -> None:
    keys = [str(number) for number in range(1_999)]
    assert await SelectGathering(Member()).select("m", [*keys, "odd"], "s") is None


async def test_one_that_is_too_big_fails_alone() -> None:
    gathering = SelectGathering(Member())
    asked = [gathering.select("m", ["1"], "s"), gathering.select("m", ["2", "big"], "s")]
    one, big = await asyncio.gather(*asked, return_exceptions=True)
    assert one == b"[1]"
    assert isinstance(big, HazelgateError)


async def test_what_is_closed_answers_nobody() -> None:
    gathering = SelectGathering(Member())
    asked = asyncio.create_task(gathering.select("m", ["1"], "s"))
    await asyncio.sleep(0)
    gathering.close()
    with pytest.raises(HazelgateError):
        await asked
