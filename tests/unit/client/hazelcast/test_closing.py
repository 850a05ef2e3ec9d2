"""A cluster is closed whatever its client makes of that."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import warnings
from typing import Any

import pytest

from hazelgate.client.hazelcast import cluster as module
from hazelgate.client.hazelcast.cluster import HazelcastCluster


class TakesTheEndForALostConnection:
    """As Hazelcast's client does that is cancelled while it opens a connection: it tries the next address."""

    def __init__(self, config: object) -> None:
        self.is_shut_down = False

    async def _start(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3_600)
        await asyncio.sleep(3_600)

    async def shutdown(self) -> None:
        self.is_shut_down = True


async def test_closing_ends_a_client_that_swallows_the_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was waited for without end: a command that found no cluster hung, now and then."""
    made: list[TakesTheEndForALostConnection] = []

    def make(config: object) -> TakesTheEndForALostConnection:
        made.append(TakesTheEndForALostConnection(config))
        return made[-1]

    monkeypatch.setattr(module, "HazelcastClient", make)
    cluster = HazelcastCluster()
    await cluster.start()
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await cluster.close()
    assert [client.is_shut_down for client in made] == [True]


class OneMember(HazelcastCluster):
    """Connected to one member, which answers nothing."""

    def _data_members(self) -> list[Any]:
        return [object()]

    async def _run_on(self, member: Any, task: Any) -> bytes:
        await asyncio.sleep(3_600)
        return b""


async def test_a_poll_that_is_cancelled_as_it_begins_leaves_nothing_behind() -> None:
    """No coroutine that was never awaited: Python warns of one whenever it is collected, in whichever test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        polling = asyncio.create_task(OneMember()._poll())
        await asyncio.sleep(0)
        polling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await polling
        del polling
        gc.collect()
