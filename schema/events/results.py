"""
What a mutation takes and answers besides its own entity: options, the receipt, and each way in which an event can fail.

The mapping from `hazelgate.sourcing.errors` to GraphQL types is here and nowhere else.
"""

from typing import Annotated, TypeAlias, Union, cast

import strawberry
from strawberry.scalars import JSON

from hazelgate.client.following.revisions import token_of
from hazelgate.client.submitting.submissions import Receipt
from hazelgate.schema.enums import described_enum
from hazelgate.schema.events.completions import EventMetrics
from hazelgate.sourcing import envelope, errors
from hazelgate.sourcing.clock import now
from hazelgate.sourcing.envelope import CompletionStatus, WaitFor

described_enum(
    WaitFor,
    "How far an event has to be before the mutation answers.",
    {
        WaitFor.ACCEPTED: "Until it is in pending-events.",
        WaitFor.STORED: "Until it is in the event store.",
        WaitFor.PROJECTED: "Until every view that it touches is updated.",
    },
)


AS_APPLIED = "As it is once the event has been applied; what was there before, if that was not waited for."
"""The description of a payload's entity."""


@strawberry.input(description="Every mutation that submits an event takes these.")
class EventOptions:
    event_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="A client's own id makes a retry safe: the same id and payload gives the first result again.",
    )
    correlation_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="What the event is a part of; its own id where it is left out."
    )
    expected_sequence: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="The aggregate's sequence as last seen, 0 for a new one; refused when another came between.",
    )
    wait_for: WaitFor = strawberry.field(
        default=WaitFor.PROJECTED, description="How far the event has to be before the mutation answers."
    )
    timeout_ms: int = strawberry.field(default=5_000, description="1 to 60,000.")
    saga_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The saga that it is a step of."
    )
    saga_type: str | None = strawberry.field(default=strawberry.UNSET, description="The type of that saga.")
    step_number: int | None = strawberry.field(default=strawberry.UNSET, description="Which step of that saga it is.")


@strawberry.input(description="Any event of the catalog.")
class HandleEventInput:
    event_type: str = strawberry.field(description="The name of its type in the catalog.")
    event_version: int | None = strawberry.field(default=strawberry.UNSET, description="Today's where it is left out.")
    aggregate_id: strawberry.ID = strawberry.field(description="The id of its aggregate.")
    data: JSON = strawberry.field(description="The payload; the aggregate's id may be left out of it.")


@strawberry.type(description="The event as it was taken in.")
class EventReceipt:
    event_id: strawberry.ID = strawberry.field(description="The event's id.")
    correlation_id: strawberry.ID = strawberry.field(description="What the event is a part of, as its submitter says.")
    event_type: str = strawberry.field(description="The name of its type.")
    aggregate_id: strawberry.ID = strawberry.field(description="The id of its aggregate.")
    sequence: int | None = strawberry.field(description="Null where the client waited for ACCEPTED only.")
    status: CompletionStatus = strawberry.field(description="How far it got.")
    completion: strawberry.Private[envelope.Completion | None]
    answered_at: strawberry.Private[str]

    @strawberry.field(description="For minRevision of a later read. Null where the client waited for ACCEPTED only.")
    def token(self) -> str | None:
        return None if self.completion is None else token_of(self.completion)

    @strawberry.field(description="When it passed each stage.")
    def metrics(self) -> EventMetrics:
        completion = self.completion
        return EventMetrics.of(completion.stages if completion else envelope.Stages(timestamp=self.answered_at))

    @classmethod
    def of(cls, receipt: Receipt) -> "EventReceipt":
        return cls(
            event_id=strawberry.ID(receipt.event_id),
            correlation_id=strawberry.ID(receipt.correlation_id),
            event_type=receipt.event_type,
            aggregate_id=strawberry.ID(receipt.aggregate_id),
            sequence=receipt.sequence,
            status=receipt.status,
            completion=receipt.completion,
            answered_at=now() if receipt.completion is None else "",
        )


@strawberry.interface(description="An event that did not go through.")
class EventError:
    code: str = strawberry.field(description="Stable and in capitals, to switch on.")
    message: str = strawberry.field(description="For people to read: why, and how to mend it.")
    event_id: strawberry.ID | None = strawberry.field(description="The event's id, where it has one.")


