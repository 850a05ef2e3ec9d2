"""A view's name leads to its live generation, for reads and for queries, from one moment to the next."""

from __future__ import annotations

import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.queries import EntryQuery
from hazelgate.sourcing.ids import new_id
from hazelgate.testing.memory.generations import VIEW_GENERATIONS
from tests.support.maps import Put
from tests.support.until import eventually


async def test_a_view_is_read_in_its_live_generation(cluster: Cluster, put: Put) -> None:
    view = f"{new_id()}-view"
    await put(view, "k", {"shelf": "old"})
    await put(f"g2.{view}", "k", {"shelf": "new"})
    before = (await cluster.read(view, ["k"]))[0]
    await put(VIEW_GENERATIONS, view, {"live": f"g2.{view}", "previous": view})

    async def is_switched() -> bool:
        entry = (await cluster.read(view, ["k"]))[0]
        return bool(msgspec.json.decode(entry or b"{}") == {"shelf": "new"})

    assert msgspec.json.decode(before or b"{}") == {"shelf": "old"}
    await eventually(is_switched)
    page = await cluster.query(EntryQuery(map_name=view))
    assert [msgspec.json.decode(each.entry) for each in page.entries] == [{"shelf": "new"}]
