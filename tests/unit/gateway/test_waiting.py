"""What a websocket waits with behaves as asyncio's own does, and holds nothing while nobody waits."""

from __future__ import annotations

import asyncio

import pytest

from hazelgate.gateway.waiting import Flag, Messages


async def test_messages_come_in_their_order() -> None:
    messages: Messages[int] = Messages()
    taking = asyncio.create_task(messages.get())
    await asyncio.sleep(0)
    for number in range(3):
        messages.put_nowait(number)
    assert [await taking, await messages.get(), await messages.get()] == [0, 1, 2]
    assert messages.empty()


async def test_one_who_waits_no_more_takes_nothing() -> None:
    messages: Messages[str] = Messages()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await messages.get()
    messages.put_nowait("kept")
    assert await messages.get() == "kept"


async def test_each_of_several_who_wait_gets_one() -> None:
    messages: Messages[int] = Messages()
    waiting = [asyncio.create_task(messages.get()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    messages.put_nowait(1)
    await asyncio.wait([waiting[0], waiting[2]], timeout=5, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(0)
    messages.put_nowait(2)
    assert [*await asyncio.wait_for(asyncio.gather(waiting[0], waiting[2]), 5)] == [1, 2]


async def test_a_flag_lets_those_go_on_that_wait_and_those_that_come() -> None:
    flag = Flag(is_set=True)
    assert await flag.wait()
    flag.clear()
    waiting = [asyncio.create_task(flag.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)
    flag.set()
    assert await asyncio.wait_for(asyncio.gather(*waiting), 5) == [True, True]
    assert flag.is_set()