@strawberry.type(description="What is wrong with one field.")
class FieldProblem:
    path: list[str] = strawberry.field(description="Where it is in the input; list indexes as texts.")
    code: str = strawberry.field(description="Stable and in capitals, to switch on.")
    message: str = strawberry.field(description="For people to read.")
    params: JSON | None = strawberry.field(description="What the message names, by name.")

    @classmethod
    def of(cls, problem: errors.FieldProblem) -> "FieldProblem":
        """A problem as clients see it."""
        params = cast(JSON | None, problem.params)
        return cls(path=list(problem.path), code=problem.code, message=problem.message, params=params)


@strawberry.type(description="A guard or a check said no. Nothing was stored.")
class EventRejected(EventError):
    problems: list[FieldProblem] = strawberry.field(description="Everything that is wrong with it.")


@strawberry.type(description="Another event of the aggregate came first. Nothing was stored.")
class SequenceConflict(EventError):
    expected_sequence: int = strawberry.field(description="The sequence that the client expected the aggregate at.")
    actual_sequence: int = strawberry.field(description="The sequence that it is at.")


@strawberry.type(description="That eventId was used before with another payload. Nothing was stored.")
class EventIdConflict(EventError):
    pass


@strawberry.type(description="Stored; one view could not be updated yet.")
class EventDeadLettered(EventError):
    dead_letter_id: strawberry.ID = strawberry.field(description="The dead letter in which it waits; of several, one.")


@strawberry.type(
    description="Still on its way when the time was up: ask completion(eventId), or send the same eventId again."
)
class EventTimedOut(EventError):
    pass


@strawberry.type(description="The pipeline takes no more just now. Nothing was stored.")
class PipelineOverloaded(EventError):
    retry_after_ms: int = strawberry.field(description="How long to wait before sending it again.")


@strawberry.type(description="An event went through.")
class EventPayload:
    receipt: EventReceipt = strawberry.field(description="The event as it was taken in.")


AnyEventError: TypeAlias = Union[  # noqa: UP007  (spelled so in the unions of the schema)
    EventRejected, SequenceConflict, EventIdConflict, EventDeadLettered, EventTimedOut, PipelineOverloaded
]
EventResult = Annotated[
    EventPayload
    | EventRejected
    | SequenceConflict
    | EventIdConflict
    | EventDeadLettered
    | EventTimedOut
    | PipelineOverloaded,
    strawberry.union("EventResult", description="What comes of an event."),
]


def error_result(error: errors.HazelgateError, event_id: str | None = None) -> AnyEventError:
    """
    The type of the result unions that stands for this error.

    Raises:
        HazelgateError: The error itself, where no type stands for it: no result of an event, but a fault of the whole.
    """
    known_id = error.event_id if isinstance(error, errors.EventError) else None
    known_id = known_id or event_id
    event = strawberry.ID(known_id) if known_id else None
    code, message = error.code, error.message
    match error:
        case errors.EventRejected() | errors.InvalidEvent() | errors.Rejected():
            problems = [FieldProblem.of(problem) for problem in error.problems]
            return EventRejected(code=code, message=message, event_id=event, problems=problems)
        case errors.UnknownEventType():
            problem = FieldProblem(path=["eventType"], code=code, message=message, params=None)
            return EventRejected(code=code, message=message, event_id=event, problems=[problem])
        case errors.SequenceConflict():
            return SequenceConflict(
                code=code,
                message=message,
                event_id=event,
                expected_sequence=error.expected_sequence,
                actual_sequence=error.actual_sequence,
            )
        case errors.EventIdConflict():
            return EventIdConflict(code=code, message=message, event_id=event)
        case errors.EventDeadLettered():
            letter = strawberry.ID(error.dead_letter_id)
            return EventDeadLettered(code=code, message=message, event_id=event, dead_letter_id=letter)
        case errors.EventTimedOut():
            return EventTimedOut(code=code, message=message, event_id=event)
        case errors.PipelineOverloaded():
            return PipelineOverloaded(code=code, message=message, event_id=event, retry_after_ms=error.retry_after_ms)
    raise error
