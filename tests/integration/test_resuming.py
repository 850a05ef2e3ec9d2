"""Readers come back with their cursors, to gateways that are killed and started again: nothing is lost."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from hazelgate import Catalog
from hazelgate.client.submitting.submissions import Submission
from hazelgate.sourcing.ids import new_id
from tests.support.connected import connected, handling
from tests.support.ledger import AccountOpened, MoneyPaidIn
from tests.support.resumers import Reader, Served, kill_at_random
from tests.support.stack import Stack
from tests.support.until import PATIENCE_SECONDS

EVENTS = 3_000
ACCOUNTS = 100
DOMAIN = {"HAZELGATE_DOMAIN": "tests.support.ledger"}


async def test_random_disconnects_and_killed_gateways_lose_and_repeat_nothing(
    ledger: Catalog, stack: Stack, tmp_path: Path
) -> None:
    gateways = [
        Served(stack.cluster_name, [stack.address], tmp_path / f"gateway-{number}.log", **DOMAIN) for number in range(2)
    ]
    chance = random.Random(16)
    try:
        for gateway in gateways:
            await asyncio.to_thread(gateway.process.start)
        types = ["AccountOpened", "MoneyPaidIn"]
        readers = [Reader(gateways, chance, await gateway.cursor(), types) for gateway in gateways * 2]
        expected: asyncio.Future[set[str]] = asyncio.get_running_loop().create_future()
        killing = asyncio.create_task(kill_at_random(gateways, chance, 1.0))
        async with connected(stack.cluster()) as cluster, handling(ledger, cluster) as handler:
            reading = [asyncio.create_task(reader.read(expected)) for reader in readers]
            names = [f"acc-{new_id()}" for _ in range(ACCOUNTS)]
            written: set[str] = set()
            for round_number in range(EVENTS // ACCOUNTS):
                submissions = [
                    Submission(AccountOpened(account_id=each, owner="Ada"))
                    if round_number == 0
                    else Submission(MoneyPaidIn(account_id=each, amount=1))
                    for each in names
                ]
                for receipt in await handler.handle_events(submissions):
                    assert receipt.event_id is not None
                    written.add(receipt.event_id)
            expected.set_result(written)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*reading)
            killing.cancel()
            assert await killing > 0
    finally:
        for gateway in gateways:
            gateway.process.kill()
    for reader in readers:
        assert (reader.missed(written), reader.repeated, reader.gaps) == (0, 0, [])
        assert reader.breaks > 1
