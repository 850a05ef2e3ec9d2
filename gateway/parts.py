"""What lives as long as the process, and what lives as long as a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.watched import WatchedCluster
from hazelgate.client.following.watches import Watch, Watches
from hazelgate.client.rights.handler import RightfulHandler, Submitting, WatchedHandler
from hazelgate.client.rights.rights import Rights
from hazelgate.client.rights.shapes import Reach
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.client.tenants.cluster import Tenants
from hazelgate.client.views.frontiers import Frontier
from hazelgate.resolvers.requests import MOST_READ, RequestReads
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.errors import Forbidden


class RequestContext(msgspec.Struct, frozen=True, eq=False):
    """
    One request, or one event of a subscription: reads are cached no longer than that.

    Resolvers see it as `hazelgate.resolvers.context.ResolverContext`, subscriptions as
    `hazelgate.subscriptions.context.SubscriberContext`.
    """

    catalog: Catalog
    cluster: Cluster
    handler: Submitting
    reads: RequestReads
    feed: Feed
    watches: Watches
    frontier: Frontier
    rights: Rights


@dataclass(frozen=True, slots=True)
class Parts:
    """
    What lives as long as the process.

    Each tenant has parts of its own, over a cluster in which there is nothing of others. They are made when it first
    asks, and stay.

    Args:
        queue_size: How many events may wait for one slow subscriber.
        tenants: None: there are none.
    """

    catalog: Catalog
    cluster: Cluster
    handler: EventHandler
    feed: Feed
    max_scanned_entries: int
    max_read_entries: int = MOST_READ
    queue_size: int = 0
    tenants: Tenants | None = None
    watches: Watches = field(init=False)
    _of_tenants: dict[str, Parts] = field(init=False, default_factory=dict)
    _starting: dict[str, asyncio.Task[None]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "watches", Watches(self.feed, self.catalog))

    @classmethod
    def over(
        cls,
        catalog: Catalog,
        cluster: Cluster,
        *,
        queue_size: int,
        max_scanned_entries: int,
        max_read_entries: int = MOST_READ,
        has_tenants: bool = False,
        log_reads: asyncio.Semaphore | None = None,
    ) -> Parts:
        """The parts of a gateway of a cluster."""
        return cls(
            catalog,
            cluster,
            EventHandler(catalog, cluster),
            Feed(cluster, queue_size=queue_size, log_reads=log_reads),
            max_scanned_entries,
            max_read_entries,
            queue_size,
            Tenants(cluster, catalog.views) if has_tenants else None,
        )

    def of(self, rights: Rights) -> Parts:
        """
        The parts that a caller with these rights is answered from.

        Raises:
            Forbidden: There are tenants, and it is nowhere said whose the caller is.
        """
        if self.tenants is None:
            return self
        if rights.tenant:
            return self._of_tenants.get(rights.tenant) or self._open(self.tenants, rights.tenant)
        if rights.reach is Reach.OVERSIGHT:
            return self
        raise Forbidden("there are tenants, and the caller has none")

    def _open(self, tenants: Tenants, tenant: str) -> Parts:
        parts = self._of_tenants[tenant] = Parts.over(
            self.catalog,
            tenants.cluster_of(tenant),
            queue_size=self.queue_size,
            max_scanned_entries=self.max_scanned_entries,
            max_read_entries=self.max_read_entries,
            log_reads=self.feed.log_reads,
        )
        starting = self._starting[tenant] = asyncio.create_task(parts.listen(), name=f"parts of tenant {tenant}")
        starting.add_done_callback(lambda _: self._starting.pop(tenant))
        return parts

    async def enter(self, rights: Rights) -> None:
        """Before a caller asks for the first time: its tenant's parts hear, and know where the log stands."""
        if rights.tenant:
            self.of(rights)
            starting = self._starting.get(rights.tenant)
            if starting is not None:
                await asyncio.wait([starting])

    def each(self) -> Iterator[Parts]:
        """These, and those of each tenant."""
        yield self
        yield from self._of_tenants.values()

    def count(self, number: Callable[[Parts], int]) -> int:
        """A number of these parts and of those of each tenant, added up."""
        return sum(number(each) for each in self.each())

    def context(self, rights: Rights | None = None, watch: Watch | None = None) -> RequestContext:
        """
        A context with reads of its own: nothing that one request has read answers another.

        Args:
            rights: The caller's; None: it may do everything, as no identities are known.
            watch: Told of all that is read.
        """
        rights = rights or Rights(self.catalog)
        return self.of(rights)._context(rights, watch)

    def _context(self, rights: Rights, watch: Watch | None) -> RequestContext:
        cluster = self.cluster if watch is None else WatchedCluster(self.cluster, watch)
        handler: Submitting = RightfulHandler(self.handler, rights) if rights.is_limited else self.handler
        return RequestContext(
            catalog=self.catalog,
            cluster=cluster,
            handler=handler if watch is None else WatchedHandler(handler, watch),
            reads=RequestReads(
                cluster,
                max_scanned_entries=self.max_scanned_entries,
                max_read_entries=self.max_read_entries,
                rights=rights,
            ),
            feed=self.feed,
            watches=self.watches,
            frontier=self.feed.frontier,
            rights=rights,
        )

    async def start(self) -> None:
        """Connect and listen. What is away comes later; nothing waits for it here."""
        await self.cluster.start()
        await self.listen()
        if self.tenants is not None:
            await self.tenants.start()

    async def listen(self) -> None:
        """Hear of events, and how those fared that were submitted here."""
        await self.handler.start()
        await self.feed.start()

    async def close(self) -> None:
        for starting in list(self._starting.values()):
            starting.cancel()
        for parts in self._of_tenants.values():
            await parts.feed.close()
            await parts.handler.close()
        if self.tenants is not None:
            await self.tenants.close()
        await self.feed.close()
        await self.handler.close()
        await self.cluster.close()
