"""
What the engine delivers, made ready to be processed: decoded, upcast, checked, recognized when it was here before.

`take_in` also notes which entries an event will need, so that one round of loading is enough in the common case.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from hazelgate.projector.core import answers
from hazelgate.projector.core.answers import NOBODY, Salvaged, Submitter
from hazelgate.projector.core.calls import EVENT, FAULTS, KEYS, UPCAST, Calls, HandlerMisbehaved
from hazelgate.projector.core.decisions import Decisions
from hazelgate.projector.core.entries import Entries
from hazelgate.projector.core.messages import Delivery, Outcome
from hazelgate.projector.core.plans import EventPlan, Fold, GuardPlan, ReadPlan, ViewPlan
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import (
    AGGREGATE_HEADS,
    EMPTY_OBJECT,
    Completion,
    CompletionError,
    Envelope,
    EventRecord,
    IdRecord,
    StoredEnvelope,
    decode_stored_envelope,
)
from hazelgate.sourcing.errors import FieldProblem, InvalidEvent, UnknownEventType, camel
from hazelgate.sourcing.ids import head_key, is_id, plain_id, prefix_of
from hazelgate.sourcing.repetition import MAX_KEPT_BYTES, are_same, first_submitted, payload_hash
from hazelgate.sourcing.structure.decoding import find_problems, find_text_problems, has_nul, parse_leniently

Targets = list[tuple[ViewPlan, dict[str, Fold]]]
Reads = list[tuple[ReadPlan, list[str]]]

_decode_record = msgspec.json.Decoder(EventRecord).decode
_decode_id_record = msgspec.json.Decoder(IdRecord).decode
_BATCHES_REMEMBERED = 3


class Submission(msgspec.Struct, eq=False):
    """Everything that an envelope says by itself. It is the same in each round, so it is worked out once."""

    submitter: Submitter
    hash: str
    version: int = 0
    data: bytes | None = None
    """As it was submitted; None where that can't be read."""
    envelope: Envelope | None = None
    plan: EventPlan | None = None
    event: Event | None = None
    head_key: str = ""
    needs: Iterable[tuple[str, str]] = ()
    """Map and key of all that has to be loaded, as far as the event tells."""
    guards: list[tuple[GuardPlan, Reads]] = []
    """Who decides on it, and what each of them reads, as far as the event tells before another one has completed it."""
    targets: Targets | None = None
    """The entries it changes; None where only the completed event can tell."""
    refusal: CompletionError | None = None
    """Why it can't be taken at all."""


class Work(msgspec.Struct, eq=False):
    """One delivery on its way through a batch."""

    index: int
    delivery: Delivery
    event_id: str = ""
    """Empty where it can't be read."""
    submission: Submission | None = None
    submitter: Submitter = NOBODY
    outcome: Outcome | None = None
    completion: Completion | None = None
    id_is_taken: bool = False
    """By an event that is not stored yet: it is pending, and tells in this batch whether it is the same."""
    record: EventRecord | None = None
    """The stored record, where the event was stored before. Then what follows is about that."""
    plan: EventPlan | None = None
    event: Event | None = None
    targets: Targets | None = None
    failure: BaseException | None = None
    """Why a stored event can't be read."""

    @property
    def hash(self) -> str | None:
        """The hash of what was submitted; None for a record that the engine found."""
        return None if self.submission is None else self.submission.hash


