"""Readers with cursors: connections break at random, and gateways are killed, while events are written."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from tests.chaos.answers import Told
from tests.chaos.checking import Broken, Violation
from tests.chaos.meters import MeterRead
from tests.chaos.scene import DOMAIN, Scene
from tests.support.many import Nodes
from tests.support.resumers import Reader, Served, kill_at_random

GATEWAYS = 3
READERS = 6
METERS = 500
BULK = 250
KILL_SECONDS = 4.0
SILENT_SECONDS = 30.0
LONGEST_CONNECTION = 2_000
"""Events, after which a reader breaks off."""


async def read_through_kills(scene: Scene, nodes: Nodes, events: int) -> list[Violation]:
    """Write so many events; what readers have missed, got twice or been told of as a gap."""
    chance = random.Random(scene.prefix)
    gateways = [
        Served(
            nodes.cluster_name,
            nodes.addresses,
            scene.logs / f"{scene.prefix}gateway-{number}.log",
            HAZELGATE_DOMAIN=DOMAIN,
        )
        for number in range(GATEWAYS)
    ]
    began = time.monotonic()
    beside: list[asyncio.Task[Any]] = []
    try:
        for gateway in gateways:
            await asyncio.to_thread(gateway.process.start)
        readers = [
            Reader(gateways, chance, await gateways[number % GATEWAYS].cursor(), most=LONGEST_CONNECTION)
            for number in range(READERS)
        ]
        expected: asyncio.Future[set[str]] = asyncio.get_running_loop().create_future()
        killing = asyncio.create_task(kill_at_random(gateways, chance, KILL_SECONDS))
        reading = [asyncio.create_task(reader.read(expected)) for reader in readers]
        beside += [killing, *reading]
        expected.set_result(await _write(scene, events))
        await _all_has_come(readers, reading)
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        for gateway in gateways:
            gateway.process.kill()
    return _judged(readers, expected.result(), killing.result(), time.monotonic() - began)


async def _all_has_come(readers: list[Reader], reading: list[asyncio.Task[None]]) -> None:
    """Return when each reader has all, or when nothing has come for long: what is missing then is missed."""
    came = -1
    while (now := sum(reader.got.total() for reader in readers)) > came:
        came = now
        _, left = await asyncio.wait(reading, timeout=SILENT_SECONDS)
        if not left:
            break


async def _write(scene: Scene, events: int) -> set[str]:
    written: set[str] = set()
    for start in range(0, events, BULK):
        readings = [
            MeterRead(
                meter_id=f"{scene.prefix}w{number % METERS}",
                number=number // METERS,
                units=100,
                district=f"{scene.prefix}d{number % 7}",
            )
            for number in range(start, min(events, start + BULK))
        ]
        answers = await scene.client.submit(readings)
        for place, answer in enumerate(answers):
            while answer.told is not Told.OK:
                answer = answers[place] = await scene.client.again(answer)
            written.add(answer.event_id)
    return written


def _judged(readers: list[Reader], written: set[str], kills: int, seconds: float) -> list[Violation]:
    missed = sum(reader.missed(written) for reader in readers)
    repeated = sum(reader.repeated for reader in readers)
    gaps = [reason for reader in readers for reason in reader.gaps]
    disorders = sum(reader.disorders for reader in readers)
    connections = sum(reader.breaks for reader in readers)
    print(
        f"    {len(written):,} events, {len(readers)} readers, {connections:,} connections, "
        f"{kills} gateways killed, {seconds:.0f} s: {missed:,} missed, {repeated:,} repeated, "
        f"{disorders:,} out of order, {len(gaps):,} discontinuities",
        flush=True,
    )
    found = {"missed": missed, "repeated": repeated, "out of order": disorders, "discontinuities": len(gaps)}
    return [Violation(Broken.STREAM, f"{count:,} {what} ({gaps[:1]})") for what, count in found.items() if count]
