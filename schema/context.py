"""What a field may ask of its request."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import strawberry

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.queries import EntryPage, EntryQuery
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.sourcing.catalog import Catalog


class Reads(Protocol):
    """Reads of one request: what several fields ask for at the same time goes to the cluster together, and once."""

    def load(self, map_name: str, key: str) -> Awaitable[bytes | None]:
        """The raw entry; None where there is none."""

    def forget(self) -> None:
        """Read anew from now on: something was written."""

    async def load_many(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
        """Raw entries that nothing else of the request asks for."""

    async def query(self, query: EntryQuery) -> EntryPage:
        """One page of a map."""


class Happenings(Protocol):
    """The events as they are applied, for one subscriber: see `hazelgate.subscriptions.feed`."""

    def subscribe(self, wanted: Callable[[Any], bool]) -> AsyncIterator[Any]:
        """Everything from now on that the subscriber wants, and a gap wherever something had to be left out."""


@dataclass(frozen=True, slots=True)
class Context:
    """One request, or one event of a subscription: reads are cached no longer than that."""

    catalog: Catalog
    cluster: Cluster
    handler: EventHandler
    reads: Reads
    feed: Happenings


Info: TypeAlias = strawberry.Info[Context, None]