class Intake:
    """Takes in deliveries against one catalog."""

    def __init__(self, catalog: Catalog, plans: Mapping[str, EventPlan]) -> None:
        self._catalog = catalog
        self._plans = plans
        self._remembered: tuple[dict[bytes, Submission], ...] = ()
        """What the batches said that are asked for again, newest first: several may be under way, each in rounds."""

    def recall(self, deliveries: Sequence[Delivery]) -> dict[bytes, Submission]:
        """What the batch said in its round before, by envelope."""
        first = next((delivery.envelope for delivery in deliveries), b"")
        return next((batch for batch in self._remembered if first in batch), {})

    def remember(self, works: Iterable[Work], recalled: dict[bytes, Submission]) -> None:
        """The batch comes again, with more loaded."""
        submissions = {work.delivery.envelope: work.submission for work in works if work.submission is not None}
        self.forget(recalled)
        self._remembered = (submissions, *self._remembered)[:_BATCHES_REMEMBERED]

    def forget(self, recalled: dict[bytes, Submission]) -> None:
        """The batch is through. To keep what it said would cost the next ones the cache."""
        self._remembered = tuple(batch for batch in self._remembered if batch is not recalled)

    def take_in(
        self,
        work: Work,
        recalled: Mapping[bytes, Submission],
        entries: Entries,
        calls: Calls,
        decisions: Decisions,
    ) -> bool:
        """
        Make a delivery ready, and tell whether what it needs is loaded. Never raises for what it contains.

        What is settled already (it can't be read, its id is taken, it was refused before) has its `outcome`.
        """
        delivery = work.delivery
        raw, stored_record = delivery.envelope, delivery.stored_record
        if raw or stored_record is None:
            submission = recalled.get(raw)
            if submission is None:
                submission = self._read(raw, delivery.received_at, calls)
            work.submission = submission
            submitter = work.submitter = submission.submitter
            work.event_id = submitter.event_id
            if delivery.id_record is not None and self._was_answered(work, submission, delivery.id_record, calls):
                return True
            if stored_record is None:
                if submission.refusal is None:
                    work.plan, work.event, work.targets = submission.plan, submission.event, submission.targets
                    return entries.require_all(submission.needs)
                work.completion = answers.refusal(submitter, delivery, submission.refusal)
                work.outcome = answers.refused(submitter, work.completion, refused_id(submission, work.completion))
                return True
        if stored_record is not None:
            self._recognize(work, stored_record, entries, calls, decisions)
        return not entries.needs

    # ------------------------------------------------------------ what an envelope says

    def _read(self, raw: bytes, received_at: str, calls: Calls) -> Submission:
        try:
            envelope = decode_stored_envelope(raw)
        except (ValueError, RecursionError, msgspec.MsgspecError):
            return self._salvage(raw, received_at)
        data = bytes(envelope.data)
        version = envelope.event_version
        submission = Submission(
            envelope, payload_hash(envelope.event_type, version, envelope.aggregate_id, data), version, data
        )
        sound = not has_nul(raw) and (envelope.metadata is EMPTY_OBJECT or bytes(envelope.metadata)[:1] == b"{")
        problems = [] if sound else self._envelope_problems(parse_leniently(raw))
        if problems:
            submission.refusal = _invalid(problems)
        else:
            submission.envelope = envelope
            self._decode(submission, envelope, data, calls)
        return submission

    def _salvage(self, raw: bytes, received_at: str) -> Submission:
        try:
            parsed: object = parse_leniently(raw)
        except (ValueError, RecursionError):
            parsed = None
        fields = parsed if isinstance(parsed, dict) else {"data": raw.hex()}
        content = [fields.get(name) for name in ("eventType", "eventVersion", "aggregateId", "data")]
        digest = hashlib.blake2b(json.dumps(content, default=repr).encode(), digest_size=16).hexdigest()
        submission = Submission(Salvaged.of(fields, received_at), digest)
        submission.refusal = _invalid(
            self._envelope_problems(parsed) or [FieldProblem((), "the envelope is not valid JSON")]
        )
        return submission

    def _envelope_problems(self, parsed: object) -> list[FieldProblem]:
        """What is wrong with an envelope and, as far as that can be told, with the data in it."""
        if not isinstance(parsed, dict):
            return [FieldProblem((), "the envelope is not a JSON object")]
        problems = find_problems(parsed, StoredEnvelope)
        metadata = parsed.get("metadata", {})
        if isinstance(metadata, dict):
            problems += find_text_problems(metadata, ("metadata",))
        else:
            problems.append(FieldProblem(("metadata",), "must be an object"))
        event_type, version = parsed.get("eventType"), parsed.get("eventVersion")
        if isinstance(event_type, str) and isinstance(version, int):
            try:
                data = json.dumps(parsed.get("data"), default=lambda _: math.nan)
                self._catalog.decode(event_type, version, data.encode())
            except InvalidEvent as invalid:
                problems += invalid.problems
            except UnknownEventType:
                pass
        return problems

    def _decode(self, submission: Submission, envelope: Envelope, data: bytes, calls: Calls) -> None:
        try:
            calls.before(UPCAST, envelope.event_type, envelope.event_id)
            event = self._catalog.decode(envelope.event_type, envelope.event_version, data)
        except InvalidEvent as invalid:
            submission.refusal = _invalid(invalid.problems)
            return
        except UnknownEventType as unknown:
            submission.refusal = answers.error(unknown.code, unknown.message)
            return
        except HandlerMisbehaved as misbehaved:
            message = f"reading version {envelope.event_version} of {envelope.event_type} {misbehaved}"
            submission.refusal = answers.error(InvalidEvent.code, message)
            return
        plan = self._plans[envelope.event_type]
        problems = []
        if envelope.aggregate_type != plan.spec.aggregate:
            problems.append(FieldProblem(("aggregateType",), f"must be {plan.spec.aggregate} for this event type"))
        prefix = prefix_of(envelope.aggregate_id)
        if plain_id(envelope.aggregate_id) != plan.aggregate_id(event):
            problems.append(FieldProblem((camel(plan.spec.key),), "must be the aggregateId that the event is sent to"))
        if prefix_of(envelope.event_id) != prefix:
            problems.append(FieldProblem(("eventId",), "must be of the same tenant as the aggregateId"))
        if problems:
            submission.refusal = _invalid(problems)
            return
        submission.plan, submission.event = plan, event
        submission.head_key = head_key(envelope.aggregate_type, envelope.aggregate_id)
        needs = {(AGGREGATE_HEADS, submission.head_key): None}
        for guard in plan.guards:
            reads: Reads = []
            for read in guard.reads:
                keys = read_keys(read, event, prefix, decoded=True)
                reads.append((read, keys))
                for key in keys:
                    needs[read.view.name, key] = None
            submission.guards.append((guard, reads))
        try:
            calls.before(KEYS, plan.spec.name, envelope.event_id)
            targets = submission.targets = targets_of(plan, event, prefix)
        except FAULTS as error:  # tried again once the guards have completed it
            calls.blame(error)
        else:
            for view, of_view in targets:
                for key in of_view:
                    needs[view.view.name, key] = None
        submission.needs = needs

    # ------------------------------------------------------------ what the engine knows of it

    def _was_answered(self, work: Work, submission: Submission, id_record: bytes, calls: Calls) -> bool:
        """Whether its id is taken by another payload, or the same was refused before."""
        known = _decode_id_record(id_record)
        stored = work.delivery.stored_record
        if known.hash != submission.hash and not self._is_made_anew(submission, known, stored, calls):
            if known.completion is None and stored is None and submission.event is not None:
                work.id_is_taken = True
            else:
                work.outcome = answers.conflict(work.submitter, work.delivery)
        elif known.completion is not None:
            work.outcome = answers.answered_before(work.submitter, known.completion)
        return work.outcome is not None

    def _is_made_anew(self, submission: Submission, known: IdRecord, stored: bytes | None, calls: Calls) -> bool:
        """Whether it is the event that is known under its id, made by other code from the same command."""
        if submission.event is None:
            return False
        event_type, event_id = submission.submitter.event_type, submission.submitter.event_id
        try:
            calls.before(UPCAST, event_type, event_id)
            first = first_submitted(self._catalog, known, None if stored is None else _decode_record(stored))
        except FAULTS as failure:  # an upcast is the user's code
            calls.blame(failure, f"reading {event_type} {event_id} as it was first")
            return False
        return are_same(first, submission.event)

    def _recognize(
        self, work: Work, stored_record: bytes, entries: Entries, calls: Calls, decisions: Decisions
    ) -> None:
        """The event is in the store: that record counts, and what it still has to change."""
        try:
            record = _decode_record(stored_record)
        except (ValueError, RecursionError, msgspec.MsgspecError) as unreadable:
            reason = answers.error("INVALID_EVENT", f"its record in the store can't be read: {unreadable}")
            work.outcome = answers.answered(work.submitter, answers.refusal(work.submitter, work.delivery, reason))
            return
        work.record, work.event_id = record, record.event_id
        entries.require(AGGREGATE_HEADS, head_key(record.aggregate_type, record.aggregate_id))
        work.plan = self._plans.get(record.event_type)
        if work.plan is None:
            return
        try:
            calls.before(EVENT, "", record.event_id)
            calls.before(UPCAST, record.event_type, record.event_id)
            work.event = decisions.event(record, decisions.about(record))
            if work.event is None:
                return
            calls.before(KEYS, record.event_type, record.event_id)
            work.targets = targets_of(work.plan, work.event, prefix_of(record.aggregate_id))
        except FAULTS as failure:  # an upcast or a key function is the user's code: it must not stop the batch
            calls.blame(failure, f"reading {record.event_type} {record.event_id}")
            if isinstance(failure, HandlerMisbehaved):
                failure = HandlerMisbehaved(f"reading {record.event_type} {failure}")
            work.failure = failure
            return
        require_targets(work.targets, entries)


