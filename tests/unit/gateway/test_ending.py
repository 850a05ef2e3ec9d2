"""When sockets close, once the gateway is told to end."""

from __future__ import annotations

import asyncio
from itertools import cycle

from hazelgate.gateway.ending import Ending
from hazelgate.gateway.graphql.deadlines import Deadlines


async def test_each_socket_has_a_moment_of_its_own() -> None:
    closed: list[str] = []
    ending = Ending(Deadlines(30), cycle([0.9, 0.0, 0.5]).__next__)
    with (
        ending.closing(lambda: closed.append("last")),
        ending.closing(lambda: closed.append("first")),
        ending.closing(lambda: closed.append("second")),
    ):
        ending.begin(0.1)
        while len(closed) < 3:
            await asyncio.sleep(0.01)
    assert closed == ["first", "second", "last"]


async def test_a_socket_that_has_closed_by_itself_is_left_alone() -> None:
    closed: list[str] = []
    ending = Ending(Deadlines(30), lambda: 0.0)
    with ending.closing(lambda: closed.append("gone")):
        pass
    ending.begin(0.0)
    await asyncio.sleep(0.01)
    assert closed == []


async def test_a_socket_that_comes_meanwhile_closes_too() -> None:
    closed = asyncio.Event()
    ending = Ending(Deadlines(30))
    ending.begin(0.01)
    with ending.closing(closed.set):
        await asyncio.wait_for(closed.wait(), 5)
    assert ending.has_begun
