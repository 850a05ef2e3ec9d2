"""
Faults that kill nobody: pools of one thread, a client that reads nothing, a full heap, slow counts, wrong clocks.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from typing import Any

from hazelgate import Catalog
from hazelgate.client.operators.rebuilds import Rebuilds, RebuildStatus
from tests.chaos.answers import Told
from tests.chaos.durable import DurableNodes
from tests.chaos.load import Client
from tests.chaos.meters import METERS, MeterRead
from tests.chaos.scene import DOMAIN, Scene
from tests.chaos.sizes import Size
from tests.support.connected import connected, handling
from tests.support.listening import LISTENS
from tests.support.many import Nodes
from tests.support.postgres import MANY, count_slowly
from tests.support.processes import Child
from tests.support.until import PATIENCE_SECONDS, eventually

CLIENTS = 12
BATCHES = 3
BATCH = 200
MEGABYTE = b"x" * 1_048_576
MORE_THAN_SOCKETS_HOLD = 16
BALLAST_PIECE = b"x" * 65_536
PIECES_IN_ONE_CALL = 64
PROBED = 60
"""Events of so many aggregates: each member has lanes of some."""


async def send_at_once(scene: Scene, nodes: Nodes, size: Size) -> None:
    """Two members just started, with one thread in each pool; 12 clients send batches of 200 to both."""
    async with contextlib.AsyncExitStack() as stack:
        clients = []
        for number in range(CLIENTS):
            cluster = await stack.enter_async_context(connected(nodes.cluster()))
            handler = await stack.enter_async_context(handling(Catalog.load(DOMAIN), cluster))
            clients.append(Client(handler, scene.log, name=f"{scene.prefix}n{number}", timeout_seconds=60.0))
        await asyncio.gather(*(_send(scene, number, client) for number, client in enumerate(clients)))


async def _send(scene: Scene, number: int, client: Client) -> None:
    for batch in range(BATCHES):
        await client.submit(
            [
                MeterRead(
                    meter_id=f"{scene.prefix}n{number}-{place}",
                    number=batch,
                    units=20,
                    district=f"{scene.prefix}d{place % 7}",
                )
                for place in range(BATCH)
            ]
        )


async def hang_gateway(scene: Scene, nodes: Nodes, size: Size) -> None:
    """SIGSTOP a client that listens: what waits for it may not fill the members' heaps, so it is disconnected."""
    topic, member = f"{scene.prefix}topic", nodes.nodes[0].address
    command = [sys.executable, "-m", "tests.support.listening", nodes.cluster_name, member, topic]
    listener = Child(command, ready=LISTENS, log=scene.logs / f"{scene.prefix}listener.log")
    await asyncio.to_thread(listener.start)
    try:
        await scene.load.run(size.seconds)
        before = (await scene.gateway.stats()).clients_disconnected
        since = time.monotonic()
        listener.pause()
        client: Any = scene.gateway._client
        published = await client.get_topic(topic)
        for _ in range(MORE_THAN_SOCKETS_HOLD):
            await published.publish(MEGABYTE)

        async def is_disconnected() -> bool:
            return (await scene.gateway.stats()).clients_disconnected > before

        await scene.recovered(since, [f"{scene.prefix}probe{number}" for number in range(5)])
        await eventually(is_disconnected)
        await scene.load.run(size.seconds)
    finally:
        listener.kill()


async def fill_heap(scene: Scene, nodes: Nodes, size: Size) -> None:
    """The heaps fill up under load until no event is taken. They are read meanwhile, and recover."""
    await scene.load.run(size.seconds)
    client: Any = scene.gateway._client
    ballast = await client.get_map(f"{scene.prefix}ballast")

    async def is_full() -> bool:
        return (await scene.gateway.stats()).heap_problem is not None

    async def is_free() -> bool:
        return not await is_full()

    calls = 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await is_full():
            await ballast.put_all({(calls, piece): BALLAST_PIECE for piece in range(PIECES_IN_ONE_CALL)})
            calls += 1
            await asyncio.sleep(0.2)
    refused = await scene.client.submit(
        [
            MeterRead(meter_id=f"{scene.prefix}full{number}", number=0, units=20, district=f"{scene.prefix}d0")
            for number in range(PROBED)
        ]
    )
    if all(each.told is Told.OK for each in refused):
        raise RuntimeError("members whose heaps are full have taken all events")
    await scene.load.run(size.seconds)
    await scene.gateway.read(METERS, [each.meter_id for each in refused])
    await ballast.destroy()
    since = time.monotonic()
    await eventually(is_free)
    await scene.recovered(since, [f"{scene.prefix}probe{number}" for number in range(5)])
    await scene.load.run(size.seconds)


async def count_for_long(scene: Scene, nodes: Nodes, size: Size) -> None:
    """All members start anew over a PostgreSQL that takes longer to count its events than sockets wait for answers."""
    assert isinstance(nodes, DurableNodes)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while scene.log.acknowledged <= MANY:  # fewer are counted as fast as ever
            await scene.load.run(0.5)
    await asyncio.to_thread(nodes.kill_members)
    await asyncio.to_thread(count_slowly, nodes.dsn)
    since = time.monotonic()
    await nodes.start_members_again()
    await scene.recovered(since, [f"{scene.prefix}probe-{number}" for number in range(5)])
    await scene.load.run(size.seconds)


async def rebuild_by_wrong_clocks(scene: Scene, nodes: Nodes, size: Size) -> None:
    """All views are built again while events come in, by members whose clocks are an hour apart."""
    await scene.load.run(size.seconds)
    rebuilds = Rebuilds(scene.gateway)
    rebuild_id = await rebuilds.start()
    async with asyncio.timeout(size.seconds + PATIENCE_SECONDS), asyncio.TaskGroup() as beside:
        ending = beside.create_task(rebuilds.wait(rebuild_id))
        await scene.load.run(size.seconds)
    ended = ending.result()
    if ended.status is not RebuildStatus.DONE:
        raise RuntimeError(f"the rebuild is {ended.status}: {ended.error}")