def refused_id(submission: Submission, completion: Completion) -> IdRecord:
    """What is kept of an id whose event is refused, so that it is known when it comes again."""
    data = submission.data
    if data is None or len(data) > MAX_KEPT_BYTES:
        return IdRecord(hash=submission.hash, completion=completion)
    text = data.decode("utf-8", "replace")
    return IdRecord(hash=submission.hash, completion=completion, version=submission.version, data=text)


def _invalid(problems: Iterable[FieldProblem]) -> CompletionError:
    invalid = InvalidEvent(problems)
    return answers.error(invalid.code, invalid.message, invalid.problems)


def read_keys(read: ReadPlan, event: Event, prefix: str, *, decoded: bool = False) -> list[str]:
    """
    The stored keys of a guard's read. What can't be a key is no entry's, and so is left out.

    `prefix` is that of the tenant whose event it is: a guard reads nothing of others. `decoded` says that the event's
    fields were checked: a guard may have put anything into one that it completed.
    """
    keys = read.keys(event)
    if read.many:
        return [prefix + key for key in keys or () if is_id(key)]
    return [prefix + keys] if isinstance(keys, str) and ((decoded and read.gives_id) or is_id(keys)) else []


def targets_of(plan: EventPlan, event: Event, prefix: str) -> Targets:
    """
    The entries that an event changes, by their stored keys; `prefix` is that of the tenant whose event it is.

    Raises:
        Exception: Whatever a key function raises.
    """
    return [(view, view.targets(event, prefix)) for view in plan.views]


def require_targets(targets: Targets, entries: Entries) -> bool:
    """Whether all of them are loaded; those that are not are noted."""
    complete = True
    for view, keys in targets:
        for key in keys:
            complete = entries.require(view.view.name, key) and complete
    return complete


def loaded_targets(targets: Targets, entries: Entries) -> Targets:
    """Those of them that are loaded."""
    return [
        (view, {key: fold for key, fold in keys.items() if entries.has(view.view.name, key)}) for view, keys in targets
    ]
