"""Values that several hold, since they were stored before the domain called them unique."""

from __future__ import annotations

import copy

import msgspec
import pytest

from hazelgate import Catalog
from hazelgate.client.cluster import Cluster
from hazelgate.client.operators.uniqueness import examine_uniqueness
from hazelgate.client.submitting.handler import Receipt, Submission
from hazelgate.projector.process import Processor
from hazelgate.sourcing.errors import EventRejected
from hazelgate.testing.memory import MemoryCluster
from tests.support.connected import handling
from tests.support.tokens import TokenNamed

VIEW = "unique-Token-name"


class WithRecords(MemoryCluster):
    """A cluster in memory that says of its views how they stand."""

    incomplete = False

    async def maintain_views(self, request: bytes) -> bytes:
        views = [{"view": name, "live": name, "incomplete": self.incomplete} for name in ("token-view", VIEW)]
        return msgspec.json.encode({"rebuilds": [], "views": views})


@pytest.fixture
def catalog() -> Catalog:
    return Catalog.load("tests.support.tokens")


@pytest.fixture
async def cluster(catalog: Catalog) -> WithRecords:
    """Its events were stored while nothing was unique: 600 names are of two tokens each, one is of three."""
    before = copy.copy(catalog)
    before.guards = ()
    cluster = WithRecords(Processor(before))
    await cluster.start()
    said = [(f"{who}{name}", str(name)) for name in range(600) for who in "ab"] + [("c1", "1"), ("d", "alone")]
    assert set(map(type, await _named(catalog, cluster, *said))) == {Receipt}
    return cluster


async def _named(catalog: Catalog, cluster: Cluster, *said: tuple[str, str]) -> list[object]:
    async with handling(catalog, cluster) as handler:
        return list(
            await handler.handle_events([Submission(TokenNamed(token_id=who, name=name)) for who, name in said])
        )


async def test_values_that_several_hold_are_counted(cluster: WithRecords) -> None:
    [finding] = await examine_uniqueness(cluster)
    assert finding.warning
    assert finding.text == f"{VIEW}: values that several aggregates hold: 600"
    await cluster.close()


async def test_one_that_was_given_up_is_no_matter(catalog: Catalog, cluster: WithRecords) -> None:
    await _named(catalog, cluster, *((f"a{name}", f"new {name}") for name in range(600)))
    [finding] = await examine_uniqueness(cluster)
    assert finding.text == f"{VIEW}: values that several aggregates hold: 1"
    await _named(catalog, cluster, ("b1", "new"))
    [finding] = await examine_uniqueness(cluster)
    assert (finding.warning, str(finding)) == (False, f"{VIEW}: no two aggregates hold one value")
    await cluster.close()


async def test_a_view_that_is_younger_than_the_log_does_not_know_of_earlier_values(cluster: WithRecords) -> None:
    cluster.incomplete = True
    [finding] = await examine_uniqueness(cluster)
    assert finding.warning
    assert finding.advice == f"run `hazelgate rebuild {VIEW}`"
    await cluster.close()


async def test_holders_keep_what_they_share_and_nobody_else_gets_it(catalog: Catalog, cluster: WithRecords) -> None:
    now = MemoryCluster(Processor(catalog))
    await now.start()
    for name in (VIEW, "aggregate-heads"):
        now.engine.map(name).update(cluster.engine.map(name))
    again = await _named(catalog, now, ("a1", "1"), ("b1", "1"), ("e", "1"), ("a1", "other"), ("a1", "1"))
    assert [type(each) for each in again] == [Receipt, Receipt, EventRejected, Receipt, EventRejected]
    await now.close()
    await cluster.close()
