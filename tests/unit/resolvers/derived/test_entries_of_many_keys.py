"""Many entries are made with pauses: one operation does not keep the process from all others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hazelgate import Catalog
from hazelgate.resolvers.derived.entries import load_all
from hazelgate.resolvers.requests import RequestReads
from hazelgate.testing.memory import MemoryCluster
from tests.support.others import others_counted

CUSTOMERS = "customer-view"


async def test_others_have_their_turn_while_many_entries_are_made() -> None:
    catalog = Catalog.load("hazelgate.domain")
    cluster = MemoryCluster.of(catalog)
    await cluster.start()
    keys = [f"c{number}" for number in range(1_000)]
    cluster.engine.map(CUSTOMERS).update({key: b'{"_meta":{},"name":"%b"}' % key.encode() for key in keys[:900]})
    context = SimpleNamespace(reads=RequestReads(cluster, max_scanned_entries=1))
    info: Any = SimpleNamespace(context=context)
    async with others_counted() as turns:
        found = await load_all(info, catalog.views[CUSTOMERS], keys)
    assert [each and each.data["name"] for each in found] == [*keys[:900], *[None] * 100]
    assert turns.count >= 9
