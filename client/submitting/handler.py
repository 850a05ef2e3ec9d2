"""
`handle_event`: the way into the pipeline.

An event becomes an envelope, the envelope goes to pending-events, and the caller waits for as much as it asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import msgspec

from hazelgate.client.cluster import Admission, Cluster, ClusterState
from hazelgate.client.submitting.completions import Batch, Completions, Expected
from hazelgate.client.submitting.submissions import DEFAULT_OPTIONS, Receipt, Sealer, Submission, SubmitOptions
from hazelgate.sourcing import clock, ids
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import (
    COMPLETED_EVENTS,
    EVENT_IDS,
    EVENT_STORE,
    PENDING_EVENTS,
    Completion,
    CompletionStatus,
    Envelope,
    EventRecord,
    IdRecord,
    WaitFor,
)
from hazelgate.sourcing.errors import (
    EventDeadLettered,
    EventError,
    EventIdConflict,
    EventRejected,
    EventTimedOut,
    InvalidEvent,
    PipelineOverloaded,
    PipelineUnavailable,
    SequenceConflict,
)
from hazelgate.sourcing.repetition import is_pending_again

__all__ = ["EventHandler", "Receipt", "Submission", "SubmitOptions"]

_MIN_RETRY_MS, _MAX_RETRY_MS = 50, 5_000
# On Python 3.11 to name a member costs as much as a call, and these are named for each event.
_UNTIL_ACCEPTED, _UNTIL_STORED = WaitFor.ACCEPTED, WaitFor.STORED
_TAKEN, _FULL = Admission.TAKEN, Admission.FULL
_STORED, _DEAD_LETTERED = CompletionStatus.STORED, CompletionStatus.DEAD_LETTERED


class _Sealed(msgspec.Struct, gc=False):
    """An event on its way, and where its outcome goes."""

    index: int
    envelope: Envelope
    encoded: bytes
    options: SubmitOptions


class EventHandler:
    """
    Submits events to the pipeline and waits for it.

    Args:
        catalog: The domain's event types.
        cluster: Where the pipeline runs.
        source: What the events' `source` says: the service that submits them.
    """

    def __init__(self, catalog: Catalog, cluster: Cluster, *, source: str = "gateway") -> None:
        self._cluster = cluster
        self._sealer = Sealer(catalog, source=source, reply_to=cluster.gateway_id)
        self._catalog = catalog
        self._completions = Completions(catalog, cluster)

    async def start(self) -> None:
        """Listen for completions. The first event does so as well."""
        await self._completions.start()

    async def close(self) -> None:
        """Listen no more. The cluster stays open."""
        await self._completions.close()

    async def handle_event(self, event: Event, options: SubmitOptions = DEFAULT_OPTIONS) -> Receipt:
        """
        Submit one event and wait until the pipeline has got as far as `options.wait_for`.

        Raises:
            EventRejected: A guard or a check said no; nothing is stored.
            SequenceConflict: Another event of the aggregate came after `options.expected_sequence`.
            EventIdConflict: The eventId was used before, with another payload.
            EventDeadLettered: Stored, but a view could not be updated.
            EventTimedOut: Not there in time. It is still on its way: the same eventId is safe to send again.
            PipelineOverloaded: The pipeline takes no more just now; nothing is stored.
            PipelineUnavailable: A member or the projector is away; the message says whether anything was sent.
        """
        [outcome] = await self.handle_events([Submission(event, options)])
        if isinstance(outcome, EventError):
            raise outcome
        return outcome

    async def handle_events(self, submissions: Sequence[Submission]) -> list[Receipt | EventError]:
        """
        Submit events together, in order, and wait for each as far as its options say.

        Returns:
            A receipt or an error per event, in order.

        Raises:
            PipelineUnavailable: A member or the projector is away; the message says whether anything was sent.
        """
        state = self._cluster.state()
        if state.problem is not None:
            raise PipelineUnavailable(f"{state.problem}; nothing was stored: try again when /ready is true")
        if not self._completions.started:
            await self._completions.start()
        outcomes: list[Receipt | EventError | None] = [None] * len(submissions)
        sealed = self._seal(submissions, outcomes)
        for event_type in {each.envelope.event_type for each in sealed}:
            problem = state.problem_of(event_type)
            if problem is not None:
                raise PipelineUnavailable(f"{problem}; nothing was stored: try again when /ready warns no more")
        if sealed:
            waiting = [each for each in sealed if each.options.wait_for is not _UNTIL_ACCEPTED]
            batch = self._completions.expect([_expected(each) for each in waiting])
            try:
                await self._submit(sealed, batch, outcomes)
                await self._completions.wait(batch)
            finally:
                self._completions.forget(batch)
            for each, completion in zip(waiting, batch.results, strict=True):
                if outcomes[each.index] is None:
                    outcomes[each.index] = _outcome(each.envelope, completion)
        return cast(list[Receipt | EventError], outcomes)

    def _seal(self, submissions: Sequence[Submission], outcomes: list[Receipt | EventError | None]) -> list[_Sealed]:
        """Envelopes of those that are fit to be sent; the others get their outcome here."""
        now = clock.now()
        sealed: list[_Sealed] = []
        for index, submission in enumerate(submissions):
            options = submission.options
            try:
                envelope, encoded = self._sealer.seal(
                    submission.event, options, now, is_decoded=submission.is_decoded, show=submission.show
                )
            except InvalidEvent as error:
                outcomes[index] = EventRejected(error.problems, event_id=options.event_id, code=error.code)
            else:
                sealed.append(_Sealed(index, envelope, encoded, options))
        return sealed

    async def _submit(self, sealed: list[_Sealed], batch: Batch, outcomes: list[Receipt | EventError | None]) -> None:
        """Hand the envelopes over; what is refused, or only had to be accepted, gets its outcome here."""
        try:
            async with asyncio.timeout(max(each.options.timeout_seconds for each in sealed)):
                admissions = await self._admitted(sealed)
        except TimeoutError:
            for each in sealed:
                outcomes[each.index] = _outcome(each.envelope, None)
            self._completions.give_up(batch, {each.envelope.submission_id for each in sealed})
            return
        refused = set()
        for each, admission in zip(sealed, admissions, strict=True):
            if admission is _TAKEN and each.options.wait_for is not _UNTIL_ACCEPTED:
                continue
            envelope = each.envelope
            if admission is _FULL:
                refused.add(envelope.submission_id)
                outcomes[each.index] = PipelineOverloaded(
                    _retry_after_ms(self._cluster.state()), event_id=envelope.event_id
                )
            elif admission is Admission.CONFLICT:
                refused.add(envelope.submission_id)
                outcomes[each.index] = EventIdConflict(event_id=envelope.event_id)
            else:
                outcomes[each.index] = _receipt(envelope, CompletionStatus.ACCEPTED, None)
        if refused:
            self._completions.give_up(batch, refused)

    async def _admitted(self, sealed: Sequence[_Sealed]) -> list[Admission]:
        """
        Submit; where another payload is pending under an event's id, see whether it is that event made by other code.

        Then it goes in beside that one, for its answer. A projector judges it, and stores one of them.
        """
        keys = [ids.pending_key(each.envelope.event_id, each.envelope.aggregate_id) for each in sealed]
        admissions = list(
            await self._cluster.submit([(key, each.encoded) for key, each in zip(keys, sealed, strict=True)])
        )
        others = [index for index, admission in enumerate(admissions) if admission is Admission.CONFLICT]
        while others:
            pending = await self._cluster.read(PENDING_EVENTS, [keys[index] for index in others])
            again: dict[int, str] = {}
            for index, there in zip(others, pending, strict=True):
                envelope = sealed[index].envelope
                if there is None:  # it is through by now
                    again[index] = keys[index]
                elif is_pending_again(self._catalog, there, envelope) is not False:
                    again[index] = ids.pending_key(envelope.event_id, envelope.aggregate_id, envelope.submission_id)
            if not again:
                break
            taken = await self._cluster.submit([(key, sealed[index].encoded) for index, key in again.items()])
            for index, admission in zip(again, taken, strict=True):
                admissions[index] = admission
            others = [index for index in again if admissions[index] is Admission.CONFLICT]
        return admissions

    async def completion(self, event_id: str) -> Completion | None:
        """
        What is known of an event that was submitted before; None where nothing is (yet).

        completed-events forgets after a while. Then the store still tells that the event is STORED.
        """
        if not ids.is_id(event_id):
            return None
        [entry], [id_entry] = await asyncio.gather(
            self._cluster.read(COMPLETED_EVENTS, [event_id]), self._cluster.read(EVENT_IDS, [event_id])
        )
        if entry is not None:
            return msgspec.json.decode(entry, type=Completion)
        if id_entry is None:
            return None
        id_record = msgspec.json.decode(id_entry, type=IdRecord)
        if id_record.completion is not None:
            return id_record.completion
        if id_record.key is None:
            return None
        [stored] = await self._cluster.read(EVENT_STORE, [id_record.key])
        record = None if stored is None else msgspec.json.decode(stored, type=EventRecord)
        return _stored(record) if record is not None and record.event_id == event_id else None


def _expected(each: _Sealed) -> Expected:
    return Expected(each.envelope, each.options.wait_for is _UNTIL_STORED, each.options.timeout_seconds)


def _receipt(envelope: Envelope, status: CompletionStatus, completion: Completion | None) -> Receipt:
    return Receipt(
        envelope.event_id,
        envelope.correlation_id if completion is None else completion.correlation_id,
        envelope.event_type,
        envelope.aggregate_id,
        None if completion is None else completion.sequence,
        status,
        completion,
    )


def _outcome(envelope: Envelope, completion: Completion | None) -> Receipt | EventError:
    """What a completion means for who submitted the event; None means that there was none in time."""
    event_id = envelope.event_id
    if completion is None:
        return EventTimedOut(event_id=event_id)
    error, status = completion.error, completion.status
    stored = status is _STORED  # whatever a view makes of it
    if error is None or stored or (status is _DEAD_LETTERED and envelope.notify_stored):
        return _receipt(envelope, status, completion)
    if status is _DEAD_LETTERED:
        return EventDeadLettered(error.dead_letter_id or "", error.message, event_id=event_id)
    if error.code == SequenceConflict.code:
        return SequenceConflict(error.expected_sequence or 0, error.actual_sequence or 0, event_id=event_id)
    if error.code == EventIdConflict.code:
        return EventIdConflict(error.message, event_id=event_id)
    return EventRejected(error.problems, event_id=event_id, message=error.message, code=error.code)


def _retry_after_ms(state: ClusterState) -> int:
    """About when a tenth of what is pending is through."""
    estimate = 100.0 * state.pending / max(state.events_per_second, 1.0)
    return int(min(max(estimate, _MIN_RETRY_MS), _MAX_RETRY_MS))


def _stored(record: EventRecord) -> Completion:
    return Completion(
        event_id=record.event_id,
        event_type=record.event_type,
        aggregate_type=record.aggregate_type,
        aggregate_id=record.aggregate_id,
        correlation_id=record.correlation_id,
        submission_id="",
        status=CompletionStatus.STORED,
        sequence=record.sequence,
        timestamp=record.timestamp,
        received_at=record.received_at,
        persisted_at=record.persisted_at,
    )
