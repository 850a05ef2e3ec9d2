"""Entries at random instants, against what was read then: with old versions, dead letters and decisions in the log."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.dead_letters import DeadLetters
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.operations.commands.show import entry_then
from hazelgate.operations.transfer.into_cluster import import_into
from hazelgate.operations.transfer.lines import last_line, read_lines
from hazelgate.operations.transfer.postgres import import_events
from hazelgate.sourcing import clock
from hazelgate.sourcing.errors import EventDeadLettered
from hazelgate.sourcing.ids import cursor
from tests.support.accounts import PATIENT, open_accounts
from tests.support.connected import connected, handling
from tests.support.ledger import ACCOUNTS, ALWAYS_FAILS, MOODY, OWNERS, SOON_PASSES, MoneyPaidIn
from tests.support.postgres import Postgres
from tests.support.stack import running_stack
from tests.support.until import eventually

STEPS = 60
ASKED = 25
OWNED = {"a1": "ann", "a2": "ann", "m1": f"{MOODY}max", "m2": f"{MOODY}max"}
"""Accounts that are watched, and whose they are."""
KEYS = [*((ACCOUNTS, each) for each in OWNED), *((OWNERS, each) for each in sorted({*OWNED.values()}))]

Moments = list[tuple[str, list[Any]]]


def old_log() -> list[bytes]:
    """What a release that knew version 1 of payments left: the lines of an export."""
    lines: list[bytes] = []
    position = 1_700_000_000_000_000
    for number, (account, owner) in enumerate(OWNED.items()):
        opened = ("AccountOpened", {"accountId": account, "owner": owner})
        paid = ("MoneyPaidIn", {"accountId": account, "sum": number + 1, "owner": owner})
        for sequence, (event_type, data) in enumerate((opened, paid) if owner == "ann" else (opened,), 1):
            position += 1_000_000
            at = f"2023-11-14T22:13:{20 + len(lines)}.000000Z"
            event_id = f"old-{account}-{sequence}"
            record = {"persistedAt": at, "cursor": cursor(position, 5), "lane": 5, "position": position}
            record |= {"eventId": event_id, "eventType": event_type, "eventVersion": 1, "aggregateType": "Account"}
            record |= {"aggregateId": account, "sequence": sequence, "correlationId": event_id, "source": "old"}
            record |= {"timestamp": at, "receivedAt": at, "metadata": {}, "data": data}
            text = json.dumps({"hash": event_id, "record": record}, separators=(",", ":"))
            lines.append(text.encode() + b"\n")
    return [*lines, last_line(len(lines))]


async def entries(cluster: HazelcastCluster) -> list[Any]:
    return [seen((await cluster.read(view, [key]))[0]) for view, key in KEYS]


async def shown_as(cluster: HazelcastCluster, state: list[Any]) -> bool | None:
    return (await entries(cluster) == state) or None


def seen(raw: bytes | None) -> Any:
    """What readers see of an entry."""
    entry = json.loads(raw or b"null")
    meta = entry.pop("_meta") if entry else {}
    return None if meta.get("absent") else entry


async def use(cluster: HazelcastCluster, handler: EventHandler, chance: random.Random) -> Moments:
    """Pay at random; some payments can't be taken, and operators decide about them. What there was after each step."""
    letters = DeadLetters(cluster)
    waiting: list[str] = []
    early = asyncio.create_task(handler.handle_event(MoneyPaidIn(account_id="m1", amount=SOON_PASSES), PATIENT))
    await handler.handle_event(MoneyPaidIn(account_id="m2", amount=1), PATIENT)
    await early
    moments: Moments = []
    for _ in range(STEPS):
        deed = chance.choice(["pay", "pay", "pay", "fail", "discard", "edit"])
        if deed in ("discard", "edit") and waiting:
            letter = waiting.pop(0)
            if deed == "discard":
                await letters.discard(letter, "of no use")
            else:
                data = {"accountId": (await letters.one(letter)).event_key.partition("@")[2], "amount": 3}
                await letters.edit(letter, json.dumps({**data, "owner": f"{MOODY}max"}).encode())
        elif deed == "fail" and not waiting:
            with pytest.raises(EventDeadLettered) as dead:
                await handler.handle_event(MoneyPaidIn(account_id="m1", amount=ALWAYS_FAILS), PATIENT)
            waiting.append(dead.value.dead_letter_id)
        else:
            account = chance.choice([each for each in OWNED if each != "m1" or not waiting])
            await handler.handle_event(MoneyPaidIn(account_id=account, amount=chance.randint(1, 9)), PATIENT)
        await asyncio.sleep(0.002)  # the next event is stored in a later instant than this state was seen in
        moments.append((clock.now(), await entries(cluster)))
        await asyncio.sleep(0.002)
    return moments


async def differing(cluster: HazelcastCluster, catalog: Catalog, moments: Moments, chance: random.Random) -> list[Any]:
    """Random instants asked for again, where what is said differs from what was seen."""
    found = []
    for at, was in chance.sample(moments, ASKED):
        said = [seen(await entry_then(cluster, catalog, view, key, at)) for view, key in KEYS]
        if said != was:
            found.append((at, was, said))
    return found


async def watched(cluster: HazelcastCluster, catalog: Catalog) -> Moments:
    """What was seen while others wrote, too."""
    chance = random.Random(11)
    async with handling(catalog, cluster) as handler:
        others = asyncio.create_task(open_accounts(handler, 100, payments=5, owner="noise"))
        moments = await use(cluster, handler, chance)
        await others
    return moments


async def test_in_memory_each_instant_is_shown_as_it_was(ledger: Catalog, tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        async with connected(stack.cluster()) as cluster:
            assert await import_into(cluster, read_lines(old_log()), lambda done: None) == (6, 0)
            moments = await watched(cluster, ledger)
            assert await differing(cluster, ledger, moments, random.Random(12)) == []


async def test_with_postgresql_each_instant_is_shown_as_it_was_after_everything_was_killed_too(
    ledger: Catalog, postgres: Postgres, tmp_path: Path
) -> None:
    """The maps hold a few of the events, and then those of another run."""
    dsn = postgres.new_database()
    assert import_events(dsn, read_lines(old_log())) == (6, 0)
    with running_stack(tmp_path, postgres_dsn=dsn, recent_events=20) as stack:
        async with connected(stack.cluster()) as cluster:
            moments = await watched(cluster, ledger)
            assert await differing(cluster, ledger, moments, random.Random(12)) == []
        stack.member.kill()
        stack.projector.kill()
    with running_stack(tmp_path, postgres_dsn=dsn, recent_events=20) as stack:
        async with connected(stack.cluster()) as cluster:
            # The payment that had to be tried again at first is tried again a moment after the start, too.
            await eventually(lambda: shown_as(cluster, moments[-1][1]))
            assert await differing(cluster, ledger, moments, random.Random(13)) == []
