"""Guards that hold (I9) where each rests on two entries, and rivals want the same two in either order."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator

import pytest

from hazelgate import Catalog
from hazelgate.client.submitting.handler import Receipt, Submission
from hazelgate.sourcing.errors import EventRejected
from hazelgate.sourcing.ids import new_id
from tests.support import raw
from tests.support.connected import connected, handling
from tests.support.many import Nodes, running_nodes
from tests.support.transfers import BalanceOpened, TransferMade
from tests.support.until import until

DOMAIN = "tests.support.transfers"
ACCOUNTS, EACH, CALLERS, TRANSFERS = 4, 100, 6, 60


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with running_nodes(tmp_path_factory.mktemp("transfers"), 3, domain=DOMAIN) as nodes:
        yield nodes


async def test_no_account_is_overdrawn_and_all_transfers_are_answered(nodes: Nodes) -> None:
    """Nobody waits for one another: each event has both of its claims, or holds none."""
    chance = random.Random(3)
    catalog = Catalog.load(DOMAIN)
    async with connected(nodes.cluster()) as cluster, handling(catalog, cluster) as handler:
        await until(lambda: cluster.state().members == 3)
        accounts = [new_id() for _ in range(ACCOUNTS)]
        opened = await handler.handle_events(
            [Submission(BalanceOpened(account_id=each, amount=EACH)) for each in accounts]
        )
        assert all(isinstance(each, Receipt) for each in opened)

        def transfer() -> TransferMade:
            source, target = chance.sample(accounts, 2)
            return TransferMade(transfer_id=new_id(), from_id=source, to_id=target, amount=chance.randint(20, 90))

        async def call() -> list[object]:
            return list(await handler.handle_events([Submission(transfer()) for _ in range(TRANSFERS)]))

        answers = [each for answer in await asyncio.gather(*(call() for _ in range(CALLERS))) for each in answer]
        assert {type(each) for each in answers} == {Receipt, EventRejected}
        balances = [json.loads(text) for text in (await raw.entries(cluster, "balance-view")).values()]
    assert sum(each["amount"] for each in balances) == ACCOUNTS * EACH
    assert [each["lowest"] for each in balances if each["lowest"] < 0] == []
