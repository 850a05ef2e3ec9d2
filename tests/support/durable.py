"""Accounts on a stack that keeps its events in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hazelgate import Catalog, Event
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler, Submission, SubmitOptions
from hazelgate.sourcing import ids
from tests.support.connected import PatientHandler, connected
from tests.support.ledger import AccountOpened
from tests.support.stack import Stack


@asynccontextmanager
async def submitting(ledger: Catalog, stack: Stack) -> AsyncIterator[EventHandler]:
    async with connected(stack.cluster()) as cluster:
        handler = PatientHandler(ledger, cluster, source="postgres tests")
        try:
            yield handler
        finally:
            await handler.close()


def opened() -> AccountOpened:
    return AccountOpened(account_id=ids.new_id(), owner=ids.new_id())


async def submit_all(handler: EventHandler, events: Sequence[Event]) -> list[Any]:
    options = SubmitOptions(timeout_seconds=60.0)
    return list(await handler.handle_events([Submission(event, options) for event in events]))


async def entry(cluster: HazelcastCluster, name: str, key: str) -> Any:
    [raw] = await cluster.read(name, [key])
    return None if raw is None else json.loads(raw)
