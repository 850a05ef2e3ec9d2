"""The roots of queries and mutations, and the resolvers of all types: what every domain has."""

import strawberry

from hazelgate.resolvers.events import fields as events
from hazelgate.resolvers.events.fields import EventMutations, EventQueries, EventTypeQueries
from hazelgate.resolvers.nodes import NodeQueries
from hazelgate.resolvers.operators import dead_letters
from hazelgate.resolvers.operators.dead_letters import DeadLetterMutations, DeadLetterQueries
from hazelgate.resolvers.operators.pipelines import PipelineQueries
from hazelgate.resolvers.operators.rebuilds import RebuildMutations, RebuildQueries
from hazelgate.resolvers.operators.snapshots import SnapshotMutations, SnapshotQueries
from hazelgate.resolvers.reading import connections
from hazelgate.schema.fields import FieldResolvers


@strawberry.type
class Query(
    NodeQueries,
    EventQueries,
    DeadLetterQueries,
    EventTypeQueries,
    PipelineQueries,
    RebuildQueries,
    SnapshotQueries,
):
    pass


@strawberry.type
class Mutation(
    EventMutations,
    DeadLetterMutations,
    RebuildMutations,
    SnapshotMutations,
):
    pass


FIELD_RESOLVERS: FieldResolvers = {
    **connections.FIELDS,
    **events.FIELDS,
    **dead_letters.FIELDS,
}
"""What answers the fields that a type of `schema` only declares."""
