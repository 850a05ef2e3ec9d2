"""From a mutation's arguments to the pipeline, and from what it says to the mutation's result."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

import strawberry

from hazelgate.client.submitting.handler import Receipt, Submission, SubmitOptions
from hazelgate.resolvers.context import Info
from hazelgate.schema.events.results import AnyEventError, EventOptions, EventReceipt, HandleEventInput, error_result
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import WaitFor
from hazelgate.sourcing.errors import EventError, EventRejected, FieldProblem, HazelgateError, InvalidEvent, camel
from hazelgate.sourcing.ids import ID_DESCRIPTION, derived_id, is_id, new_id

T = TypeVar("T")

MAX_TIMEOUT_MS = 60_000
MAX_EVENTS = 1_000
_LONGEST_NAME = 200

_NO_OPTIONS = SubmitOptions()


def given(options: EventOptions | None) -> EventOptions | None:
    """The options, where the client sent some."""
    return options or None


def optional(value: T | None) -> T | None:
    """An argument or an input's field; None where it was left out (Strawberry then has UNSET there)."""
    return None if value is strawberry.UNSET else value


def entity_id(chosen: str | None, options: EventOptions | None, purpose: str) -> str:
    """
    The id of what an event creates: the client's, or a new one.

    One that goes with a client's eventId is derived from it, so that a retry names the same entity: the same payload.
    """
    if isinstance(chosen, str):
        return chosen  # an empty or malformed one is refused further on
    if options and options.event_id:
        return derived_id(options.event_id, purpose)
    return new_id()


def submit_options(options: EventOptions | None) -> SubmitOptions:
    """
    Raises:
        EventRejected: An option is out of range or malformed; the problems name all that are.
    """
    if not options:
        return _NO_OPTIONS
    problems: list[FieldProblem] = []

    def problem(name: str, message: str) -> None:
        problems.append(FieldProblem(("options", name), message))

    event_id = optional(options.event_id)
    if event_id is not None and not is_id(event_id):
        problem("eventId", f"must be {ID_DESCRIPTION}")
    names = {"correlationId": options.correlation_id, "sagaId": options.saga_id, "sagaType": options.saga_type}
    for name, text in names.items():
        if isinstance(text, str) and not (0 < len(text) <= _LONGEST_NAME and text.isprintable()):
            problem(name, f"must be 1 to {_LONGEST_NAME} printable characters")
    expected_sequence = optional(options.expected_sequence)
    if expected_sequence is not None and expected_sequence < 0:
        problem("expectedSequence", "must be 0 for a new aggregate, or the sequence of its last event")
    if not 1 <= options.timeout_ms <= MAX_TIMEOUT_MS:
        problem("timeoutMs", f"must be from 1 to {MAX_TIMEOUT_MS:,}")
    if problems:
        raise EventRejected(problems, event_id=event_id)
    return SubmitOptions(
        event_id=event_id,
        correlation_id=optional(options.correlation_id),
        expected_sequence=expected_sequence,
        wait_for=options.wait_for,
        timeout_seconds=options.timeout_ms / 1_000,
        saga_id=optional(options.saga_id),
        saga_type=optional(options.saga_type),
        step_number=optional(options.step_number),
    )


async def submit(
    info: Info, event: Event, options: EventOptions | None, shown: tuple[str, str] | None = None
) -> EventReceipt | AnyEventError:
    """
    Submit one event that the catalog has decoded; the receipt once it is as far as the options say, or why it isn't.

    Args:
        shown: The view and the key of the entry that will be shown. Where it comes with the completion, it is not read.

    Raises:
        PipelineUnavailable: The pipeline is away: no result of the event, but a fault of the whole.
    """
    try:
        how = submit_options(options)
        show = None if shown is None or how.wait_for is not WaitFor.PROJECTED else "/".join(shown)
        submission = Submission(event, how, is_decoded=True, show=show)
        [outcome] = await info.context.handler.handle_events([submission])
    except HazelgateError as error:
        return error_result(error, optional(options.event_id) if options else None)
    finally:
        info.context.reads.forget()  # the next mutation of the request must not see what this one has changed as it was
    if isinstance(outcome, Receipt):
        if shown is not None and outcome.completion is not None and (entry := bytes(outcome.completion.entry)):
            info.context.reads.offer(*shown, entry)
        return EventReceipt.of(outcome)
    return error_result(outcome, optional(options.event_id) if options else None)


async def submit_many(
    info: Info, inputs: Sequence[HandleEventInput], options: EventOptions | None
) -> list[EventReceipt | AnyEventError]:
    """
    Submit events of any type together. One that is no event of the catalog is refused by itself.

    With a client's eventId and several events, event `n` (from 0) gets the id `<eventId>:<n>`.
    """
    catalog = info.context.catalog
    results: list[EventReceipt | AnyEventError | None] = [None] * len(inputs)
    try:
        common = submit_options(options)
    except EventRejected as error:
        return [error_result(error) for _ in inputs]
    places: list[int] = []
    submissions: list[Submission] = []
    for place, one in enumerate(inputs):
        own_id = common.event_id
        if own_id is not None and len(inputs) > 1:
            own_id = f"{own_id}:{place}"
        try:
            if own_id is not None and not is_id(own_id):
                raise EventRejected([FieldProblem(("options", "eventId"), "is too long for that many events")])
            info.context.rights.require_submission(one.event_type)
            event = event_of(catalog, one)
        except HazelgateError as error:
            results[place] = error_result(error, own_id)
            continue
        own = common if own_id == common.event_id else _with_event_id(common, own_id)
        places.append(place)
        submissions.append(Submission(event, own, is_decoded=True))
    outcomes = await info.context.handler.handle_events(submissions) if submissions else []
    info.context.reads.forget()
    for place, outcome in zip(places, outcomes, strict=True):
        results[place] = _result(outcome)
    return cast(list[EventReceipt | AnyEventError], results)


def _result(outcome: Receipt | EventError) -> EventReceipt | AnyEventError:
    return EventReceipt.of(outcome) if isinstance(outcome, Receipt) else error_result(outcome)


def _with_event_id(options: SubmitOptions, event_id: str | None) -> SubmitOptions:
    return SubmitOptions(
        event_id=event_id,
        correlation_id=options.correlation_id,
        expected_sequence=options.expected_sequence,
        wait_for=options.wait_for,
        timeout_seconds=options.timeout_seconds,
        saga_id=options.saga_id,
        saga_type=options.saga_type,
        step_number=options.step_number,
    )


def event_of(catalog: Catalog, one: HandleEventInput) -> Event:
    """
    The event that the input describes. The aggregate's id may be left out of the data: it is beside it.

    Raises:
        UnknownEventType: Not in the catalog, or not in that version.
        InvalidEvent: The data doesn't fit, or names another aggregate.
    """
    spec = catalog.spec(one.event_type)
    version = optional(one.event_version)
    data: Any = one.data
    key = camel(spec.key)
    if isinstance(data, dict) and key not in data and version in (None, spec.version):
        data = {**data, key: one.aggregate_id}
    event = catalog.decode(one.event_type, version, data)
    if spec.aggregate_id(event) != one.aggregate_id:
        raise InvalidEvent([FieldProblem(("data", key), "is not the aggregateId")])
    return event
