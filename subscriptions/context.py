"""What a subscription may ask of its request."""

from typing import Protocol, TypeAlias

import strawberry

from hazelgate.client.cluster import Cluster
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.watches import Watches
from hazelgate.client.rights.rights import Rights
from hazelgate.sourcing.catalog import Catalog


class SubscriberContext(Protocol):
    """The part of a request that subscriptions see."""

    @property
    def catalog(self) -> Catalog:
        """The domain's event types and views."""

    @property
    def rights(self) -> Rights:
        """The caller's: the one place that says what may be seen."""

    @property
    def cluster(self) -> Cluster:
        """Where the pipeline's figures come from."""

    @property
    def feed(self) -> Feed:
        """The events of the cluster as they are applied."""

    @property
    def watches(self) -> Watches:
        """What tells a query that it has to run again."""


Info: TypeAlias = strawberry.Info[SubscriberContext, None]
