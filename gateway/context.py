"""The context of each request, made of what the process has."""

from dataclasses import dataclass

from hazelgate.client.cluster import Cluster
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.resolvers.loading import RequestReads
from hazelgate.schema.context import Context
from hazelgate.sourcing.catalog import Catalog
from hazelgate.subscriptions.feed import Feed


@dataclass(frozen=True, slots=True)
class Parts:
    """What lives as long as the process."""

    catalog: Catalog
    cluster: Cluster
    handler: EventHandler
    feed: Feed

    def context(self) -> Context:
        """A context with reads of its own: nothing that one request has read answers another."""
        return Context(
            catalog=self.catalog,
            cluster=self.cluster,
            handler=self.handler,
            reads=RequestReads(self.cluster),
            feed=self.feed,
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
