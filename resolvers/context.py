"""What a resolver may ask of its request."""

from typing import Protocol, TypeAlias

import strawberry

from hazelgate.client.cluster import Cluster
from hazelgate.client.rights.handler import Submitting
from hazelgate.client.rights.rights import Rights
from hazelgate.client.views.frontiers import Frontier
from hazelgate.resolvers.requests import RequestReads
from hazelgate.sourcing.catalog import Catalog


class ResolverContext(Protocol):
    """The part of a request that queries and mutations see."""

    @property
    def catalog(self) -> Catalog:
        """The domain's event types and views, all of them."""

    @property
    def cluster(self) -> Cluster:
        """What operators ask goes to it directly."""

    @property
    def rights(self) -> Rights:
        """The caller's: the one place that says what may be read and done."""

    @property
    def handler(self) -> Submitting:
        """The way in for events."""

    @property
    def frontier(self) -> Frontier:
        """How far this process had heard the log when the request came: what it reads is that far, or further."""

    @property
    def reads(self) -> RequestReads:
        """The reads of this request, gathered."""


Info: TypeAlias = strawberry.Info[ResolverContext, None]
