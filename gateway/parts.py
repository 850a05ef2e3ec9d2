"""What lives as long as the process, and what lives as long as a request."""

from dataclasses import dataclass

from hazelgate.client.cluster import Cluster
from hazelgate.client.following.feed import Feed
from hazelgate.client.rights.handler import RightfulHandler, Submitting
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

    def context(self, rights: Rights | None = None) -> RequestContext:
        """
        A context with reads of its own: nothing that one request has read answers another.

        Args:
            rights: The caller's; None: it may do everything, as no identities are known.
        """
        rights = rights or Rights(self.catalog)
        return RequestContext(
            catalog=self.catalog,
            cluster=self.cluster,
            handler=RightfulHandler(self.handler, rights) if rights.is_limited else self.handler,
            reads=RequestReads(
                self.cluster,
                max_scanned_entries=self.max_scanned_entries,
                max_read_entries=self.max_read_entries,
                rights=rights,
            ),
            feed=self.feed,
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
