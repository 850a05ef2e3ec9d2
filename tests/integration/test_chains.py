"""Events of one call, each of which is completed with what the one before it has left."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from hazelgate import Catalog, connect
from hazelgate.client.cluster import Cluster
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Rebuilds
from hazelgate.client.operators.uniqueness import examine_uniqueness
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission
from hazelgate.projector.process import Processor
from hazelgate.sourcing.errors import EventRejected
from hazelgate.sourcing.ids import new_id
from hazelgate.testing.memory import MemoryCluster
from tests.support.connected import connected, handling
from tests.support.stack import Stack, running_stack
from tests.support.tokens import HOLDERS, TOKENS, Token, TokenMoved, TokenNamed, TokenPassed

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


def _named() -> list[TokenNamed]:
    """What one token takes and gives up, and another one takes and does not get."""
    ann, bob, name, other = new_id(), new_id(), new_id(), new_id()
    said = [(ann, name), (bob, name), (ann, name), (ann, other), (bob, name), (ann, name)]
    return [TokenNamed(token_id=who, name=what) for who, what in said]


IN_ORDER = [True, False, True, True, True, False]


def _taken(events: list[TokenNamed], order: tuple[int, ...]) -> list[bool]:
    """Which of them are taken where they come in that order."""
    names: dict[str, str] = {}
    taken = [False] * len(events)
    for place in order:
        token, name = events[place].token_id, events[place].name
        taken[place] = all(each != name or holder == token for holder, each in names.items())
        if taken[place]:
            names[token] = name
    return taken


def _orders(events: list[TokenNamed]) -> list[tuple[int, ...]]:
    """A call keeps the order of each token's events; those of two tokens have none where a batch ends between them."""
    tokens = dict.fromkeys(each.token_id for each in events)
    own = [[place for place, each in enumerate(events) if each.token_id == token] for token in tokens]
    return [
        order
        for order in itertools.permutations(range(len(events)))
        if all([place for place in order if place in places] == places for places in own)
    ]


async def test_a_name_is_one_tokens_in_one_call(cluster: Cluster, handler: EventHandler) -> None:
    """Also within one batch: who is behind another one sees what that one has taken, and given up."""
    events = _named()
    outcomes = await handler.handle_events([Submission(each) for each in events])
    taken = [isinstance(each, Receipt) for each in outcomes]
    if isinstance(cluster, MemoryCluster):
        assert taken == IN_ORDER
    else:
        assert taken in [_taken(events, order) for order in _orders(events)]
    refused = [
        (event, _refusal(each)) for event, each in zip(events, outcomes, strict=True) if isinstance(each, Exception)
    ]
    assert {(each.problems[0].path, each.problems[0].code) for _, each in refused} == {(("name",), "NOT_UNIQUE")}
    holders = {each.token_id for each in events}
    assert not any(holder in str(each) for event, each in refused for holder in holders - {event.token_id})


async def test_a_name_is_one_tokens_in_several_calls(handler: EventHandler) -> None:
    events = _named()
    assert [await _is_taken(handler, each) for each in events] == IN_ORDER
    assert _taken(events, tuple(range(len(events)))) == IN_ORDER
    other = events[3].name
    ann = events[3].token_id
    with pytest.raises(EventRejected, match="name: is taken already"):
        await handler.handle_event(TokenNamed(token_id=new_id(), name=other))
    await handler.handle_event(TokenNamed(token_id=ann, name=other))


async def test_a_name_is_one_tokens_within_a_tenant(catalog: Catalog, cluster: Cluster) -> None:
    """Each of two tenants has the name once."""
    names, run = ("acme", "globex"), new_id()
    for tenant in names:
        async with connect(catalog=catalog, cluster=cluster, tenant=f"{tenant}-{run}") as hg:
            await hg.handle_event(TokenNamed(token_id="t1", name="Ann"))
            with pytest.raises(EventRejected, match="name: is taken already"):
                await hg.handle_event(TokenNamed(token_id="t2", name="Ann"))


async def _is_taken(handler: EventHandler, event: TokenNamed) -> bool:
    [outcome] = await handler.handle_events([Submission(event)])
    return isinstance(outcome, Receipt)


def _refusal(outcome: object) -> EventRejected:
    assert isinstance(outcome, EventRejected)
    return outcome


async def test_who_has_which_name_is_a_view_like_any_other(real_cluster: HazelcastCluster, catalog: Catalog) -> None:
    rebuilds, name = Rebuilds(real_cluster), new_id()
    async with handling(catalog, real_cluster) as handler:
        await handler.handle_event(TokenNamed(token_id=new_id(), name=name))
        for begin in (rebuilds.compare, rebuilds.start):
            ended = await rebuilds.wait(await begin(["unique-Token-name"]))
            assert (ended.error, ended.differences) == (None, 0)
            assert ended.events
        with pytest.raises(EventRejected):
            await handler.handle_event(TokenNamed(token_id=new_id(), name=name))
    assert [str(each) for each in await examine_uniqueness(real_cluster)] == [
        "unique-Token-name: no two aggregates hold one value"
    ]


async def test_a_rebuild_keeps_each_tenants_entries(real_cluster: HazelcastCluster, catalog: Catalog) -> None:
    """Both ways of folding the log: the comparison's, and the fast one of a rebuild."""
    rebuilds, run = Rebuilds(real_cluster), new_id()
    tenants = {tenant: f"{tenant}-{run}" for tenant in ("acme", "globex")}
    for holder, tenant in tenants.items():
        async with connect(catalog=catalog, cluster=real_cluster, tenant=tenant) as hg:
            await hg.handle_event(TokenMoved(token_id="t1", to=holder))
    for begin in (rebuilds.compare, rebuilds.start):
        ended = await rebuilds.wait(await begin([TOKENS, HOLDERS]))
        assert (ended.error, ended.differences) == (None, 0)
    for holder, tenant in tenants.items():
        async with connect(catalog=catalog, cluster=real_cluster, tenant=tenant) as hg:
            assert list(await hg.view(Token).query()) == [Token(token_id="t1", holder=holder, moves=1)]
