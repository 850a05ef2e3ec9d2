"""What lives as long as the process, and what lives as long as a request."""

from dataclasses import dataclass, field

from hazelgate.client.cluster import Cluster
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.watched import WatchedCluster
from hazelgate.client.following.watches import Watch, Watches
from hazelgate.client.rights.handler import RightfulHandler, Submitting, WatchedHandler
from hazelgate.client.rights.rights import Rights
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.client.views.frontiers import Frontier
from hazelgate.resolvers.requests import MOST_READ, RequestReads
from hazelgate.sourcing.catalog import Catalog


@dataclass(frozen=True, slots=True)
class RequestContext:
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
    """What lives as long as the process."""

    catalog: Catalog
    cluster: Cluster
    handler: EventHandler
    feed: Feed
    max_scanned_entries: int
    max_read_entries: int = MOST_READ
    watches: Watches = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "watches", Watches(self.feed, self.catalog))

    def context(self, rights: Rights | None = None, watch: Watch | None = None) -> RequestContext:
        """
        A context with reads of its own: nothing that one request has read answers another.

        Args:
            rights: The caller's; None: it may do everything, as no identities are known.
            watch: Told of all that is read.
        """
        rights = rights or Rights(self.catalog)
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
        await self.handler.start()
        await self.feed.start()

    async def close(self) -> None:
        await self.feed.close()
        await self.handler.close()
        await self.cluster.close()
