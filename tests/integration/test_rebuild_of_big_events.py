"""Batches of a rebuild that are cut by their bytes are not the end of the log."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from hazelcast.asyncio import HazelcastClient

from hazelgate import Catalog
from hazelgate.client.operators.rebuilds import Rebuilds, RebuildStatus
from hazelgate.client.submitting.handler import Receipt, Submission
from tests.support.accounts import PATIENT
from tests.support.connected import connected, handling
from tests.support.parcels import PARCELS, ParcelSent
from tests.support.stack import running_stack

EVENTS = 400
EVENTS_PER_SECOND = 500
"""A batch of a tenth of a second has 50 events, and with these contents more than the 4 MiB that one may have."""
CONTENTS = "x" * 100_000


async def test_a_rebuild_has_caught_up_only_at_the_end_of_the_log(tmp_path: Path) -> None:
    """Else the gates would close over the rest, however long that is, and its speed would not be kept to."""
    catalog = Catalog.load("tests.support.parcels")
    with running_stack(tmp_path, domain="tests.support.parcels") as stack:
        async with connected(stack.cluster()) as cluster, handling(catalog, cluster) as handler:
            for begin in range(0, EVENTS, 50):
                parcels = [ParcelSent(parcel_id=f"p{n}", contents=CONTENTS) for n in range(begin, begin + 50)]
                sent = await handler.handle_events([Submission(each, PATIENT) for each in parcels])
                assert all(isinstance(each, Receipt) for each in sent)
            rebuilds = Rebuilds(cluster)
            rebuild_id = await rebuilds.start([PARCELS], events_per_second=EVENTS_PER_SECOND)
            waiting = asyncio.create_task(rebuilds.wait(rebuild_id))
            folded_when_caught_up: set[int] = set()
            client = await HazelcastClient.create_and_start(
                cluster_name=stack.cluster_name, cluster_members=[stack.address]
            )
            try:
                progress: Any = await client.get_map("rebuild-progress")
                while not waiting.done():
                    for said in await progress.values():
                        part = msgspec.json.decode(said.to_string())
                        if part.get("caughtUpAt"):
                            folded_when_caught_up.add(part["events"])
                    await asyncio.sleep(0.005)
            finally:
                await client.shutdown()
            rebuild = await waiting
            assert rebuild.status is RebuildStatus.DONE, rebuild.error
            assert rebuild.events == EVENTS
            assert folded_when_caught_up <= {EVENTS}
