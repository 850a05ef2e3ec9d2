"""An event of the stream names the entries that it has changed, in memory as on a real member."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from hazelgate.client.cluster import EVENT_STREAM, Cluster
from hazelgate.client.event_stream import StreamedEvent
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.client.submitting.submissions import Submission, SubmitOptions
from hazelgate.sourcing.ids import new_id
from tests.support.ledger import ACCOUNTS, OWNERS, AccountOpened, MoneyPaidIn
from tests.support.until import until

_decode = msgspec.json.Decoder(list[StreamedEvent]).decode


class Stream:
    """What the stream has told."""

    def __init__(self) -> None:
        self.events: list[StreamedEvent] = []

    def __call__(self, message: bytes) -> None:
        self.events += _decode(message)

    async def of(self, aggregate_id: str, count: int) -> list[StreamedEvent]:
        """The first events of an aggregate."""
        await until(lambda: len(self._of(aggregate_id)) >= count)
        return self._of(aggregate_id)

    def _of(self, aggregate_id: str) -> list[StreamedEvent]:
        return [each for each in self.events if each.aggregate_id == aggregate_id]


@pytest.fixture
async def stream(cluster: Cluster) -> AsyncIterator[Stream]:
    stream = Stream()
    subscription = await cluster.listen(EVENT_STREAM, stream)
    yield stream
    await subscription.close()


async def version_of(cluster: Cluster, view: str, key: str) -> int:
    [raw] = await cluster.read(view, [key])
    assert raw is not None
    found: dict[str, Any] = msgspec.json.decode(raw)
    return int(found["_meta"]["version"])


async def test_an_event_names_the_entries_of_each_view_whatever_their_keys(
    cluster: Cluster, handler: EventHandler, stream: Stream
) -> None:
    name, owner = f"acc-{new_id()}", f"own-{new_id()}"
    await handler.handle_event(AccountOpened(account_id=name, owner=owner))
    await handler.handle_event(MoneyPaidIn(account_id=name, amount=3))
    opened, paid = await stream.of(name, 2)
    assert opened.changed == {ACCOUNTS: {"": 1}}
    assert paid.changed == {ACCOUNTS: {"": 2}, OWNERS: {owner: 1}}
    assert [await version_of(cluster, ACCOUNTS, name), await version_of(cluster, OWNERS, owner)] == [2, 1]


async def test_events_of_a_batch_name_the_version_that_readers_find(
    cluster: Cluster, handler: EventHandler, stream: Stream
) -> None:
    name = f"acc-{new_id()}"
    await handler.handle_event(AccountOpened(account_id=name, owner="Ada"))
    await handler.handle_events([Submission(MoneyPaidIn(account_id=name, amount=1)) for _ in range(50)])
    *_, last = await stream.of(name, 51)
    assert last.changed is not None
    assert last.changed[ACCOUNTS] == {"": await version_of(cluster, ACCOUNTS, name)}
    versions = [(each.changed or {})[ACCOUNTS][""] for each in await stream.of(name, 51)]
    assert versions == sorted(versions)


async def test_an_event_that_comes_again_names_nothing(handler: EventHandler, stream: Stream) -> None:
    """Whoever stored it first may have changed entries for it, and have told nobody: its reader looks for itself."""
    name, once = f"acc-{new_id()}", SubmitOptions(event_id=new_id())
    for _ in range(2):
        await handler.handle_event(AccountOpened(account_id=name, owner="Ada"), once)
    assert [each.changed for each in await stream.of(name, 2)] == [{ACCOUNTS: {"": 1}}, None]
