"""The root types of queries and mutations: what every domain has, and the shop's."""

import strawberry

from hazelgate.resolvers.customers import CustomerMutations, CustomerQueries
from hazelgate.resolvers.event_fields import EventMutations, EventQueries
from hazelgate.resolvers.node_fields import NodeQueries
from hazelgate.resolvers.orders import OrderMutations, OrderQueries
from hazelgate.resolvers.products import ProductMutations, ProductQueries
from hazelgate.resolvers.rebuild_fields import RebuildMutations, RebuildQueries
from hazelgate.resolvers.snapshot_fields import SnapshotMutations, SnapshotQueries


@strawberry.type
class Query(NodeQueries, CustomerQueries, ProductQueries, OrderQueries, EventQueries, RebuildQueries, SnapshotQueries):
    pass


@strawberry.type
class Mutation(
    CustomerMutations, ProductMutations, OrderMutations, EventMutations, RebuildMutations, SnapshotMutations
):
    pass
