"""Members whose executors have one thread each: whoever waits on such a thread for another one waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hazelgate import Catalog
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.operations.member import MemberOptions
from hazelgate.sourcing.ids import new_id
from tests.support.connected import connected, handling
from tests.support.ledger import ACCOUNTS, AccountOpened
from tests.support.many import Nodes, narrow, running_nodes

CLIENTS = 12
BATCHES = 3
BATCH = 200


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    """Two members, just started."""
    with running_nodes(tmp_path, 2, options=MemberOptions(config=narrow(tmp_path))) as nodes:
        yield nodes


async def _send(handler: EventHandler) -> list[str]:
    """The accounts that were opened by several batches, each of them answered."""
    opened = []
    for _ in range(BATCHES):
        accounts = [new_id() for _ in range(BATCH)]
        options = SubmitOptions(timeout_seconds=60.0)
        outcomes = await handler.handle_events(
            [Submission(AccountOpened(account_id=each, owner="ann"), options) for each in accounts]
        )
        assert [each for each in outcomes if not isinstance(each, Receipt)] == []
        opened += accounts
    return opened


async def test_many_clients_that_send_at_once_hold_nobody_up(ledger: Catalog, nodes: Nodes) -> None:
    """Each sends events of both members' lanes, so that each member sends on to the other while it is asked itself."""
    async with contextlib.AsyncExitStack() as stack:
        clusters = [await stack.enter_async_context(connected(nodes.cluster())) for _ in range(CLIENTS)]
        handlers = [await stack.enter_async_context(handling(ledger, each)) for each in clusters]
        sent = await asyncio.gather(*map(_send, handlers))
        for cluster, accounts in zip(clusters, sent, strict=True):
            assert None not in await cluster.read(ACCOUNTS, accounts)
