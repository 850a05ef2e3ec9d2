"""What operators see of the configured pipelines."""

import strawberry

from hazelgate.client.figures.pipelines import PipelineState


@strawberry.type(description="A member's projector of one pipeline.")
class PipelineProjector:
    member: str = strawberry.field(description="The member, as host:port.")
    address: str = strawberry.field(description="The projector, as host:port.")
    ready: bool = strawberry.field(description="Whether it answers.")
    fingerprint: str = strawberry.field(description="Of its code; empty where it has not been seen yet.")


@strawberry.type(description="One configured pipeline, over all members.")
class Pipeline:
    name: str = strawberry.field(description="Its name in the configuration.")
    status: str = strawberry.field(
        description="The job's status; DRAINING or DRAINED while operators want it so, and its events wait."
    )
    event_types: list[str] = strawberry.field(description="The event types that it takes; `*` for all that none names.")
    projectors: list[PipelineProjector] = strawberry.field(description="The projectors of its members.")
    fingerprints: list[str] = strawberry.field(description="Of the code that runs; more than one where it is mixed.")
    pending: int = strawberry.field(description="Events that are in and not yet through.")
    warnings: list[str] = strawberry.field(description="What operators have to look at.")

    @classmethod
    def of(cls, state: PipelineState) -> "Pipeline":
        return cls(
            name=state.name,
            status=state.status,
            event_types=state.takes.split(", "),
            projectors=[
                PipelineProjector(
                    member=member.member,
                    address=member.address,
                    ready=member.projector == "READY",
                    fingerprint=member.fingerprint,
                )
                for member in state.members
            ],
            fingerprints=list(state.fingerprints),
            pending=state.pending,
            warnings=state.warnings,
        )
