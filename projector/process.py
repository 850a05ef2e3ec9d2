"""
One batch: from what the engine delivered to outcomes and writes. A pure function of its request.

Event by event, in order: recognize what was here before, check the expected sequence, let the guards decide and
complete, give it its sequence, fold it into its views. State is threaded through: later events see earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from hazelgate.projector.core import answers
from hazelgate.projector.core.calls import (
    EVENT,
    FAULTS,
    GUARD,
    KEYS,
    BatchTooLarge,
    Calls,
    HandlerMisbehaved,
    Limits,
    Pulse,
    Stage,
    Tell,
    calls_of,
    check_size,
    to_nobody,
)
from hazelgate.projector.core.claiming import Asked, Claiming
from hazelgate.projector.core.decisions import Decisions
from hazelgate.projector.core.entries import Entries, EntryNotEncodable, Incomplete, Letter
from hazelgate.projector.core.faults import FaultLog, Hear
from hazelgate.projector.core.folding import Folding
from hazelgate.projector.core.intake import (
    Intake,
    Reads,
    Targets,
    Work,
    loaded_targets,
    read_keys,
    refused_id,
    require_targets,
    targets_of,
)
from hazelgate.projector.core.messages import (
    ACCEPTED,
    Description,
    Kind,
    Outcome,
    Request,
    ResolveRequest,
    ResolveResponse,
    Response,
    SettleRequest,
    SettleResponse,
    decode_request,
    decode_resolve_request,
    decode_settle_request,
    encode,
)
from hazelgate.projector.core.plans import EventPlan, GuardPlan, ReadPlan, make_plans, usual_reads
from hazelgate.projector.letters.resolving import Resolver
from hazelgate.projector.letters.settling import Settler
from hazelgate.projector.replay.refolding import Refolding
from hazelgate.projector.replay.replaying import Replay
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import (
    EMPTY_OBJECT,
    NOTHING,
    UNREADABLE,
    Completion,
    CompletionError,
    Envelope,
    EventRecord,
    IdRecord,
    encode_json,
)
from hazelgate.sourcing.errors import FieldProblem, InvalidEvent, Rejected
from hazelgate.sourcing.identity import identity_in
from hazelgate.sourcing.ids import cursor, head_key, plain_id, prefix_of, store_key
from hazelgate.sourcing.repetition import are_same, before_guards


class _Refused(Exception):
    """The event is not to be stored."""

    def __init__(self, reason: CompletionError) -> None:
        super().__init__(reason.message)
        self.reason = reason


class Processor:
    """
    Processes batches against one catalog. Keeps nothing between calls.

    Args:
        limits: How much handlers may make.
        hear: Is told of every fault of the user's code; left out, the log is.
    """

    def __init__(self, catalog: Catalog, limits: Limits | None = None, hear: Hear | None = None) -> None:
        self.catalog = catalog
        self._hear = hear or FaultLog().hear
        self._limits = limits or Limits()
        self._plans = make_plans(catalog)
        self._intake = Intake(catalog, self._plans)
        self._resolver = Resolver(catalog, self._plans, self._limits)
        self._settler = Settler(catalog, self._plans)

    def describe(self) -> bytes:
        """What the engine has to know about the domain, as a msgpack body."""
        code = self.catalog.view_fingerprints
        views = [(view.name, list(view.indexes), code[view.name]) for view in self.catalog.views.values()]
        event_types = [
            (name, self.catalog.specs[name].aggregate, reads, whole) for name, reads, whole in usual_reads(self.catalog)
        ]
        return encode(Description(self.catalog.fingerprint, views, event_types))

    def process(self, request: bytes) -> bytes:
        """
        Process one batch, as far as what is loaded allows.

        Args:
            request: A msgpack body, as docs/reference/protocol.md has it.

        Returns:
            A msgpack body: what to load first, or the outcomes and writes.

        Raises:
            msgspec.MsgspecError: The body is none of ours. Whatever stands in an event is no reason to raise.
        """
        return encode(self.fold(decode_request(request)))

    def refolding(self) -> Refolding:
        """A new conversation about stored events."""
        return Refolding(self.catalog, self._plans, self._limits, self._hear)

    def replay(self) -> Replay:
        """The same where nobody else writes into the entries, and nothing is unusual."""
        return Replay(self.catalog, self._plans, self._limits)

    def resolve(self, request: bytes) -> bytes:
        """What to do about one dead letter, bytes to bytes as `process`."""
        return encode(self.resolve_letter(decode_resolve_request(request)))

    def resolve_letter(
        self, request: ResolveRequest, pulse: Pulse | None = None, tell: Tell = to_nobody
    ) -> ResolveResponse:
        """The same from and to values, as `fold` has them."""
        return self._resolver.resolve(request, calls_of(request, pulse, tell, hear=self._hear))

    def settle(self, request: bytes) -> bytes:
        """How stored events stand, bytes to bytes as `process`."""
        return encode(self.settle_events(decode_settle_request(request)))

    def settle_events(
        self, request: SettleRequest, pulse: Pulse | None = None, tell: Tell = to_nobody
    ) -> SettleResponse:
        """The same from and to values, as `fold` has them."""
        return self._settler.settle(request, calls_of(request, pulse, tell))

    def fold(self, request: Request, pulse: Pulse | None = None, tell: Tell = to_nobody) -> Response:
        """
        The same from and to values.

        Args:
            request: The batch.
            pulse: Beats with each call of the user's code.
            tell: In the careful mode, told of each such call before it is made.

        Raises:
            BatchTooLarge: What it comes to does not fit into one answer; in parts it may.
        """
        calls = calls_of(request, pulse, tell, alone=len(request.events) <= 1, hear=self._hear)
        make = _Batch(self._intake, self.catalog, self._limits, request, calls)
        try:
            return make.run(careful=request.careful)
        except EntryNotEncodable:
            return make.run(careful=True)


class _Batch:
    """One batch, and what is needed to run over it."""

    def __init__(self, intake: Intake, catalog: Catalog, limits: Limits, request: Request, calls: Calls) -> None:
        self._intake = intake
        self._catalog = catalog
        self._limits = limits
        self._request = request
        self._calls = calls

    def run(self, *, careful: bool) -> Response:
        """
        Run over it from its beginning.

        `careful` encodes each view as it is folded, to find the event to blame for one that can't be written.
        """
        entries = self._entries = Entries(self._request.loaded)
        decisions = Decisions(self._catalog, self._request.loaded)
        self._folding = Folding(entries, self._calls, self._limits, decisions, careful=careful)
        self._claiming = Claiming(entries)
        self._first: dict[str, Work] = {}
        deliveries = self._request.events
        recalled = self._intake.recall(deliveries)
        works = [Work(index, delivery) for index, delivery in enumerate(deliveries)]
        # In the common case each event is settled as soon as it is read: what it consists of is still in the cache.
        at_once = not careful and all(delivery.stored_record is None for delivery in deliveries)
        for work in works:
            at_once = self._intake.take_in(work, recalled, entries, self._calls, decisions) and at_once
            if at_once:
                self._settle(work)
        if not at_once and not entries.needs:
            for work in _in_order(works):
                self._settle(work)
        if entries.needs:
            self._intake.remember(works, recalled)
            return Response({name: list(keys) for name, keys in entries.needs.items()}, [], [])
        self._intake.forget(recalled)
        self._calls.before(Stage.WRITE, "", "")
        outcomes = [work.outcome for work in works if work.outcome is not None]
        self._check_answer(outcomes)
        return Response({}, outcomes, entries.writes(self._calls, self._limits), self._claiming.claims())

    def _check_answer(self, outcomes: list[Outcome]) -> None:
        if sum([len(each.record or b"") + len(each.completion) for each in outcomes]) > self._limits.max_answer_bytes:
            raise BatchTooLarge(f"the events have more than {self._limits.max_answer_bytes:,} bytes together")

    def _settle(self, work: Work) -> None:
        """Give it its outcome; none where something has to be loaded first."""
        if work.outcome is not None and work.completion is None:
            return
        event_id = work.event_id
        if work.id_is_taken and event_id not in self._first:
            work.outcome = answers.conflict(work.submitter, work.delivery)
            return
        first = self._first.setdefault(event_id, work) if event_id else work
        try:
            if first is not work:
                work.outcome = self._repeated(first, work)
            elif work.outcome is None:
                work.outcome = self._project_stored(work) if work.record is not None else self._decide(work)
        except Incomplete:
            pass

    def _repeated(self, first: Work, work: Work) -> Outcome:
        """The same event once more in this batch, or another one with its id."""
        if work.record is None and _is_another(first, work):
            return answers.conflict(work.submitter, work.delivery)
        if first.outcome is None or first.completion is None:
            raise Incomplete
        self._claiming.repeats(work.index, first.index)
        completion = msgspec.structs.replace(first.completion, submission_id=work.submitter.submission_id)
        if first.outcome.kind == Kind.HELD:
            return answers.answered(work.submitter, completion, Kind.HELD)
        stored_now = first.outcome.kind == Kind.ACCEPTED
        stored_by_nobody = first.outcome.kind == Kind.ALREADY_STORED and not first.delivery.envelope
        kind = Kind.ALREADY_STORED if stored_now or stored_by_nobody else Kind.ANSWER_ONLY
        return answers.answered(work.submitter, completion, kind)

    # ------------------------------------------------------------ a new event

    def _decide(self, work: Work) -> Outcome:
        submission = work.submission
        assert submission is not None
        envelope, plan, sent = submission.envelope, submission.plan, submission.event
        assert envelope is not None
        assert plan is not None
        assert sent is not None
        head = self._entries.head(submission.head_key)
        asked: Asked = []
        try:
            self._check_event(envelope)
            expected = envelope.expected_sequence
            # A caller with an identity hears where the aggregate stands only if the guards let its event pass.
            is_callers = expected is not None and identity_in(envelope.metadata) is not None
            if expected is not None and not is_callers:
                self._check_sequence(envelope, expected, head.sequence)
            event, completed_by = self._guarded(envelope, sent, submission.guards, asked)
            if expected is not None and is_callers:
                self._check_sequence(envelope, expected, head.sequence)
            data = self._encoded(plan, envelope, event, completed_by)
            targets = work.targets
            if targets is None or completed_by is not None:
                targets = self._targets(envelope, plan, event)
        except _Refused as refused:
            self._claiming.refused(work.index, asked, submission.head_key)
            reason = refused.reason
            if len(encode_json(reason)) > self._limits.max_value_bytes:
                reason = answers.error("GUARD_FAILED", f"a guard refused it with more than {_limit(self._limits)}")
            work.completion = answers.refusal(work.submitter, work.delivery, reason)
            return answers.refused(work.submitter, work.completion, refused_id(submission, work.completion))

        submitted = NOTHING if completed_by is None else before_guards(sent, event)
        record = _record(work, envelope, plan, head.sequence + 1, data, submitted)
        key = store_key(record.aggregate_type, record.sequence, record.aggregate_id)
        letter = self._folding.project(work.index, event, record, key, targets, work.submitter, stored=False)
        head.advance(record.sequence, work.index)
        self._claiming.rests_on(work.index, asked, submission.head_key, targets)
        completion = work.completion = _completion(record, work, letter)
        return Outcome(
            # In a letter that is tried again it is stored, and nobody is answered yet.
            ACCEPTED if letter is None or letter.final else Kind.HELD,
            key,
            encode_json(record),
            encode_json(IdRecord(hash=submission.hash, key=key)),
            encode_json(completion)[:-1],
            record.event_type,
            envelope.reply_to,
            envelope.notify_stored,
        )

    def _check_event(self, envelope: Envelope) -> None:
        try:
            self._calls.before(EVENT, "", envelope.event_id)
        except HandlerMisbehaved as misbehaved:
            raise _Refused(answers.error("GUARD_FAILED", f"{envelope.event_type} {misbehaved}")) from misbehaved

    def _check_sequence(self, envelope: Envelope, expected: int, actual: int) -> None:
        if expected != actual:
            whose = f"{envelope.aggregate_type} {plain_id(envelope.aggregate_id)}"
            message = f"expected {whose} at {expected}, it is at {actual}"
            raise _Refused(
                answers.error("SEQUENCE_CONFLICT", message, expected_sequence=expected, actual_sequence=actual)
            )

    def _guarded(
        self, envelope: Envelope, event: Event, guards: Iterable[tuple[GuardPlan, Reads]], asked: Asked
    ) -> tuple[Event, GuardPlan | None]:
        """
        The event as the guards complete it, and the last of them that did; what each has read goes to `asked`.

        All of them are asked, so that all problems are reported together.
        """
        completed_by: GuardPlan | None = None
        problems: list[FieldProblem] = []
        failure: _Refused | None = None
        prefix = prefix_of(envelope.aggregate_id)
        for guard, declared in guards:
            try:
                if completed_by is not None:
                    declared = self._declared(guard, event, prefix)
                if guard.follows:
                    declared = self._followed(declared, event, prefix)
                if guard.serialized or self._claiming.is_active:
                    asked.append((guard, declared))
                state: dict[str, Any] = {}
                for read, keys in declared:
                    state[read.parameter] = self._read(read, keys)
                if guard.takes_time:
                    state["submitted_at"] = envelope.timestamp
                if guard.takes_identity:
                    state["identity"] = identity_in(envelope.metadata)
                self._calls.before(GUARD, guard.name, envelope.event_id)
                result = guard.function(event, **state)
                if result is not None:
                    if type(result) is not type(event):
                        raise TypeError(f"it returned {type(result).__name__}, not {type(event).__name__} or None")
                    event, completed_by = result, guard
            except Rejected as rejected:
                problems += rejected.problems
            except Incomplete:
                raise
            except FAULTS as error:  # a guard is the user's code: its fault refuses the event, not the batch
                self._calls.blame(error, f"guard {guard.name}, event {envelope.event_id}")
                failure = failure or _guard_failed(guard, error)
        if problems:
            raise _Refused(answers.error(Rejected.code, "; ".join(map(str, problems)), problems))
        if failure is not None:
            raise failure
        return event, completed_by

    def _declared(self, guard: GuardPlan, event: Event, prefix: str) -> Reads:
        """What a guard reads of an event that another one has completed: none of it may be loaded yet."""
        declared = [(read, read_keys(read, event, prefix)) for read in guard.reads]
        loaded = [self._entries.require(read.view.name, key) for read, keys in declared for key in keys]
        if not all(loaded):
            raise Incomplete
        return declared

    def _followed(self, declared: Reads, event: Event, prefix: str) -> Reads:
        """The same, with the keys of reads that go after what another one has found: none of it may be loaded yet."""
        found = {read.parameter: self._read(read, keys) for read, keys in declared if not read.many}
        declared = [
            (read, [prefix + key for key in read.follow(event, found[read.after])] if read.after else keys)
            for read, keys in declared
        ]
        loaded = [self._entries.require(read.view.name, key) for read, keys in declared for key in keys]
        if not all(loaded):
            raise Incomplete
        return declared

    def _read(self, read: ReadPlan, keys: list[str]) -> Any:
        entries, spec = self._entries, read.view
        if not read.many:
            return entries.view(spec, keys[0]).view if keys else None
        return {plain_id(key): view for key in keys if (view := entries.view(spec, key).view) is not None}

    def _encoded(self, plan: EventPlan, envelope: Envelope, event: Event, completed_by: GuardPlan | None) -> bytes:
        if completed_by is None:
            data = encode_json(event)
            if len(data) > self._limits.max_value_bytes:
                message = f"the event has {len(data):,} bytes; at most {self._limits.max_value_bytes:,}"
                raise _Refused(answers.error(InvalidEvent.code, message))
            return data
        try:
            if plan.aggregate_id(event) != plain_id(envelope.aggregate_id):
                raise ValueError(f"it changed {plan.spec.key}, which says whose event it is")
            data = self._catalog.encode(event)
            check_size("it", len(data), self._limits)
            return data
        except (InvalidEvent, ValueError, TypeError, HandlerMisbehaved) as error:
            raise _guard_failed(completed_by, error) from error

    def _targets(self, envelope: Envelope, plan: EventPlan, event: Event) -> Targets:
        try:
            self._calls.before(KEYS, plan.spec.name, envelope.event_id)
            targets = targets_of(plan, event, prefix_of(envelope.aggregate_id))
        except FAULTS as error:  # a key function is the user's code
            self._calls.blame(error, f"the keys of {plan.spec.name} {envelope.event_id}")
            raise _Refused(
                answers.error("GUARD_FAILED", f"a view of {plan.spec.name} can't tell its entry's key: {error}")
            ) from error
        # What is not loaded is for the next round; the rest is folded all the same, so that events behind this one read
        # what they will read then, and tell now what they need.
        return targets if require_targets(targets, self._entries) else loaded_targets(targets, self._entries)

    # ------------------------------------------------------------ a stored event

    def _project_stored(self, work: Work) -> Outcome:
        """Finish what an earlier run left: each entry takes the event only where it hasn't yet."""
        record = work.record
        assert record is not None
        key = store_key(record.aggregate_type, record.sequence, record.aggregate_id)
        letter = None
        if work.failure is not None:
            letter = self._folding.dead_letter(
                None, work.index, record, key, UNREADABLE, "", work.failure, work.submitter
            )
        elif work.event is not None and work.targets is not None:
            letter = self._folding.project(
                work.index, work.event, record, key, work.targets, work.submitter, stored=True
            )
        self._entries.head(head_key(record.aggregate_type, record.aggregate_id)).advance(record.sequence, work.index)
        work.completion = _completion(record, work, letter)
        return Outcome(
            Kind.ALREADY_STORED if letter is None or letter.final else Kind.HELD,
            key,
            work.delivery.stored_record,
            None,
            encode_json(work.completion)[:-1],
            record.event_type,
            work.submitter.reply_to,
            work.submitter.notify_stored,
        )


