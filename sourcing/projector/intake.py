"""
What the engine delivers, made ready to be processed: decoded, upcast, checked, recognized when it was here before.

`take_in` also notes which entries the event will need, so that one round of loading is enough in the common case.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import msgspec

from sourcing.catalog import Catalog
from sourcing.decoding import find_problems, find_text_problems, parse_leniently
from sourcing.envelope import EMPTY_OBJECT, Completion, Envelope, EventRecord, IdRecord
from sourcing.errors import FieldProblem, HazelgateError, InvalidEvent, UnknownEventType, camel
from sourcing.events import Event
from sourcing.ids import is_id
from sourcing.projector import answers
from sourcing.projector.answers import Submitter
from sourcing.projector.entries import Entries
from sourcing.projector.messages import Delivery, Outcome
from sourcing.projector.plans import EventPlan, FoldPlan, ReadPlan, ViewPlan

Targets = list[tuple[ViewPlan, dict[str, list[FoldPlan]]]]

_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_record = msgspec.json.Decoder(EventRecord).decode
_decode_id_record = msgspec.json.Decoder(IdRecord).decode
_NUL = b"\\u0000"


class Work:
    """One delivery on its way through a batch."""

    __slots__ = ("completion", "delivery", "envelope", "event", "failure", "hash", "index", "outcome", "plan", "record",
                 "submitter", "targets")  # fmt: skip

    def __init__(self, index: int, delivery: Delivery) -> None:
        self.index = index
        self.delivery = delivery
        self.submitter = Submitter()
        self.envelope: Envelope | None = None
        self.hash: str | None = None
        self.record: EventRecord | None = None
        """The stored record, where the event was stored before."""
        self.plan: EventPlan | None = None
        self.event: Event | None = None
        self.targets: Targets | None = None
        self.failure: Exception | None = None
        """Why a stored event can't be read."""
        self.outcome: Outcome | None = None
        self.completion: Completion | None = None

    @property
    def event_id(self) -> str:
        """The event's id, empty where it can't be read."""
        return self.record.event_id if self.record is not None else self.submitter.event_id


