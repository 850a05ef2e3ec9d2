"""Queries about pipelines and their figures."""

import strawberry

from hazelgate.client.reads import available
from hazelgate.resolvers.context import Info
from hazelgate.schema.operators.figures import PipelineMetrics
from hazelgate.schema.operators.pipelines import Pipeline


@strawberry.type
class PipelineQueries:
    @strawberry.field(description="The pipeline's figures just now.")
    async def pipeline_metrics(self, info: Info) -> PipelineMetrics | None:
        return PipelineMetrics.of(await available(info.context.cluster).stats())

    @strawberry.field(description="The configured pipelines: what each takes, and how it is.")
    async def pipelines(self, info: Info) -> list[Pipeline] | None:
        return [Pipeline.of(state) for state in (await available(info.context.cluster).stats()).pipelines]
