"""The journal is a ring that forgets: what it drops is found, and run in the order of submission."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
from hazelcast.core import HazelcastJsonValue

from hazelgate import Catalog, CompletionStatus, WaitFor
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.client.submitting.submissions import Sealer
from hazelgate.operations.member import MemberOptions
from hazelgate.sourcing import clock
from hazelgate.sourcing.envelope import EVENT_STORE
from hazelgate.sourcing.errors import EventError, PipelineOverloaded
from hazelgate.sourcing.ids import new_id, pending_key, store_key
from tests.support.connected import connected, handling
from tests.support.ledger import AccountOpened, MoneyPaidIn
from tests.support.many import Nodes, running_nodes
from tests.support.until import eventually

JOURNAL_CAPACITY = 4
PAYMENTS = 200


class LaneKey(str):
    """A pending event's key, as any client of Hazelcast has to route it."""

    def get_partition_key(self) -> str:
        return self.partition("@")[2]


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """A member whose journal remembers four events or removals per partition."""
    options = MemberOptions(journal_capacity=JOURNAL_CAPACITY)
    with running_nodes(tmp_path_factory.mktemp("narrow"), 1, options=options) as nodes:
        yield nodes


@pytest.fixture
async def cluster(narrow: Nodes) -> AsyncIterator[HazelcastCluster]:
    async with connected(narrow.cluster()) as cluster:
        yield cluster


@pytest.fixture
async def handler(ledger: Catalog, cluster: HazelcastCluster) -> AsyncIterator[EventHandler]:
    async with handling(ledger, cluster) as handler:
        yield handler


async def test_in_flight_is_bounded_to_half_of_the_journal(
    narrow: Nodes, cluster: HazelcastCluster, handler: EventHandler
) -> None:
    opened = AccountOpened(account_id=new_id(), owner="ann")
    await handler.handle_event(opened)
    lost_before = (await cluster.stats()).journal_lost
    accepted = SubmitOptions(wait_for=WaitFor.ACCEPTED)

    async def pay(times: int) -> list[Receipt | EventError]:
        return await handler.handle_events(
            [Submission(MoneyPaidIn(account_id=opened.account_id, amount=1), accepted) for _ in range(times)]
        )

    taken: list[Receipt] = []

    async def full() -> bool:
        # The answer to the opening came before its place was free again.
        taken.extend(outcome for outcome in await pay(1) if isinstance(outcome, Receipt))
        return len(taken) == JOURNAL_CAPACITY // 2

    narrow.nodes[0].projector.pause()
    try:
        await eventually(full)
        refused = [outcome for outcome in await pay(20) if isinstance(outcome, PipelineOverloaded)]
    finally:
        narrow.nodes[0].projector.resume()
    assert len(refused) == 20
    assert min(outcome.retry_after_ms for outcome in refused) > 0

    async def succeeded() -> bool:
        completions = [await handler.completion(receipt.event_id) for receipt in taken]
        return {each.status for each in completions if each is not None} == {CompletionStatus.SUCCESS}

    await eventually(succeeded)
    assert (await cluster.stats()).journal_lost == lost_before


async def test_what_another_client_puts_in_past_the_bound_is_run_in_order(
    ledger: Catalog, cluster: HazelcastCluster, handler: EventHandler
) -> None:
    opened = AccountOpened(account_id=new_id(), owner="bob")
    await handler.handle_event(opened)
    sealer = Sealer(ledger, source="another client", reply_to="")
    client = cluster._client
    assert client is not None
    pending: Any = await client.get_map("pending-events")
    ids: list[str] = []
    entries: dict[str, Any] = {}
    for _ in range(PAYMENTS):
        payment = MoneyPaidIn(account_id=opened.account_id, amount=1)
        envelope, encoded = sealer.seal(payment, SubmitOptions(), clock.now())
        ids.append(envelope.event_id)
        key = LaneKey(pending_key(envelope.event_id, envelope.aggregate_id))
        entries[key] = HazelcastJsonValue(encoded.decode())
    lost_before = (await cluster.stats()).journal_lost
    await pending.put_all(entries)
    keys = [store_key("Account", sequence, opened.account_id) for sequence in range(2, PAYMENTS + 2)]

    async def all_stored() -> list[bytes]:
        records = [record for record in await cluster.read(EVENT_STORE, keys) if record is not None]
        return records if len(records) == PAYMENTS else []

    records = await eventually(all_stored)
    assert [msgspec.json.decode(record)["eventId"] for record in records] == ids
    assert (await cluster.stats()).journal_lost > lost_before, "or this shows nothing"
