"""What others do costs a member a bounded part of its memory; where it is full all the same, it lives and is read."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.sourcing.errors import PipelineOverloaded
from hazelgate.sourcing.ids import new_id
from tests.support.connected import connected, handling
from tests.support.ledger import ACCOUNTS, AccountOpened
from tests.support.listening import INTERRUPTED, LISTENS
from tests.support.processes import Child
from tests.support.stack import Stack, running_stack
from tests.support.until import eventually

TOPIC = "of-a-client-that-stops"
MEGABYTE = b"x" * 1_048_576
MORE_THAN_SOCKETS_HOLD = 16
MORE_THAN_MAY_WAIT = 64
BALLAST = "ballast"
BALLAST_PIECE = b"x" * 65_536
PIECES_IN_ONE_CALL = 64
MOST_CALLS = 128
"""As many as the whole heap: the member is full before."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("bounded")) as stack:
        yield stack


@pytest.fixture(scope="module")
async def cluster(stack: Stack) -> AsyncIterator[HazelcastCluster]:
    async with connected(stack.cluster()) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def handler(ledger: Catalog, cluster: HazelcastCluster) -> AsyncIterator[EventHandler]:
    async with handling(ledger, cluster) as handler:
        yield handler


@pytest.fixture
def listener(stack: Stack, tmp_path: Path) -> Iterator[Child]:
    command = [sys.executable, "-m", "tests.support.listening", stack.cluster_name, stack.address, TOPIC]
    child = Child(command, ready=LISTENS, log=tmp_path / "listener.log")
    child.start()
    try:
        yield child
    finally:
        child.kill()


@pytest.mark.parametrize(
    ("megabytes", "said"),
    [(MORE_THAN_SOCKETS_HOLD, "it has read nothing for"), (MORE_THAN_MAY_WAIT, "MiB wait for it")],
)
async def test_a_client_that_reads_nothing_is_disconnected_and_hears_so_when_it_goes_on(
    stack: Stack, cluster: HazelcastCluster, listener: Child, megabytes: int, said: str
) -> None:
    before = (await cluster.stats()).clients_disconnected
    client: Any = cluster._client
    topic = await client.get_topic(TOPIC)
    listener.pause()
    for _ in range(megabytes):
        await topic.publish(MEGABYTE)

    async def is_disconnected() -> bool:
        return (await cluster.stats()).clients_disconnected == before + 1

    await eventually(is_disconnected)
    assert said in stack.member.output()
    listener.resume()

    async def has_heard() -> bool:
        return INTERRUPTED in listener.output()

    await eventually(has_heard)


async def test_a_member_whose_heap_is_full_takes_no_events_is_read_and_recovers(
    cluster: HazelcastCluster, handler: EventHandler
) -> None:
    account = new_id()
    await handler.handle_event(AccountOpened(account_id=account, owner="ann"))
    client: Any = cluster._client
    ballast = await client.get_map(BALLAST)

    async def is_full() -> bool:
        return (await cluster.stats()).heap_problem is not None

    calls = 0
    while not await is_full():
        assert calls < MOST_CALLS
        await ballast.put_all({(calls, piece): BALLAST_PIECE for piece in range(PIECES_IN_ONE_CALL)})
        calls += 1
        await asyncio.sleep(0.05 if calls < MOST_CALLS / 2 else 0.3)  # a collection is looked at a moment later
    with pytest.raises(PipelineOverloaded):
        await handler.handle_event(AccountOpened(account_id=new_id(), owner="ann"))
    assert (await cluster.read(ACCOUNTS, [account]))[0] is not None
    await ballast.destroy()

    async def takes_events() -> bool:
        try:
            await handler.handle_event(AccountOpened(account_id=new_id(), owner="ann"))
        except PipelineOverloaded:
            return False
        return True

    await eventually(takes_events)
    assert not await is_full()
