"""Readers come back with their cursors, to gateways that are killed and started again: nothing is lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import aclosing
from pathlib import Path

from hazelgate import Catalog
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.interests import EventsOf
from hazelgate.client.following.since import Told, events_since
from hazelgate.client.submitting.handler import EventHandler, Receipt
from hazelgate.client.submitting.submissions import Submission, SubmitOptions
from hazelgate.client.views.frontiers import Frontier, end_of
from hazelgate.sourcing.errors import EventError, PipelineUnavailable
from hazelgate.sourcing.ids import new_id
from tests.support.connected import connected, handling
from tests.support.ledger import AccountOpened, MoneyPaidIn
from tests.support.many import running_nodes
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


async def test_a_member_that_dies_loses_and_repeats_nothing(ledger: Catalog, tmp_path: Path) -> None:
    """It leaves events behind that are stored and not in the views yet, and its lanes go to others."""
    with running_nodes(tmp_path, 3) as nodes:
        async with (
            connected(nodes.cluster()) as cluster,
            connected(nodes.cluster()) as choosy,
            handling(ledger, cluster) as handler,
        ):
            feed, few = Feed(cluster, queue_size=1_000), Feed(choosy, queue_size=1_000)
            await feed.start()
            await few.start()
            where = await cluster.log_positions()
            got: Counter[str] = Counter()
            sequences: dict[str, int] = {}
            start = Frontier(where.log, end_of(where.settled))
            reading = asyncio.create_task(_read(feed, EventsOf(), start, got, sequences))
            # Of the others it gets marks, and a wish that a member may not know yet.
            paid: Counter[str] = Counter()
            choosing = asyncio.create_task(_read(few, EventsOf(frozenset({"MoneyPaidIn"})), start, paid, {}))
            names = [f"acc-{new_id()}" for _ in range(ACCOUNTS)]
            await handler.handle_events([Submission(AccountOpened(account_id=each, owner="Ada")) for each in names])
            killed: asyncio.Task[None] | None = None
            for round_number in range(10):
                if round_number == 3:
                    killed = asyncio.create_task(asyncio.to_thread(nodes.nodes[1].member.kill))
                await asyncio.gather(*(_paid_in(handler, each, f"{each}-{round_number}") for each in names))
            assert killed is not None
            await killed
            expected = 11 * len(names)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while got.total() < expected or paid.total() < expected - len(names):
                    for each in (reading, choosing):
                        if each.done():
                            await each  # it never ends but by a failure
                    await asyncio.sleep(0.05)
            last = await cluster.log_positions()
            reading.cancel()
            choosing.cancel()
            await feed.close()
            await few.close()
    assert last.settled > where.settled
    assert got.total() == len(got) == expected
    assert set(sequences.values()) == {11}
    assert paid.total() == len(paid) == expected - len(names)


async def _read(feed: Feed, wanted: EventsOf, after: Frontier, got: Counter[str], sequences: dict[str, int]) -> None:
    """From the place that a cursor names, anew after some events each time."""
    place = after
    while True:
        async with aclosing(events_since(feed, wanted, place)) as told:
            async for each in told:
                assert isinstance(each, Told), each
                record = each.record
                got[record.event_id] += 1
                before = sequences.get(record.aggregate_id, 0 if wanted.types is None else 1)
                assert record.sequence == before + 1, f"{record.sequence} came after {before} of {record}"
                sequences[record.aggregate_id] = record.sequence
                place = Frontier.parse("after", each.frontier.text)
                if got.total() % 70 == 0:
                    break


async def _paid_in(handler: EventHandler, account_id: str, event_id: str) -> None:
    """Until it is acknowledged: a member may have taken the answer along."""
    options = SubmitOptions(event_id=event_id)
    outcome: Receipt | EventError | None
    while True:
        try:
            [outcome] = await handler.handle_events([Submission(MoneyPaidIn(account_id=account_id, amount=1), options)])
        except PipelineUnavailable:
            outcome = None
        if isinstance(outcome, Receipt):
            return
        await asyncio.sleep(0.1)
