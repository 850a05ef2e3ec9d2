"""Where the log stands: what readers who follow it rely on, in memory as with a member."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing

import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.interests import EventsOf
from hazelgate.client.following.log_pages import LogWindow, read_log
from hazelgate.client.following.since import Told, events_since
from hazelgate.client.reads import ClusterReads
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.client.submitting.submissions import Submission
from hazelgate.client.views.frontiers import Frontier, end_of
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord
from hazelgate.sourcing.ids import new_id, store_key
from tests.support.ledger import AccountOpened
from tests.support.until import PATIENCE_SECONDS

OPENED = "AccountOpened"


def opened(name: str) -> Submission:
    return Submission(AccountOpened(account_id=name, owner="Ada"))


async def record_of(cluster: Cluster, handler: EventHandler) -> EventRecord:
    """A new event of the log."""
    name = f"acc-{new_id()}"
    await handler.handle_event(opened(name).event)
    [raw] = await cluster.read(EVENT_STORE, [store_key("Account", 1, name)])
    assert raw is not None
    return msgspec.json.decode(raw, type=EventRecord)


async def test_an_event_that_is_through_is_settled_and_none_comes_below(
    cluster: Cluster, handler: EventHandler
) -> None:
    first = await record_of(cluster, handler)
    async with asyncio.timeout(PATIENCE_SECONDS):
        # An event that a run of the pipeline found as it began counts once it is cleaned up.
        while (where := await cluster.log_positions()).settled < first.position:
            await asyncio.sleep(0.01)
    assert where.settled <= where.reached
    second = await record_of(cluster, handler)
    assert second.position > where.reached


async def test_a_log_keeps_its_name(cluster: Cluster, handler: EventHandler) -> None:
    one = (await cluster.log_positions()).log
    await record_of(cluster, handler)
    assert one
    assert (await cluster.log_positions()).log == one


async def test_who_polls_pages_while_others_write_sees_every_event_once(
    cluster: Cluster, handler: EventHandler
) -> None:
    """19 and 137 of 9,000 events were missing."""
    start = Frontier((await cluster.log_positions()).log, end_of((await cluster.log_positions()).settled))
    names = [f"acc-{new_id()}" for _ in range(1_000)]
    writing = asyncio.gather(
        *(_write(handler, names[first : first + 100]) for first in range(0, len(names), 100)),
    )
    reads = ClusterReads(cluster, max_scanned_entries=100_000)
    got: list[str] = []
    cursor = start.text
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(got) < len(names):
            asked = LogWindow.of(await cluster.log_positions(), first=37, after=cursor)
            records, _ = await read_log(reads, asked, None)
            got += (each.aggregate_id for each in records)
            cursor = asked.cursor(records[-1]) if records else cursor
            await asyncio.sleep(0)
    await writing
    assert sorted(got) == sorted(names)


async def _write(handler: EventHandler, names: list[str]) -> None:
    for first in range(0, len(names), 10):
        await handler.handle_events([opened(name) for name in names[first : first + 10]])
        await asyncio.sleep(0)


async def test_a_reader_that_breaks_off_at_random_misses_and_repeats_nothing(
    cluster: Cluster, handler: EventHandler
) -> None:
    """It goes on with another process, each time from its last cursor."""
    chance = random.Random(16)
    feeds = [Feed(cluster, queue_size=50) for _ in range(2)]
    for feed in feeds:
        await feed.start()
    where = await cluster.log_positions()
    place = Frontier(where.log, end_of(where.settled))
    names = [f"acc-{new_id()}" for _ in range(1_000)]
    writing = asyncio.gather(*(_write(handler, names[first : first + 100]) for first in range(0, len(names), 100)))
    got: list[str] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(got) < len(names):
            most = chance.randrange(1, 120)
            stream = events_since(chance.choice(feeds), EventsOf(frozenset({OPENED})), place)
            async with aclosing(stream) as told:
                async for each in told:
                    assert isinstance(each, Told), each
                    got.append(each.record.aggregate_id)
                    place = Frontier.parse("after", each.frontier.text)
                    most -= 1
                    if most == 0 or len(got) == len(names):
                        break
    await writing
    for feed in feeds:
        await feed.close()
    assert sorted(got) == sorted(names)