def _is_another(first: Work, work: Work) -> bool:
    """Whether two events with one id in a batch are not the same. A stored one was compared with its record before."""
    if first.submission is None or work.submission is None or first.hash == work.hash:
        return False
    return not are_same(first.submission.event, work.submission.event)


def _completion(record: EventRecord, work: Work, letter: Letter | None) -> Completion:
    return answers.stored_completion(record, work.submitter.submission_id, None if letter is None else letter.key)


def _in_order(works: list[Work]) -> list[Work]:
    """
    What is stored already comes before what is new, in the order of storing: whatever order a restart delivers it in.

    Otherwise a new event would move an entry's mark past a stored one that is still to be applied.
    """
    stored = [(work.record.position, work.index) for work in works if work.record is not None]
    if not stored:
        return works
    return [works[index] for _, index in sorted(stored)] + [work for work in works if work.record is None]


def _record(
    work: Work, envelope: Envelope, plan: EventPlan, sequence: int, data: bytes, submitted: msgspec.Raw
) -> EventRecord:
    delivery = work.delivery
    # More than 15 names in a call cost five times as much: Python puts them into a dictionary first.
    record = EventRecord(
        cursor=cursor(delivery.position, delivery.lane),
        lane=delivery.lane,
        position=delivery.position,
        event_id=envelope.event_id,
        event_type=envelope.event_type,
        event_version=plan.spec.version,
        aggregate_type=envelope.aggregate_type,
        aggregate_id=envelope.aggregate_id,
        sequence=sequence,
        correlation_id=envelope.correlation_id,
        causation_id=envelope.causation_id,
        source=envelope.source,
        timestamp=envelope.timestamp,
        received_at=delivery.received_at,
        data=msgspec.Raw(data),
    )
    saga_id, saga_type, step, metadata = envelope.saga_id, envelope.saga_type, envelope.step_number, envelope.metadata
    if submitted is NOTHING and saga_id is None and saga_type is None and step is None and metadata is EMPTY_OBJECT:
        return record
    return msgspec.structs.replace(
        record, saga_id=saga_id, saga_type=saga_type, step_number=step, metadata=metadata, submitted=submitted
    )


def _limit(limits: Limits) -> str:
    return f"{limits.max_value_bytes:,} bytes"


def _guard_failed(guard: GuardPlan, error: BaseException) -> _Refused:
    text = f"guard {guard.name} failed: {type(error).__name__}: {error}"
    return _Refused(answers.error("GUARD_FAILED", text.encode("utf-8", "replace").decode()[:2_000]))