class Intake:
    """Takes in deliveries against one catalog."""

    def __init__(self, catalog: Catalog, plans: Mapping[str, EventPlan]) -> None:
        self._catalog = catalog
        self._plans = plans

    def take_in(self, index: int, delivery: Delivery, entries: Entries) -> Work:
        """
        Make one delivery ready. Never raises for what the delivery contains.

        Where it is settled already (it can't be read, its id is taken, it was refused before), `outcome` is set.
        """
        work = Work(index, delivery)
        if delivery.envelope:
            self._read_envelope(work)
        if delivery.stored_record is not None:
            self._recognize(work, entries)
        elif work.outcome is None and work.envelope is not None and not self._was_answered(work):
            self._decode(work, work.envelope)
            if work.outcome is None:
                self._plan(work, work.envelope, entries)
        return work

    def _read_envelope(self, work: Work) -> None:
        raw = work.delivery.envelope
        try:
            envelope = _decode_envelope(raw)
            work.hash = payload_hash(
                envelope.event_type, envelope.event_version, envelope.aggregate_id, bytes(envelope.data)
            )
            sound = _NUL not in raw and (envelope.metadata is EMPTY_OBJECT or bytes(envelope.metadata)[:1] == b"{")
            if sound or not self._envelope_problems(parse_leniently(raw)):
                work.envelope = envelope
                work.submitter = Submitter.of(envelope)
                return
        except (ValueError, RecursionError, msgspec.MsgspecError):
            pass
        self._refuse_envelope(work, raw)

    def _refuse_envelope(self, work: Work, raw: bytes) -> None:
        try:
            parsed: object = parse_leniently(raw)
        except (ValueError, RecursionError):
            parsed = None
        work.submitter = Submitter.salvaged(parsed, work.delivery.received_at)
        if work.hash is None:
            fields = parsed if isinstance(parsed, dict) else {"data": raw.hex()}
            content = [fields.get(name) for name in ("eventType", "eventVersion", "aggregateId", "data")]
            work.hash = hashlib.blake2b(json.dumps(content, default=repr).encode(), digest_size=16).hexdigest()
        problems = self._envelope_problems(parsed) or [FieldProblem((), "the envelope is not valid JSON")]
        self._refuse(work, InvalidEvent(problems))

    def _envelope_problems(self, parsed: object) -> list[FieldProblem]:
        """What is wrong with an envelope and, as far as that can be told, with the data in it."""
        if not isinstance(parsed, dict):
            return [FieldProblem((), "the envelope is not a JSON object")]
        problems = find_problems(parsed, Envelope) + find_metadata_problems(parsed.get("metadata", {}))
        event_type, version = parsed.get("eventType"), parsed.get("eventVersion")
        if isinstance(event_type, str) and isinstance(version, int):
            try:
                self._catalog.decode(event_type, version, json.dumps(parsed.get("data")).encode())
            except InvalidEvent as invalid:
                problems += invalid.problems
            except (UnknownEventType, TypeError):
                pass
        return problems

    def _recognize(self, work: Work, entries: Entries) -> None:
        """The event is in the store: that record counts, and what it still has to change."""
        delivery = work.delivery
        assert delivery.stored_record is not None
        if work.outcome is not None or self._id_is_taken(work):
            return
        try:
            record = work.record = _decode_record(delivery.stored_record)
        except (ValueError, RecursionError, msgspec.MsgspecError) as unreadable:
            reason = answers.error("INVALID_EVENT", f"its record in the store can't be read: {unreadable}")
            work.outcome = answers.answered(work.submitter, answers.refusal(work.submitter, delivery, reason))
            return
        entries.require_head(record.aggregate_type, record.aggregate_id)
        work.plan = self._plans.get(record.event_type)
        if work.plan is None:
            return
        try:
            work.event = self._catalog.decode(record.event_type, record.event_version, record.data)
            work.targets = targets_of(work.plan, work.event)
        except Exception as failure:  # an upcast or a key function is the user's code: it must not stop the batch
            work.failure = failure
            return
        require_targets(work.targets, entries)

    def _id_is_taken(self, work: Work) -> bool:
        """By another payload, that is."""
        raw = work.delivery.id_record
        if raw is None or work.hash is None or _decode_id_record(raw).hash == work.hash:
            return False
        work.outcome = answers.conflict(work.submitter, work.delivery)
        return True

    def _was_answered(self, work: Work) -> bool:
        raw = work.delivery.id_record
        if raw is None:
            return False
        if self._id_is_taken(work):
            return True
        completion = _decode_id_record(raw).completion
        if completion is not None:
            work.outcome = answers.answered_before(work.submitter, completion)
        return work.outcome is not None

    def _decode(self, work: Work, envelope: Envelope) -> None:
        try:
            event = self._catalog.decode(envelope.event_type, envelope.event_version, envelope.data)
        except (UnknownEventType, InvalidEvent) as invalid:
            self._refuse(work, invalid)
            return
        plan = self._plans[envelope.event_type]
        problems = []
        if envelope.aggregate_type != plan.spec.aggregate:
            problems.append(FieldProblem(("aggregateType",), f"must be {plan.spec.aggregate} for this event type"))
        if envelope.aggregate_id != plan.aggregate_id(event):
            problems.append(FieldProblem((camel(plan.spec.key),), "must be the aggregateId that the event is sent to"))
        if problems:
            self._refuse(work, InvalidEvent(problems))
            return
        work.plan, work.event = plan, event

    def _plan(self, work: Work, envelope: Envelope, entries: Entries) -> None:
        """Note what guards and views need, as far as the event tells before a guard has completed it."""
        plan, event = work.plan, work.event
        assert plan is not None
        assert event is not None
        entries.require_head(envelope.aggregate_type, envelope.aggregate_id)
        for guard in plan.guards:
            for read in guard.reads:
                for key in read_keys(read, event):
                    entries.require(read.view.name, key)
        try:
            work.targets = targets_of(plan, event)
        except Exception:  # tried again once the guards have completed it
            return
        require_targets(work.targets, entries)

    def _refuse(self, work: Work, reason: HazelgateError) -> None:
        problems = getattr(reason, "problems", ())
        refusal = answers.refusal(work.submitter, work.delivery, answers.error(reason.code, reason.message, problems))
        if self._id_is_taken(work):
            return
        work.completion = refusal
        if work.delivery.id_record is not None:
            work.outcome = answers.answered(work.submitter, refusal)
            return
        work.outcome = answers.refused(work.submitter, refusal, work.hash or "")


def find_metadata_problems(metadata: object) -> list[FieldProblem]:
    """Metadata is any JSON object of texts that can be kept."""
    if not isinstance(metadata, dict):
        return [FieldProblem(("metadata",), "must be an object")]
    return find_text_problems(metadata, ("metadata",))


def payload_hash(event_type: str, version: int, aggregate_id: str, data: bytes) -> str:
    """What tells a repeated submission from another event with the same id."""
    content = b"%b\n%d\n%b\n%b" % (event_type.encode(), version, aggregate_id.encode(), data)
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def read_keys(read: ReadPlan, event: Event) -> list[str]:
    """The keys of a guard's read. What can't be a key is no entry's, and so is left out."""
    keys = read.keys(event)
    if not read.many:
        keys = [] if keys is None else [keys]  # type: ignore[list-item]
    return [key for key in keys or () if is_id(key)]


def targets_of(plan: EventPlan, event: Event) -> Targets:
    """
    The entries that an event changes.

    Raises:
        Exception: Whatever a key function raises.
    """
    return [(view, view.targets(event)) for view in plan.views]


def require_targets(targets: Targets, entries: Entries) -> bool:
    """Whether all of them are loaded; those that are not are noted."""
    complete = True
    for view, keys in targets:
        for key in keys:
            complete = entries.require(view.view.name, key) and complete
    return complete
