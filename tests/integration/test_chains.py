"""Events of one call, each of which is completed with what the one before it has left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from hazelgate import Catalog
from hazelgate.client.cluster import Cluster
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission
from hazelgate.projector.process import Processor
from hazelgate.sourcing.ids import new_id
from hazelgate.testing.memory import MemoryCluster
from tests.support.connected import connected, handling
from tests.support.stack import Stack, running_stack
from tests.support.tokens import HOLDERS, TOKENS, TokenMoved, TokenPassed

DOMAIN = "tests.support.tokens"
MOVES = 100


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(DOMAIN)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("chains"), domain=DOMAIN) as stack:
        yield stack


@pytest.fixture(scope="module")
async def real_cluster(stack: Stack) -> AsyncIterator[HazelcastCluster]:
    async with connected(stack.cluster()) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def memory_cluster(catalog: Catalog) -> AsyncIterator[MemoryCluster]:
    cluster = MemoryCluster(Processor(catalog))
    await cluster.start()
    yield cluster
    await cluster.close()


@pytest.fixture(params=["memory", "real"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    cluster: Cluster = request.getfixturevalue(f"{request.param}_cluster")
    return cluster


@pytest.fixture
async def handler(catalog: Catalog, cluster: Cluster) -> AsyncIterator[EventHandler]:
    async with handling(catalog, cluster) as handler:
        yield handler


@pytest.mark.parametrize("event", [TokenMoved, TokenPassed])
async def test_a_chain_goes_through_in_one_call(
    cluster: Cluster, handler: EventHandler, event: type[TokenMoved | TokenPassed]
) -> None:
    """A key of the second view is known only once the guard of the event is; and a guard may read by that key."""
    token, holders = new_id(), [new_id() for _ in range(MOVES)]
    outcomes = await handler.handle_events([Submission(event(token_id=token, to=holder)) for holder in holders])
    assert [each for each in outcomes if not isinstance(each, Receipt)] == []
    [entry] = await cluster.read(TOKENS, [token])
    assert msgspec.json.decode(entry or b"null")["moves"] == MOVES
    given = [msgspec.json.decode(each or b"null")["given"] for each in await cluster.read(HOLDERS, holders[:-1])]
    assert given == [1] * (MOVES - 1)
