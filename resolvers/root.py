"""The root types of queries and mutations: what every domain has, and the shop's."""

import strawberry

from resolvers.customers import CustomerMutations, CustomerQueries
from resolvers.event_fields import EventMutations, EventQueries
from resolvers.node_fields import NodeQueries
from resolvers.orders import OrderMutations, OrderQueries
from resolvers.products import ProductMutations, ProductQueries
from resolvers.rebuild_fields import RebuildMutations, RebuildQueries
from resolvers.snapshot_fields import SnapshotMutations, SnapshotQueries


@strawberry.type
class Query(NodeQueries, CustomerQueries, ProductQueries, OrderQueries, EventQueries, RebuildQueries, SnapshotQueries):
    pass


@strawberry.type
class Mutation(
    CustomerMutations, ProductMutations, OrderMutations, EventMutations, RebuildMutations, SnapshotMutations
):
    pass
