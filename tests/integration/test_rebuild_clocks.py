"""Views built anew by members whose clocks are wrong."""

from __future__ import annotations

from pathlib import Path

from hazelgate import Catalog
from hazelgate.client.operators.rebuilds import Rebuilds, RebuildStatus
from tests.support.accounts import check_balances, open_accounts
from tests.support.connected import connected, handling
from tests.support.ledger import ACCOUNTS
from tests.support.many import running_nodes
from tests.support.until import eventually

HOUR_MS = 3_600_000


async def test_a_rebuild_ends_with_one_clock_an_hour_ahead_and_one_behind(ledger: Catalog, tmp_path: Path) -> None:
    with running_nodes(tmp_path, 3, offsets_ms=(-HOUR_MS, 0, HOUR_MS)) as nodes:
        async with connected(nodes.cluster()) as cluster, handling(ledger, cluster) as handler:
            await open_accounts(handler, 30)
            rebuilds = Rebuilds(cluster)
            rebuild_id = await rebuilds.start([ACCOUNTS])

            async def is_done() -> bool:
                return (await rebuilds.find(rebuild_id)).status is RebuildStatus.DONE

            await eventually(is_done)
            await check_balances(cluster)
